"""What a model was told, so that what it says can be held against it: keys, ids, citations, numbers. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from rag.domain.passages import Citation
from recommendations.domain.actions import CloseChannel, LoopIn, LoopOut, OpenChannel
from recommendations.domain.claims import judge, told
from recommendations.domain.model_output import Known
from recommendations.domain.recommendation import ScoredRecommendation
from recommendations.domain.wording import NEVER_ADVISED, acts_in

_ACT_OF = {CloseChannel: "close", OpenChannel: "open", LoopIn: "send", LoopOut: "send"}


def number_citations(items: Iterable[ScoredRecommendation]) -> tuple[Citation, ...]:
    """Return the items' distinct citations, numbered from 1 in order of first use."""
    distinct = {citation.chunk_id: citation for item in items for citation in reversed(item.citations)}
    return tuple(replace(citation, number=number) for number, citation in enumerate(distinct.values(), start=1))


def known(
    items: Iterable[ScoredRecommendation], citations: Iterable[Citation], lines: Iterable[str], *, lang: str
) -> Known:
    """Return what an answer may refer to. `lines` is the data of the node alone: a passage proves nothing about it."""
    kept = tuple(items)
    numbers = tuple(citation.number for citation in citations)
    return Known(
        finding_keys=tuple(item.finding_key for item in kept),  # in rank order, as a model meets them
        evidence_ids=tuple(dict.fromkeys(evidence.id for item in kept for evidence in item.evidence)),
        citation_numbers=numbers,
        is_grounded=judge(told(lines), citations=frozenset(numbers), lang=lang),
        acts_by_finding={item.finding_key: _acts_of(item) for item in kept},
    )


def _acts_of(item: ScoredRecommendation) -> frozenset[str]:
    own = _ACT_OF.get(type(item.action))
    words = acts_in(f"{item.title} {item.explanation} {item.manual_step or ''}") - NEVER_ADVISED
    return words | ({own} if own else set())
