"""Advise on one node as a stream: prepare with the database, speak without it, write once. The rules' half of it."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic
from typing import Any, Protocol
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from models_registry.domain.errors import GenerationCanceled
from models_registry.services import turns
from models_registry.services.shield import finish
from models_registry.services.turns import Ticket
from rag.domain.events import Event, EventType, error, status, warning
from recommendations.domain import french
from recommendations.domain.advice import Engine
from recommendations.domain.briefing import network_state, node_info
from recommendations.domain.errors import RecommendationsError
from recommendations.domain.overview import Seen, analysis, summary
from recommendations.domain.quality import rules_quality
from recommendations.domain.recommendation import ScoredRecommendation
from recommendations.domain.shapes import SHAPES
from recommendations.models import RecommendationRun
from recommendations.services import replay
from recommendations.services.cards import FIRST_PROGRESS, LATEST_PROGRESS, by_priority, card, lacking
from recommendations.services.prepare import PURPOSE, AdviceRequest, Prepared, prepare
from recommendations.services.retell import repeat
from recommendations.services.store import Result, store
from recommendations.services.voice import NO_MODEL_NOTE, READING, Interrupted, Unspoken, speak

STOPPED_NOTE = "Stopped. What had arrived so far is kept."


async def advise(
    request: AdviceRequest, *, at: datetime, ticket: Ticket | None = None, clock: Callable[[], float] = monotonic
) -> AsyncGenerator[Event, None]:
    """Yield the turn's events: exactly one `complete` or `error` ends it, and one run is written whatever happens.

    Whoever holds `ticket` may stop the turn; it then ends with the error `generation_canceled`.
    """
    begun, request = clock(), bounded(request)
    with turns.opened(ticket or Ticket(), unit=request.unit, purpose=PURPOSE) as ticket:
        yield status(french.said(READING, lang=request.lang), turn_id=str(ticket.id))
        try:
            script = await sync_to_async(_script)(request, at=at)
        except RecommendationsError as exc:
            yield error(exc.code, str(exc), retryable=False, progress=0)
            return
        async with aclosing(_turn(script, ticket, lang=request.lang, elapsed_s=lambda: clock() - begun)) as events:
            async for event in events:
                yield event


def bounded(request: AdviceRequest) -> AdviceRequest:
    """Return the request for no more than its kind of analysis shows."""
    return replace(request, max_results=min(request.max_results, SHAPES[request.query_type].most_shown))


async def _turn(
    script: "Script", ticket: Ticket, *, lang: str, elapsed_s: Callable[[], float]
) -> AsyncGenerator[Event, None]:
    result, progress = Result(), 0
    try:
        async with aclosing(script.told(result, ticket)) as events:
            async for event in events:
                ticket.check()
                progress = event.progress
                yield event
        result.end(RecommendationRun.Outcome.COMPLETED, processing_ms=round(elapsed_s() * 1000))
        await finish(_record, script, result)
        yield Event(EventType.COMPLETE, 100, script.completed(result))
    except GenerationCanceled as exc:
        result.end(RecommendationRun.Outcome.ABANDONED, exc.code, processing_ms=round(elapsed_s() * 1000))
        await finish(_record, script, result)
        yield error(exc.code, french.said(STOPPED_NOTE, lang=lang), retryable=True, progress=progress)
    except Interrupted as exc:
        result.end(RecommendationRun.Outcome.FAILED, exc.code, processing_ms=round(elapsed_s() * 1000))
        await finish(_record, script, result)
        yield error(exc.code, french.said(exc.message, lang=lang), retryable=True, progress=LATEST_PROGRESS)
    except (GeneratorExit, asyncio.CancelledError):
        result.end(RecommendationRun.Outcome.ABANDONED, processing_ms=round(elapsed_s() * 1000))
        raise
    finally:
        if result.run_id is None:
            await finish(_record, script, result)


async def _record(script: "Script", result: Result) -> None:
    # Noted in here: a reader who leaves during the write must not cause a second one.
    result.run_id = await sync_to_async(_store)(script, result)


def _store(script: "Script", result: Result) -> UUID:
    try:
        return script.store(result)
    finally:
        close_old_connections()


def _script(request: AdviceRequest, *, at: datetime) -> "Script":
    """Prepare. Only when the write follows at once is the connection kept: opening one costs as much as six queries."""
    is_write_near = False
    try:
        mark = replay.mark_of(request, at=at)
        if turn := replay.kept(mark):
            is_write_near = True
            return Again(turn, request, at)
        prepared = prepare(request, at=at)
        is_write_near = not prepared.will_be_spoken
        return Anew(prepared, at, mark)
    finally:
        if not is_write_near:
            close_old_connections()


class Script(Protocol):
    """How a turn is told, written down, and closed."""

    def told(self, result: Result, ticket: Ticket) -> AsyncGenerator[Event, None]: ...

    def store(self, result: Result) -> UUID: ...

    def completed(self, result: Result) -> dict[str, Any]: ...


@dataclass(slots=True)
class Anew:
    """A turn from facts. One that a model's remembered words told is kept whole for the next reader."""

    prepared: Prepared
    at: datetime
    mark: str
    events: list[Event] = field(default_factory=list)

    async def told(self, result: Result, ticket: Ticket) -> AsyncGenerator[Event, None]:
        is_remembered = bool(self.mark) and self.prepared.memory is not None
        async with aclosing(tell(self.prepared, result, ticket)) as events:
            async for event in events:
                if is_remembered:
                    self.events.append(event)
                yield event

    def store(self, result: Result) -> UUID:
        run_id = store(self.prepared, result, at=self.at)
        is_whole = bool(self.events) and result.outcome == RecommendationRun.Outcome.COMPLETED
        if is_whole and self.mark == replay.mark_of(self.prepared.request, at=self.at):  # nothing moved meanwhile
            replay.keep(self.mark, tuple(self.events), _completed(self.prepared, result), run_id=run_id)
        return run_id

    def completed(self, result: Result) -> dict[str, Any]:
        return _completed(self.prepared, result)


