"""Drain a turn of advice into one value, for callers that want an answer rather than a stream."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from models_registry.domain.errors import GenerationInterrupted
from rag.domain.events import Event, EventType
from recommendations.domain.errors import AdviceFailed
from recommendations.services.prepare import AdviceRequest
from recommendations.services.recommend import advise


@dataclass(frozen=True, slots=True)
class Advice:
    """One finished turn: its recommendations in rank order, what was said besides, and the closing counts."""

    recommendations: tuple[dict[str, Any], ...]
    node: dict[str, Any]
    technical: dict[str, Any]
    spoken: dict[str, Any]
    completed: dict[str, Any]


async def advise_now(request: AdviceRequest, *, at: datetime) -> Advice:
    """Return the finished turn. When a model breaks off, the rules answer alone, and `degraded` says so.

    Nobody heard the broken voice here, so the rules are no second voice; its failed turn stays on record.

    :raises AdviceFailed: when the stream ended with any other `error`, with its code.
    """
    request = replace(request, is_held=True)
    try:
        return await _drained(request, at=at)
    except AdviceFailed as exc:
        if exc.code != GenerationInterrupted.code:
            raise
    return await _drained(replace(request, include_ai=False), at=at)


async def _drained(request: AdviceRequest, *, at: datetime) -> Advice:
    return gathered([event async for event in advise(request, at=at)])


def gathered(events: Iterable[Event]) -> Advice:
    """Return a turn's events as one value.

    :raises AdviceFailed: when one of them is an `error`.
    """
    data: dict[EventType, dict[str, Any]] = {}
    cards: dict[str, dict[str, Any]] = {}
    for event in events:
        if event.type is EventType.RECOMMENDATION:
            card = event.data["recommendation"]
            cards[card["tracking_id"]] = card
        elif event.type is EventType.ERROR:
            raise AdviceFailed(event.data["code"], event.data["message"])
        else:
            data[event.type] = dict(event.data)
    spoken = data[EventType.AI_RECOMMENDATIONS]
    return Advice(
        recommendations=tuple(cards[identity] for identity in spoken["order"]),
        node=data[EventType.NODE_INFO],
        technical=data[EventType.TECHNICAL_RECOMMENDATIONS],
        spoken=spoken,
        completed=data[EventType.COMPLETE],
    )
