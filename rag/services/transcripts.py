"""Write down a turn: one row, once, whatever tap asked and however it ended."""

import logging
import uuid
from dataclasses import asdict, dataclass

from django.db import transaction

from models_registry.domain.chat import GenerationPlan, GenerationRecord, Outcome
from models_registry.services import ledger
from rag import metrics
from rag.domain.answers import AnswerResult
from rag.models import Answer
from rag.services.prepare import Ask

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
    trace: tuple[tuple[str, int], ...] = ()


@transaction.atomic
def record(turn: Transcript) -> None:
    """Store the turn, and the generation it used with the plan it followed: both or neither."""
    generation_id = ledger.write(turn.generation, turn.plan) if turn.generation and turn.plan else None
    result = turn.result
    Answer.objects.create(
        id=turn.id,
        asked_at=turn.ask.at,
        question=turn.ask.question,
        lang=turn.lang,
        query_type=turn.query_type,
        user_id=turn.ask.user.pk if turn.ask.user else None,
        unit=turn.ask.unit[:80],
        node_pubkey=turn.ask.node_pubkey or "",
        text=result.text if result else turn.partial_text,
        citations=[asdict(one) for one in result.citations] if result else [],
        confidence=result.confidence if result else None,
        is_cached=turn.is_cached,
        is_degraded=bool(result and result.degraded),
        is_abstention=bool(result and result.abstained),
        model=_voice(turn),
        index_version=result.index_version if result else "",
        generation_id=generation_id,
        outcome=turn.outcome.value,
        error_code=turn.error_code,
        processing_ms=turn.processing_ms,
        trace=[{"step": step, "ms": elapsed_ms} for step, elapsed_ms in turn.trace],
    )
    _measure(turn)
    logger.info(f"rag.answer.{turn.outcome.value}", extra={"answer": str(turn.id), "processing_ms": turn.processing_ms})


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