@dataclass(frozen=True, slots=True)
class Again:
    """A turn told before, of facts that have not changed since."""

    turn: replay.Kept
    request: AdviceRequest
    at: datetime

    async def told(self, result: Result, ticket: Ticket) -> AsyncGenerator[Event, None]:
        for event in self.turn.told(at=self.at):
            yield event

    def store(self, result: Result) -> UUID:
        return replay.record(self.turn, result, user_id=getattr(self.request.user, "pk", None), at=self.at)

    def completed(self, result: Result) -> dict[str, Any]:
        return {**self.turn.completed, "run_id": str(result.run_id), "processing_time_ms": result.processing_ms}


async def tell(prepared: Prepared, result: Result, ticket: Ticket) -> AsyncGenerator[Event, None]:
    """Yield what a turn tells between its first status and its end, filling `result`. Nothing is written.

    :raises Interrupted: when the model broke off after its first word.
    """
    yield Event(EventType.NODE_INFO, 25, node_info(prepared.facts))
    yield Event(EventType.TECHNICAL_RECOMMENDATIONS, 50, _technical(prepared))
    seen = Seen(prepared.facts, prepared.examination, prepared.shown, prepared.request.lang)
    result.summary, result.analysis = summary(seen), analysis(seen, prepared.request.query_type)
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
            result.note = french.said(exc.note, lang=prepared.request.lang)
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
    lang = prepared.request.lang
    result.note = (result.note or french.said(NO_MODEL_NOTE, lang=lang)) if result.is_degraded else ""
    result.quality_score, result.quality_components = rules_quality(prepared.shown, lang=lang)


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
        "profile": prepared.profile.value,
        "held_back": prepared.examination.held_back,
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
        "profile": prepared.profile.value,
        "held_back": prepared.examination.held_back,
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
