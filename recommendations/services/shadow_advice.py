"""Ask for advice again in the shadow, while nobody else needs a model. What comes of it is compared, never shown."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth import get_user_model

from models_registry.domain.query_types import QueryType
from models_registry.models import ShadowRun
from models_registry.services import shadow
from models_registry.services.shadow import UNIT, Trial, Tried
from recommendations.domain.errors import RecommendationsError
from recommendations.metrics import SHADOWS
from recommendations.services.prepare import PURPOSE, AdviceRequest
from recommendations.services.shadow_offer import FIELDS
from recommendations.services.unseen_turn import turn_unseen


def run_waiting(*, at: datetime, clock: Callable[[], float] = monotonic) -> int:
    """Ask again what waits, one after the other, while there is room and the slice lasts; return how many."""
    return shadow.run_waiting(PURPOSE, again=partial(_tried, at=at), at=at, clock=clock)


def _tried(trial: Trial, *, at: datetime) -> Tried:
    """Ask once.

    :raises GenerationCanceled: when somebody else needed the model meanwhile.
    """
    try:
        found = async_to_sync(turn_unseen)(_request(trial), at=at, is_wanted=sync_to_async(shadow.is_wanted))
        tried = Tried.of(asdict(found), is_spoken=found.is_spoken, has_failed=found.has_failed)
    except RecommendationsError as exc:
        tried = Tried(ShadowRun.State.SKIPPED, reason=exc.code)
    SHADOWS.labels(status=tried.state.value).inc()
    return tried


def _request(trial: Trial) -> AdviceRequest:
    asked: dict[str, Any] = dict(trial.subject)
    user = get_user_model().objects.filter(pk=asked["user"]).first() if asked["user"] else None
    plain = AdviceRequest(pubkey=asked["pubkey"], unit=UNIT, user=user, query_type=QueryType(asked["query_type"]))
    named = {name: asked[name] for name in FIELDS}
    return replace(plain, use_cache=False, is_held=True, choice=trial.choice, **named)
