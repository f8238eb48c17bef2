"""Advise on one node as a stream: prepare with the database, speak without it, write once. The rules' half of it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime
from time import monotonic
from typing import Any
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from models_registry.domain.errors import GenerationCanceled
from models_registry.services import turns
from models_registry.services.shield import finish
from models_registry.services.turns import Ticket
from rag.domain.events import Event, EventType, error, status, warning
from recommendations.domain.advice import Engine
from recommendations.domain.briefing import network_state, node_info
from recommendations.domain.errors import RecommendationsError
from recommendations.domain.quality import rules_quality
from recommendations.domain.recommendation import ScoredRecommendation
from recommendations.models import RecommendationRun
from recommendations.services.cards import FIRST_PROGRESS, LATEST_PROGRESS, by_priority, card, lacking
from recommendations.services.prepare import PURPOSE, AdviceRequest, Prepared, prepare
from recommendations.services.store import Result, store
from recommendations.services.voice import NO_MODEL_NOTE, Interrupted, Unspoken, repeat, speak

STOPPED_NOTE = "Stopped. What had arrived so far is kept."


async def advise(
    request: AdviceRequest, *, at: datetime, ticket: Ticket | None = None, clock: Callable[[], float] = monotonic
) -> AsyncGenerator[Event, None]:
    """Yield the turn's events: exactly one `complete` or `error` ends it, and one run is written whatever happens.

    Whoever holds `ticket` may stop the turn; it then ends with the error `generation_canceled`.
    """
    begun = clock()
    with turns.opened(ticket or Ticket(), unit=request.unit, purpose=PURPOSE) as ticket:
        yield status("Reading what is known of the node.", turn_id=str(ticket.id))
        try:
            prepared = await sync_to_async(_prepare)(request, at=at)
        except RecommendationsError as exc:
            yield error(exc.code, str(exc), retryable=False, progress=0)
            return
        async with aclosing(_turn(prepared, ticket, at=at, elapsed_s=lambda: clock() - begun)) as events:
            async for event in events:
                yield event


async def _turn(
    prepared: Prepared, ticket: Ticket, *, at: datetime, elapsed_s: Callable[[], float]
) -> AsyncGenerator[Event, None]:
    result, progress = Result(), 0
    try:
        async with aclosing(_told(prepared, result, ticket)) as events:
            async for event in events:
                ticket.check()
                progress = event.progress
                yield event
        result.end(RecommendationRun.Outcome.COMPLETED, processing_ms=round(elapsed_s() * 1000))
        await finish(_record, prepared, result, at)
        yield Event(EventType.COMPLETE, 100, _completed(prepared, result))
    except GenerationCanceled as exc:
        result.end(RecommendationRun.Outcome.ABANDONED, exc.code, processing_ms=round(elapsed_s() * 1000))
        await finish(_record, prepared, result, at)
        yield error(exc.code, STOPPED_NOTE, retryable=True, progress=progress)
    except Interrupted as exc:
        result.end(RecommendationRun.Outcome.FAILED, exc.code, processing_ms=round(elapsed_s() * 1000))
        await finish(_record, prepared, result, at)
        yield error(exc.code, exc.message, retryable=True, progress=LATEST_PROGRESS)
    except (GeneratorExit, asyncio.CancelledError):
        result.end(RecommendationRun.Outcome.ABANDONED, processing_ms=round(elapsed_s() * 1000))
        raise
    finally:
        if result.run_id is None:
            await finish(_record, prepared, result, at)


async def _record(prepared: Prepared, result: Result, at: datetime) -> None:
    # Noted in here: a reader who leaves during the write must not cause a second one.
    result.run_id = await sync_to_async(_store)(prepared, result, at=at)


def _prepare(request: AdviceRequest, *, at: datetime) -> Prepared:
    """Prepare. Only when the write follows at once is the connection kept: opening one costs as much as six queries."""
    is_write_near = False
    try:
        prepared = prepare(request, at=at)
        is_write_near = not prepared.will_be_spoken
        return prepared
    finally:
        if not is_write_near:
            close_old_connections()


def _store(prepared: Prepared, result: Result, *, at: datetime) -> UUID:
    try:
        return store(prepared, result, at=at)
    finally:
        close_old_connections()


async def _told(prepared: Prepared, result: Result, ticket: Ticket) -> AsyncGenerator[Event, None]:
    yield Event(EventType.NODE_INFO, 25, node_info(prepared.facts))
    yield Event(EventType.TECHNICAL_RECOMMENDATIONS, 50, _technical(prepared))
    async with aclosing(_spoken(prepared, result, ticket)) as events:
        async for event in events:
            yield event
    yield Event(EventType.AI_RECOMMENDATIONS, 90, _ranked(prepared, result))


async def _spoken(prepared: Prepared, result: Result, ticket: Ticket) -> AsyncGenerator[Event, None]:
    """Let the model speak when there is one; before its first word the rules can still take the turn."""
    if prepared.memory is not None:
        for event in (*repeat(prepared, result), *_cards(prepared, result, prepared.shown)):
            yield event
        return
    if prepared.brief is not None:
        try:
            async with aclosing(speak(prepared, result, ticket=ticket)) as events:
                async for event in events:
                    yield event
        except Unspoken as exc:
            result.note = exc.note
            yield warning(exc.code, result.note, progress=FIRST_PROGRESS)
        else:
            for event in _cards(prepared, result, prepared.shown):
                yield event
            return
    _answer_by_rules(prepared, result)
    for event in _cards(prepared, result, prepared.shown):
        yield event


def _answer_by_rules(prepared: Prepared, result: Result) -> None:
    result.is_degraded = prepared.engine is Engine.V2
    result.note = (result.note or NO_MODEL_NOTE) if result.is_degraded else ""
    result.summary = _summary(prepared)
    result.quality_score, result.quality_components = rules_quality(prepared.shown)


def _cards(prepared: Prepared, result: Result, items: tuple[ScoredRecommendation, ...]) -> list[Event]:
    """Return one event for each recommendation not shown yet, in rank order, and note it as shown."""
    seen = {item.tracking_id for item in result.shown}
    fresh = [item for item in items if item.tracking_id not in seen]
    fresh = fresh[: prepared.request.max_results - len(result.shown)]
    events = []
    for item in fresh:
        result.shown.append(item)
        events.append(card(prepared, item, position=len(result.shown)))
    return events


def _technical(prepared: Prepared) -> dict[str, Any]:
    return {
        "total": len(prepared.shown),
        "by_priority": by_priority(prepared.shown),
        "dismissed": prepared.dismissed_count,
        "rules_checked": len(prepared.examination.checked),
        "insufficient": lacking(prepared),
    }


def _ranked(prepared: Prepared, result: Result) -> dict[str, Any]:
    ranked = sorted(result.shown, key=lambda item: item.rank_key)
    return {
        "summary": result.summary,
        "analysis": dict(result.analysis),
        "order": [item.tracking_id for item in ranked],
        "quality_score": result.quality_score,
        "degraded": result.is_degraded,
    }


def _completed(prepared: Prepared, result: Result) -> dict[str, Any]:
    return {
        "run_id": str(result.run_id),
        "pubkey": prepared.facts.pubkey,
        "engine": prepared.engine.value,
        "analysis_type": prepared.request.query_type.value,
        "total_count": len(result.shown),
        "by_priority": by_priority(result.shown),
        "quality_score": result.quality_score,
        "quality_components": dict(result.quality_components),
        "degraded": result.is_degraded,
        "cached": result.is_cached,
        "note": result.note,
        "model_used": result.model or None,
        "network": network_state(prepared.facts.network),
        "processing_time_ms": result.processing_ms,
    }


def _summary(prepared: Prepared) -> str:
    counts = ", ".join(f"{count} {level}" for level, count in by_priority(prepared.shown).items() if count)
    if not counts:
        return f"{len(prepared.examination.checked)} rules were checked; none found anything to change."
    first = prepared.shown[0]
    return f"{len(prepared.shown)} recommendations: {counts}. First: {first.title}"
