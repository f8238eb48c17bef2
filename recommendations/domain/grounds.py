"""What a model was told, so that what it says can be held against it: keys, ids, citations, numbers. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from rag.domain.passages import Citation
from recommendations.domain.model_output import Known
from recommendations.domain.quality import grounded_share, numbers_in
from recommendations.domain.recommendation import ScoredRecommendation


def number_citations(items: Iterable[ScoredRecommendation]) -> tuple[Citation, ...]:
    """Return the items' distinct citations, numbered from 1 in order of first use."""
    distinct = {citation.chunk_id: citation for item in items for citation in reversed(item.citations)}
    return tuple(replace(citation, number=number) for number, citation in enumerate(distinct.values(), start=1))


def known(items: Iterable[ScoredRecommendation], citations: Iterable[Citation], told: Iterable[str]) -> Known:
    """Return what an answer may refer to; `told` is every line of data the model was given."""
    kept = tuple(items)
    numbers = frozenset(number for line in told for number in numbers_in(line))
    return Known(
        finding_keys=frozenset(item.finding_key for item in kept),
        evidence_ids=frozenset(evidence.id for item in kept for evidence in item.evidence),
        citation_numbers=frozenset(citation.number for citation in citations),
        is_grounded=lambda text: grounded_share(text, numbers) in (None, 1.0),
    )
