"""The words and phrases that tell which kind a question is, French and English, with their points. Pure data.

First the listed words of each kind, each a hit of its own, then the ways of asking. The order settles ties.
"""

from collections.abc import Mapping

from models_registry.domain.query_types_phrases import Family
from models_registry.domain.query_vocabulary_detailed import DETAILED
from models_registry.domain.query_vocabulary_quick import QUICK
from models_registry.domain.query_vocabulary_scoring import SCORING
from models_registry.domain.query_vocabulary_strategic import STRATEGIC
from models_registry.domain.query_vocabulary_technical import TECHNICAL
from models_registry.domain.query_vocabulary_troubleshooting import TROUBLESHOOTING
from models_registry.domain.query_vocabulary_troubleshooting_fr import (
    TROUBLESHOOTING_FR,
)

VOCABULARY: Mapping[str, tuple[Family, ...]] = {
    "troubleshooting": (*TROUBLESHOOTING, *TROUBLESHOOTING_FR),
    "scoring": SCORING,
    "strategic": STRATEGIC,
    "quick": QUICK,
    "detailed": DETAILED,
    "technical": TECHNICAL,
}
