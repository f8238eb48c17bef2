"""Have a turn of advice told to nobody: same facts, same voice, nothing written. For shadows and comparisons."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from asgiref.sync import sync_to_async

from models_registry.domain.chat import Outcome
from models_registry.services.shadow import unless_wanted
from models_registry.services.turns import Ticket
from recommendations.domain.advice import Engine
from recommendations.domain.overview import Seen, analysis, summary
from recommendations.domain.quality import rules_quality
from recommendations.services.prepare import AdviceRequest, Prepared, prepare
from recommendations.services.store import Result
from recommendations.services.voice import Interrupted, Unspoken, speak


@dataclass(frozen=True, slots=True)
class UnseenTurn:
    """What a turn came to. `quality` 0 to 1 by one function whoever speaks; None: there was nothing to judge."""

    quality: float | None
    latency_ms: int
    shown: int
    model: str
    has_failed: bool
    broke_contract: bool
    is_spoken: bool


async def turn_unseen(
    request: AdviceRequest,
    *,
    at: datetime,
    is_wanted: Callable[[], Awaitable[bool]] | None = None,
    clock: Callable[[], float] = monotonic,
) -> UnseenTurn:
    """Return what the turn came to. It reads no memory. `is_wanted` is asked every second: True ends the turn.

    :raises NodeNotFound: :raises NetworkNotFound: as `prepare`.
    :raises GenerationCanceled: when somebody else wanted the model.
    """
    begun = clock()
    prepared = await sync_to_async(prepare)(request, at=at)
    result = Result()
    seen = Seen(prepared.facts, prepared.examination, prepared.shown, request.lang)
    result.summary, result.analysis = summary(seen), analysis(seen, request.query_type)
    has_failed = await _said(prepared, result, is_wanted, clock) if prepared.brief else False
    fresh = [item for item in prepared.shown if item.tracking_id not in {one.tracking_id for one in result.shown}]
    shown = (*result.shown, *fresh)[: request.max_results]
    quality, _ = rules_quality(shown, lang=request.lang)
    return UnseenTurn(
        quality=quality,
        latency_ms=round((clock() - begun) * 1000),
        shown=len(shown),
        model=result.model,
        has_failed=has_failed,
        broke_contract=not has_failed and result.is_degraded,
        is_spoken=prepared.engine is Engine.V2 and bool(result.model),
    )


async def _said(
    prepared: Prepared, result: Result, is_wanted: Callable[[], Awaitable[bool]] | None, clock: Callable[[], float]
) -> bool:
    """Let the model speak; return whether it failed."""
    events = speak(prepared, result, ticket=Ticket())
    try:
        async with aclosing(unless_wanted(events, is_wanted=is_wanted, clock=clock)) as heard:
            async for _ in heard:
                pass
    except (Unspoken, Interrupted):
        return True
    return bool(result.generation and result.generation.outcome is Outcome.FAILED)
