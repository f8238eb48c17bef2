"""Describe one node in prose as a stream: where it stands, what is strong, what is weak. No advice rows are written."""

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from time import monotonic
from typing import Any

from channels.db import database_sync_to_async

from models_registry.domain.chat import GenerationPlan, GenerationRecord, Loading, Piece, Queued, Started, Text
from models_registry.domain.errors import GenerationCanceled, GenerationInterrupted, ModelError
from models_registry.services import ledger, turns
from models_registry.services.generate import Speech
from models_registry.services.shield import finish
from models_registry.services.turns import Ticket
from rag.domain.citing import CitationFilter
from rag.domain.events import Event, EventType, error, status, voice, waiting, warning
from recommendations.domain import french
from recommendations.domain.advice import Engine
from recommendations.domain.briefing import lines, node_info
from recommendations.domain.errors import RecommendationsError
from recommendations.domain.sentence_gate import SentenceGate
from recommendations.services.cards import FIRST_PROGRESS, LATEST_PROGRESS, by_priority
from recommendations.services.prepare import AdviceRequest, Prepared, prepare
from recommendations.services.recommend import STOPPED_NOTE
from recommendations.services.voice import (
    INTERRUPTED,
    NO_MODEL_NOTE,
    READING,
    WRITING,
    Interrupted,
    Unspoken,
)

PURPOSE = "analysis"
UNFOUNDED_NOTE = "Nothing that the model wrote stood up to the facts: these are lnrag's exact rules and facts."
NOTHING_HELD = "answer_unfounded"  # no sentence of the model stood up to the facts


@dataclass(slots=True)
class Analysis:
    """What one analysis came to."""

    text: str = ""
    model: str = ""
    is_degraded: bool = False
    note: str = ""
    generation: GenerationRecord | None = None
    citations: list[dict[str, Any]] = field(default_factory=list)


async def analyze(
    request: AdviceRequest, *, at: datetime, ticket: Ticket | None = None, clock: Callable[[], float] = monotonic
) -> AsyncGenerator[Event, None]:
    """Yield the turn's events: facts, findings, the text as it is written, and exactly one `complete` or `error`.

    Whoever holds `ticket` may stop the turn; it then ends with the error `generation_canceled`.
    """
    begun = clock()
    with turns.opened(ticket or Ticket(), unit=request.unit, purpose=PURPOSE) as ticket:
        yield status(french.said(READING, lang=request.lang), turn_id=str(ticket.id))
        try:
            prepared = await database_sync_to_async(prepare)(replace(request, engine=Engine.V2, is_prose=True), at=at)
        except RecommendationsError as exc:
            yield error(exc.code, str(exc), retryable=False, progress=0)
            return
        async with aclosing(_turn(prepared, ticket, elapsed_s=lambda: clock() - begun)) as events:
            async for event in events:
                yield event


async def _turn(prepared: Prepared, ticket: Ticket, *, elapsed_s: Callable[[], float]) -> AsyncGenerator[Event, None]:
    analysis, progress = Analysis(), 0
    try:
        async with aclosing(_told(prepared, analysis, ticket)) as events:
            async for event in events:
                ticket.check()
                progress = event.progress
                yield event
        await finish(_record, prepared, analysis)
        yield Event(EventType.COMPLETE, 100, {**_spoken(analysis), "processing_time_ms": round(elapsed_s() * 1000)})
    except GenerationCanceled as exc:
        yield error(exc.code, french.said(STOPPED_NOTE, lang=prepared.request.lang), retryable=True, progress=progress)
    except Interrupted as exc:
        yield error(
            exc.code, french.said(INTERRUPTED, lang=prepared.request.lang), retryable=True, progress=LATEST_PROGRESS
        )
    finally:
        await finish(_record, prepared, analysis)


async def _record(prepared: Prepared, analysis: Analysis) -> None:
    record, analysis.generation = analysis.generation, None
    if record is not None and prepared.plan is not None:
        await database_sync_to_async(ledger.write)(record, prepared.plan)


async def _told(prepared: Prepared, analysis: Analysis, ticket: Ticket) -> AsyncGenerator[Event, None]:
    yield Event(EventType.NODE_INFO, 25, node_info(prepared.facts))
    yield Event(EventType.TECHNICAL_RECOMMENDATIONS, 50, _found(prepared))
    async with aclosing(_worded(prepared, analysis, ticket)) as events:
        async for event in events:
            yield event
    yield Event(EventType.AI_ANALYSIS, 90, _spoken(analysis))


