"""Write down a turn: one row, once, whatever tap asked and however it ended."""

import logging
import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F

from models_registry.domain.chat import GenerationPlan, GenerationRecord, Outcome
from models_registry.domain.guardrail import CAPACITY_CODES
from models_registry.domain.rollout import Assignment
from models_registry.services import guarding, ledger
from models_registry.services.guarding import Heard
from rag import metrics
from rag.domain.answers import AnswerResult
from rag.domain.trace import Trace
from rag.models import Answer, Document
from rag.services import conversations, telemetry
from rag.services.prepare import Ask
from rag.services.shadow_offer import offer

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Transcript:
    """A finished turn. `result` is None when nothing was answered; times in milliseconds."""

    id: uuid.UUID
    ask: Ask
    lang: str
    query_type: str
    outcome: Outcome
    processing_ms: int
    result: AnswerResult | None = None
    partial_text: str = ""
    is_cached: bool = False
    error_code: str = ""
    generation: GenerationRecord | None = None
    plan: GenerationPlan | None = None
    trace: Trace = field(default_factory=Trace)
    conversation_id: uuid.UUID | None = None
    met: tuple[Assignment, ...] = ()


def record(turn: Transcript) -> None:
    """Store the turn, the generation it used with its plan, and what it cited: all or nothing. Then tell of it."""
    _store(turn)
    _measure(turn)
    sent = _attributes(turn)
    telemetry.send("answer", turn.trace.spans, began_at=turn.ask.at, ms=turn.processing_ms, attributes=sent)
    logger.info(f"rag.answer.{turn.outcome.value}", extra={"answer": str(turn.id), "processing_ms": turn.processing_ms})


@transaction.atomic
def _store(turn: Transcript) -> None:
    generation_id = ledger.write(turn.generation, turn.plan) if turn.generation and turn.plan else None
    ask, result = turn.ask, turn.result
    if turn.conversation_id:
        conversations.note_turn(
            turn.conversation_id,
            user=ask.user,
            unit=ask.unit,
            node_pubkey=ask.node_pubkey or "",
            question=ask.question,
            at=ask.at,
        )
    Answer.objects.create(
        id=turn.id,
        asked_at=ask.at,
        conversation_id=turn.conversation_id,
        question=ask.question,
        lang=turn.lang,
        query_type=turn.query_type,
        user_id=ask.user.pk if ask.user else None,
        unit=ask.unit[:80],
        node_pubkey=ask.node_pubkey or "",
        is_cached=turn.is_cached,
        model=_voice(turn),
        generation_id=generation_id,
        outcome=turn.outcome.value,
        error_code=turn.error_code,
        processing_ms=turn.processing_ms,
        trace=turn.trace.as_data(),
        **(_columns(result) if result else {"text": turn.partial_text}),
    )
    if result and not result.abstained:
        cited = {one.document_id for one in result.citations if one.document_id}
        Document.objects.filter(pk__in=cited).update(cited_count=F("cited_count") + 1)
    if heard := _heard(turn):
        guarding.note(turn.met, unit=ask.unit, heard=heard, at=ask.at)
        if result and result.model and not result.standalone:  # one that leans on earlier turns is not asked alone
            offer(ask, answer_id=turn.id, shown=_measures(turn, result))


def _attributes(turn: Transcript) -> dict[str, str | int | bool]:
    return {
        "lnrag.answer": str(turn.id),
        "lnrag.lang": turn.lang,
        "lnrag.query_type": turn.query_type,
        "lnrag.outcome": turn.outcome.value,
        "lnrag.model": _voice(turn),
        "lnrag.is_cached": turn.is_cached,
    }


def _columns(result: AnswerResult) -> dict[str, Any]:
    return {
        "standalone": result.standalone,
        "text": result.text,
        "citations": [asdict(one) for one in result.citations],
        "checks": result.checks_data(),
        "passages": [dict(one) for one in result.passages],
        "confidence": result.confidence,
        "is_degraded": result.degraded,
        "is_abstention": result.abstained,
        "index_version": result.index_version,
    }


def _heard(turn: Transcript) -> Heard | None:
    """Return what the turn says of the variants it met; None where no model was asked, or it had no time."""
    said = turn.generation
    if said is None or turn.outcome is Outcome.ABANDONED or said.error_code in CAPACITY_CODES:
        return None
    has_failed = said.outcome is Outcome.FAILED or turn.outcome is Outcome.FAILED
    return Heard(
        has_failed=has_failed,
        is_ungrounded=None if has_failed or turn.result is None else bool(turn.result.checks),
        latency_ms=turn.processing_ms,
    )


def _measures(turn: Transcript, result: AnswerResult) -> dict[str, Any]:
    """Return what an answer in the shadow is compared with, judged by the one function that judges both."""
    quality = result.quality.score if result.quality else None
    return {"quality": quality, "latency_ms": turn.processing_ms, "is_ungrounded": bool(result.checks)}


def _voice(turn: Transcript) -> str:
    """Return the model that spoke, also when it did not finish; "" when nobody did."""
    if turn.result:
        return turn.result.model
    return turn.generation.model if turn.generation else ""


def _measure(turn: Transcript) -> None:
    metrics.QUERIES.labels(query_type=turn.query_type, lang=turn.lang).inc()
    metrics.PROCESSING_SECONDS.observe(turn.processing_ms / 1000)
    metrics.REQUESTS.labels(
        endpoint="answer",
        cache_status="hit" if turn.is_cached else "miss",
        status=turn.outcome.value,
        model=_voice(turn) or "none",
    ).inc()
    if turn.result and turn.result.confidence is not None:
        metrics.CONFIDENCE.labels(endpoint="answer").observe(turn.result.confidence)
