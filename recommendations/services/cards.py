"""Shape a recommendation for the wire: the card, its place in the stream, and the counts by priority."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from rag.domain.events import Event, EventType
from recommendations.domain import french
from recommendations.domain.advice import Finding, Priority
from recommendations.domain.recommendation import ScoredRecommendation
from recommendations.services.prepare import Prepared

FIRST_PROGRESS, LATEST_PROGRESS = 52, 89  # cards and tokens come between `technical` (50) and `ai` (90)


def card(prepared: Prepared, item: ScoredRecommendation, *, position: int, is_spoken: bool = False) -> Event:
    """Return the `recommendation` event of one item, the `position`-th shown (from 1).

    A model's items come in between tokens, so they keep the first progress; the rules' own advance it.
    """
    total = min(len(prepared.shown), prepared.request.max_results)
    step = 0 if is_spoken else round((LATEST_PROGRESS - FIRST_PROGRESS) * position / max(total, 1))
    data = {"recommendation": payload(prepared, item), "position": position, "total": total}
    return Event(EventType.RECOMMENDATION, min(FIRST_PROGRESS + step, LATEST_PROGRESS), data)


def payload(prepared: Prepared, item: ScoredRecommendation) -> dict[str, Any]:
    """Return the item as shown, with its row's id and state."""
    state = prepared.state_of(item)
    return {**item.to_payload(), "id": str(prepared.row_ids[item.tracking_id]), "state": state.value}


def by_priority(items: Iterable[ScoredRecommendation]) -> dict[str, int]:
    """Return the count for each of the five levels, zeros included."""
    counts = Counter(item.priority for item in items)
    return {level.value: counts.get(level, 0) for level in Priority}


def lacking(prepared: Prepared) -> list[dict[str, Any]]:
    """Return the rules that could not judge, each with what is missing."""
    return [_lacking_of(finding, lang=prepared.request.lang) for finding in prepared.examination.insufficient]


def _lacking_of(finding: Finding, *, lang: str) -> dict[str, Any]:
    missing = french.each(finding.missing, lang=lang)
    return {"rule": finding.rule, "title": french.said(finding.title, lang=lang), "missing": list(missing)}