async def _worded(prepared: Prepared, analysis: Analysis, ticket: Ticket) -> AsyncGenerator[Event, None]:
    if prepared.brief is not None:
        try:
            async with aclosing(_speak(prepared, analysis, ticket)) as events:
                async for event in events:
                    yield event
        except Unspoken as exc:
            note = UNFOUNDED_NOTE if exc.code == NOTHING_HELD else exc.note
            analysis.note = french.said(note, lang=prepared.request.lang)
            analysis.model = ""
            yield warning(exc.code, analysis.note, progress=FIRST_PROGRESS)
        else:
            return
    analysis.is_degraded, analysis.text = True, _in_rules_words(prepared)
    analysis.note = analysis.note or french.said(NO_MODEL_NOTE, lang=prepared.request.lang)
    yield Event(EventType.TOKEN, FIRST_PROGRESS, {"text": analysis.text})


async def _speak(prepared: Prepared, analysis: Analysis, ticket: Ticket) -> AsyncGenerator[Event, None]:
    told, plan = prepared.brief, prepared.plan
    if told is None or plan is None:
        raise Unspoken("no_model_available")
    speech = Speech(plan, told.messages, stop=ticket.stop)
    known = told.known
    gate = SentenceGate(lambda text: known.is_grounded(text) and known.allows(text, finding=None))
    citing = CitationFilter(passages=len(told.citations))
    try:
        async with aclosing(speech.pieces()) as pieces:
            async for piece in pieces:
                for event in _heard(piece, analysis, citing, gate, plan, lang=prepared.request.lang):
                    yield event
    except GenerationCanceled:
        raise
    except GenerationInterrupted as exc:
        raise Interrupted from exc
    except ModelError as exc:
        raise (Interrupted() if analysis.model else Unspoken.by(exc)) from exc
    finally:
        analysis.generation = speech.record()
    for event in _passed(gate.feed(citing.flush()) + gate.flush(), analysis):
        yield event
    if not analysis.text.strip():
        raise Unspoken(NOTHING_HELD)
    analysis.citations = [
        {
            "number": item.number,
            "title": item.title,
            "breadcrumb": item.breadcrumb,
            "quote": item.quote,
            "url": item.url,
        }
        for item in told.citations
    ]


def _heard(
    piece: Piece, analysis: Analysis, citing: CitationFilter, gate: SentenceGate, plan: GenerationPlan, *, lang: str
) -> Iterator[Event]:
    if isinstance(piece, Queued | Loading):
        yield waiting(piece)
    elif isinstance(piece, Started):
        analysis.model = piece.model
        yield voice(piece, plan=plan, message=french.said(WRITING, lang=lang), progress=FIRST_PROGRESS)
    elif isinstance(piece, Text):
        yield from _passed(gate.feed(citing.feed(piece.content)), analysis)


def _passed(text: str, analysis: Analysis) -> Iterator[Event]:
    """Yield the words that passed; a token without any shows that the model is writing."""
    analysis.text += text
    yield Event(EventType.TOKEN, FIRST_PROGRESS, {"text": text})


def _in_rules_words(prepared: Prepared) -> str:
    """Return the analysis without a model: the facts line by line, then what the rules found."""
    lang = prepared.request.lang
    facts, found = (french.said(name, lang=lang) for name in ("Facts", "Findings"))
    known = (f"- {french.said(line, lang=lang)}" for line in lines(prepared.facts))
    told = [f"- {item.title}. {item.explanation}" for item in prepared.shown]
    nothing = f"- {french.said('none of the rules found anything to change', lang=lang)}"
    return "\n".join((facts, *known, "", found, *(told or [nothing])))


def _found(prepared: Prepared) -> dict[str, Any]:
    return {"total": len(prepared.shown), "by_priority": by_priority(prepared.shown)}


def _spoken(analysis: Analysis) -> dict[str, Any]:
    return {
        "analysis": analysis.text,
        "citations": analysis.citations,
        "model_used": analysis.model or None,
        "degraded": analysis.is_degraded,
        "note": analysis.note if analysis.is_degraded else "",
    }
