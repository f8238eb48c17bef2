"""Note which rollouts a chat met and what came of it, once it is over and behind the caller's back.

What a unit gets is decided from memory while its call is planned (plan.py). Unit, tier and arms stand in the plan, so
that each arm is drawn again here; one that is drawn otherwise by now was moved meanwhile, and tells nothing.
"""

import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import DataError, Error, IntegrityError
from django.utils import timezone

from models_registry.domain.chat import GenerationPlan, GenerationRecord, Outcome
from models_registry.domain.guardrail import CAPACITY_CODES
from models_registry.domain.rollout import RolloutSpec, assign_all
from models_registry.domain.variants import CHAT
from models_registry.services import guarding, registry
from models_registry.services.behind import Behind
from models_registry.services.guarding import Heard
from models_registry.services.rollouts import expose

logger = logging.getLogger(__name__)
MOST_WAITING = 20_000  # chats; a database that is away for longer loses evidence, never an answer


@dataclass(frozen=True, slots=True)
class _Met:
    unit: str
    tier: str
    names: frozenset[str]  # `rollout:variant`
    heard: Heard | None
    at: datetime


_waiting: deque[_Met] = deque(maxlen=MOST_WAITING)


def note_soon(record: GenerationRecord, plan: GenerationPlan) -> None:
    """Have it written down soon that the plan's unit met its rollouts. Never waits or raises."""
    if plan.experiments:
        names = frozenset(plan.experiments)
        _waiting.append(_Met(plan.unit, plan.user_tier, names, _heard(record), timezone.now()))
        _behind.soon()


def flush() -> None:
    """Write down what waits, in this thread, oldest first. What the database refuses for now stays."""
    specs = registry.current().rollouts_of(CHAT) if _waiting else ()
    while _waiting:
        met = _waiting.popleft()
        try:
            _write(met, specs)
        except (DataError, IntegrityError):
            logger.exception("Unable to note what a chat met")
        except Error:
            _waiting.appendleft(met)
            raise


def _write(met: _Met, specs: Sequence[RolloutSpec]) -> None:
    known = [one for one in assign_all(met.unit, specs, tier=met.tier) if one.name in met.names]
    for one in known:
        expose(met.unit, one, at=met.at)
    if met.heard:
        guarding.note(known, unit=met.unit, heard=met.heard, at=met.at)


def _heard(record: GenerationRecord) -> Heard | None:
    """Return what the turn says of its arm; None where it says nothing: left, or too busy."""
    if record.outcome is Outcome.ABANDONED or record.error_code in CAPACITY_CODES:
        return None
    return Heard(has_failed=record.outcome is Outcome.FAILED, latency_ms=record.latency_ms)


_behind = Behind(flush, name="lnrag-chat-exposures")
