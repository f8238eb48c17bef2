"""Ask for advice again in the shadow, while nobody else needs a model. What comes of it is compared, never shown."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from time import monotonic
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth import get_user_model

from models_registry.domain.errors import GenerationCanceled
from models_registry.domain.query_types import QueryType
from models_registry.models import ShadowRun
from models_registry.services import shadow
from models_registry.services.shadow import Trial
from recommendations.domain.errors import RecommendationsError
from recommendations.metrics import SHADOWS
from recommendations.services.prepare import AdviceRequest
from recommendations.services.shadow_offer import FIELDS
from recommendations.services.unseen_turn import turn_unseen

SLICE_S = 60.0  # of one job; well under the queue's limit
UNIT = "shadow"  # its own place in the queue: it takes from nobody's share


def run_waiting(*, at: datetime, clock: Callable[[], float] = monotonic) -> int:
    """Ask again what waits, one after the other, while there is room and the slice lasts; return how many."""
    until, done = clock() + SLICE_S, 0
    while clock() < until and (trial := shadow.take(at=at)) is not None:
        if not _tried(trial, at=at):
            break
        done += 1
    return done


def _tried(trial: Trial, *, at: datetime) -> bool:
    """Ask once; return False when somebody else needed the model meanwhile."""
    state, told, reason = ShadowRun.State.DONE, {}, ""
    try:
        found = async_to_sync(turn_unseen)(_request(trial), at=at, is_wanted=sync_to_async(shadow.is_wanted))
        told = asdict(found)
        if not found.is_spoken:
            state, reason = ShadowRun.State.SKIPPED, "no model spoke"
        elif found.has_failed:
            state, reason = ShadowRun.State.FAILED, "the model failed"
    except GenerationCanceled:
        shadow.put_back(trial)
        return False
    except RecommendationsError as exc:
        state, reason = ShadowRun.State.SKIPPED, exc.code
    shadow.end(trial, state=state, shadow=told, reason=reason, at=at)
    SHADOWS.labels(status=state.value).inc()
    return True


def _request(trial: Trial) -> AdviceRequest:
    asked: dict[str, Any] = dict(trial.subject)
    user = get_user_model().objects.filter(pk=asked["user"]).first() if asked["user"] else None
    plain = AdviceRequest(pubkey=asked["pubkey"], unit=UNIT, user=user, query_type=QueryType(asked["query_type"]))
    named = {name: asked[name] for name in FIELDS}
    return replace(plain, use_cache=False, is_held=True, choice=trial.choice, **named)
