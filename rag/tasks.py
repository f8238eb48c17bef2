"""Jobs of the knowledge floor. Safe to run twice: ingestion is idempotent, embedding makes only what is missing."""

import logging
import uuid
from dataclasses import asdict

from asgiref.sync import async_to_sync
from django.utils import timezone

from rag.services import build_space as building
from rag.services import keep_evaluation, refresh, semantic, shadow_answers, warm
from rag.services import keep_spaces as keeping
from rag.services import take_in as intake
from rag.services.ingest import load_library
from rag.services.reindex import ensure_active_index

logger = logging.getLogger(__name__)


def load_knowledge(**_future: object) -> None:
    """Bring the built-in library up to date."""
    load_library(at=timezone.now())


def take_in(*, ingestion_id: str, **_future: object) -> None:
    """Make documents of what was handed in, for a while; the next slice is queued when there is more."""
    try:
        intake.take_in(uuid.UUID(ingestion_id), at=timezone.now())
    except Exception:
        logger.exception("Unable to take documents in", extra={"ingestion": ingestion_id})
        intake.give_up(uuid.UUID(ingestion_id))
        raise


def refresh_sources(**_future: object) -> None:
    """Read again what is due, try failed files again, and take interrupted intakes up."""
    refresh.refresh_due(at=timezone.now())


def complete_index(**_future: object) -> None:
    """Embed the passages that have no vector in the current space, and search in it."""
    ensure_active_index(at=timezone.now())


def build_space(*, space_id: int, afresh: bool = False, **_future: object) -> None:
    """Work on an embedding space for a while, and queue the next slice when it is not complete."""
    if building.run_slice(space_id, afresh=afresh):
        building.enqueue(space_id, afresh=afresh)


def keep_spaces(**_future: object) -> None:
    """Go on with what was interrupted, embed what lacks a vector, and give every space the index its size calls for."""
    keeping.keep_all(at=timezone.now())


def evaluate_nightly(**_future: object) -> bool:
    """Queue the built-in questions while a rollout changes retrieval; return whether a run was queued."""
    return keep_evaluation.request_nightly(at=timezone.now())


def run_evaluation(*, run_id: int, **_future: object) -> None:
    """Ask the built-in questions for a queued run."""
    try:
        keep_evaluation.run_built_in(run_id, at=timezone.now())
    except Exception:
        logger.exception("Unable to evaluate", extra={"run": run_id})
        keep_evaluation.fail(run_id, message="It broke off; the log tells why.", at=timezone.now())


def warm_common_questions(**_future: object) -> dict[str, int]:
    """Answer the common questions before they are asked; return how that went."""
    report: warm.WarmReport = async_to_sync(warm.warm_common_questions)(at=timezone.now())
    return asdict(report)


def forget_answers(**_future: object) -> int:
    """Remove kept answers that have expired; return how many."""
    return semantic.sweep(at=timezone.now())


def run_shadows(**_future: object) -> int:
    """Ask again in the shadow what waits, while nobody else needs a model; return how many questions."""
    return shadow_answers.run_waiting(at=timezone.now())
