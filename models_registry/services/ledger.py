"""Write down how a generation ended: one row, one log line. The prompt is known by its hash only."""

import logging
import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from django.utils import timezone

from models_registry.domain.chat import Candidate, GenerationPlan, GenerationRecord
from models_registry.domain.pricing import cost_usd, is_free
from models_registry.models import Generation
from models_registry.services.ledger_queue import LedgerQueue

logger = logging.getLogger(__name__)
_queue = LedgerQueue()


def write(record: GenerationRecord, plan: GenerationPlan) -> uuid.UUID:
    """Store one generation with the plan it followed, log it (CL-16), and return its id."""
    key = uuid.uuid4()
    _log(key, record, plan)
    row_of(key, record, plan, at=timezone.now()).save(force_insert=True)
    return key


def write_soon(record: GenerationRecord, plan: GenerationPlan) -> uuid.UUID:
    """Log one generation now, have it stored within moments by a thread, and return its id. Never waits or raises.

    For doors with many requests: one insert then serves many of them. Nothing is lost on a clean shutdown.
    """
    key, at = uuid.uuid4(), timezone.now()
    _log(key, record, plan)
    _queue.put(lambda: row_of(key, record, plan, at=at))
    return key


def rate(generation_id: uuid.UUID | None, *, value: int | None) -> None:
    """Note how people judged what a generation said: +1, -1, or None for no verdict. Without a generation: nothing."""
    if generation_id is not None:
        Generation.objects.filter(pk=generation_id).update(rating=value)


def hold(generation_id: uuid.UUID) -> None:
    """Have whoever else judges this generation wait until the transaction ends, to count what is then voted."""
    Generation.objects.select_for_update(no_key=True).filter(pk=generation_id).values("pk").first()


def flush() -> None:
    """Store what still waits, in this thread, before returning."""
    _queue.flush()


def row_of(key: uuid.UUID, record: GenerationRecord, plan: GenerationPlan, *, at: datetime) -> Generation:
    """Return the row of one generation, not stored yet."""
    speaker, first = _speaker(record, plan), plan.candidates[0] if plan.candidates else None
    frozen = msgspec.to_builtins(plan)
    decision = frozen.pop("decision")
    return Generation(
        pk=key,
        created_at=at,
        purpose=plan.purpose,
        query_type=plan.query_type,
        model=record.model,
        provider=record.endpoint,
        plan={**frozen, "fell_back_from": record.fell_back_from},
        decision=decision,
        outcome=record.outcome.value,
        error_code=record.error_code,
        prompt_sha256=record.prompt_sha256,
        prompt_tokens=record.prompt_tokens,
        generated_tokens=record.generated_tokens,
        latency_ms=record.latency_ms,
        first_token_ms=record.first_token_ms,
        queue_ms=record.queue_ms,
        load_ms=record.load_ms,
        prompt_chars=record.prompt_chars,
        truncation_suspected=record.truncation_suspected,
        digest=record.digest or (speaker.digest if speaker else ""),
        attempts=msgspec.to_builtins(record.attempts),
        selected_model=first.model if first else "",
        model_tier=speaker.tier.value if speaker else "",
        user_tier=plan.user_tier,
        complexity=decision.get("features", {}).get("complexity"),
        cost_usd=_cost(record, plan, speaker),
    )


def _speaker(record: GenerationRecord, plan: GenerationPlan) -> Candidate | None:
    named = (one for one in plan.candidates if (one.model, one.endpoint.slug) == (record.model, record.endpoint))
    return next(named, None)


def _cost(record: GenerationRecord, plan: GenerationPlan, speaker: Candidate | None) -> Decimal | None:
    """Return what was paid; where nobody spoke, nothing, unless a paid host may have been asked."""
    if speaker is None:
        return Decimal(0) if all(is_free(one.price) for one in plan.candidates) else None
    return cost_usd(speaker.price, prompt_tokens=record.prompt_tokens, generated_tokens=record.generated_tokens)


def _log(key: uuid.UUID, record: GenerationRecord, plan: GenerationPlan) -> None:
    logger.info(f"models_registry.generation.{record.outcome.value}", extra=_log_fields(key, record, plan))


def _log_fields(key: uuid.UUID, record: GenerationRecord, plan: GenerationPlan) -> dict[str, Any]:
    return {
        "generation": str(key),
        "purpose": plan.purpose,
        "query_type": plan.query_type,
        "model": record.model,
        "prompt_sha256": record.prompt_sha256,
        "prompt_tokens": record.prompt_tokens,
        "generated_tokens": record.generated_tokens,
        "latency_ms": record.latency_ms,
        "temperature": plan.knobs.temperature,
        "error_code": record.error_code,
    }
