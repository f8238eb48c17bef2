"""Answer the common questions before they are asked, through the serving code itself, so that the keys match (CA-04).

They are asked for nobody in particular, from public documents: whoever may read just these is given the answer.
"""

import logging
from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime

from asgiref.sync import sync_to_async

from models_registry.domain.errors import ModelError
from models_registry.services.health import aensure_fresh
from rag.domain.errors import RagError
from rag.domain.events import EventType
from rag.models import CommonQuestion
from rag.services.answer import answer

logger = logging.getLogger(__name__)
UNIT = "warmer"


@dataclass(frozen=True, slots=True)
class WarmReport:
    """How many questions were answered, were kept already, were answered by quotes alone, or failed."""

    warmed: int = 0
    already_warm: int = 0
    degraded: int = 0
    failed: int = 0


async def warm_common_questions(*, at: datetime) -> WarmReport:
    """Answer every enabled question; one that fails does not stop the others. The figures are logged."""
    await aensure_fresh(at=at)
    rows = await sync_to_async(tuple)(CommonQuestion.objects.filter(is_enabled=True))
    outcomes = Counter([await _warmed(row, at=at) for row in rows])
    logger.info("rag.warm.completed", extra=dict(outcomes))
    return WarmReport(**outcomes)


async def _warmed(row: CommonQuestion, *, at: datetime) -> str:
    """Answer one question; return the field of the report that it counts in."""
    events = answer(row.text, unit=UNIT, user=None, at=at, lang=row.lang, is_for_everybody=True)
    found = "failed"
    try:
        async with aclosing(events) as opened:
            async for event in opened:
                if event.type is EventType.CACHED_DATA:
                    found = "already_warm"
                elif event.type is EventType.ANSWER:
                    found = "degraded" if event.data["degraded"] else "warmed"
    except (RagError, ModelError):
        return "failed"
    return found
