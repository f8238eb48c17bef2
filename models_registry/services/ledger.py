"""Write down how a generation ended: one row, one log line. The prompt is known by its hash only."""

import logging
import uuid
from typing import Any

import msgspec

from models_registry.domain.chat import GenerationPlan, GenerationRecord
from models_registry.models import Generation

logger = logging.getLogger(__name__)


def write(record: GenerationRecord, plan: GenerationPlan) -> uuid.UUID:
    """Store one generation with the plan it followed, log it (CL-16), and return its id."""
    row = Generation.objects.create(
        purpose=plan.purpose,
        query_type=plan.query_type,
        model=record.model,
        provider=record.endpoint,
        plan={**msgspec.to_builtins(plan), "fell_back_from": record.fell_back_from},
        outcome=record.outcome.value,
        error_code=record.error_code,
        prompt_sha256=record.prompt_sha256,
        prompt_tokens=record.prompt_tokens,
        generated_tokens=record.generated_tokens,
        latency_ms=record.latency_ms,
        first_token_ms=record.first_token_ms,
        truncation_suspected=record.truncation_suspected,
    )
    logger.info(f"models_registry.generation.{record.outcome.value}", extra=_log_fields(row, record, plan))
    return row.pk


def _log_fields(row: Generation, record: GenerationRecord, plan: GenerationPlan) -> dict[str, Any]:
    return {
        "generation": str(row.pk),
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
