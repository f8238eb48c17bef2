"""The words and phrases that tell which kind a question is, French and English, with their points. Pure data.

First the listed words of each kind, each a hit of its own, then the ways of asking. The order settles ties.
"""

from collections.abc import Mapping

from models_registry.domain import (
    query_vocabulary_detailed as detailed,
    query_vocabulary_quick as quick,
    query_vocabulary_scoring as scoring,
    query_vocabulary_strategic as strategic,
    query_vocabulary_technical as technical,
    query_vocabulary_troubleshooting as troubleshooting,
    query_vocabulary_troubleshooting_fr as troubleshooting_fr,
)
from models_registry.domain.query_types_phrases import Family

VOCABULARY: Mapping[str, tuple[Family, ...]] = {
    "troubleshooting": (*troubleshooting.LISTED, *troubleshooting.ENGLISH, *troubleshooting_fr.FRENCH),
    "scoring": (*scoring.LISTED, *scoring.SCORING),
    "strategic": (*strategic.LISTED, *strategic.STRATEGIC),
    "quick": (*quick.LISTED, *quick.QUICK),
    "detailed": (*detailed.LISTED, *detailed.DETAILED),
    "technical": (*technical.LISTED, *technical.TECHNICAL),
}
