"""Ask the library again in the shadow, while nobody else needs a model. What comes of it is compared, never shown."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async

from models_registry.domain.query_types import QueryType
from models_registry.domain.variants import ANSWER
from models_registry.models import ShadowRun
from models_registry.services import registry, shadow
from models_registry.services.plan import tier_of
from models_registry.services.shadow import UNIT, Trial, Tried
from rag.domain.errors import RagError
from rag.models import Answer
from rag.services.prepare import Ask
from rag.services.shadow_offer import FIELDS
from rag.services.unseen_answer import answer_unseen


def run_waiting(*, at: datetime, clock: Callable[[], float] = monotonic) -> int:
    """Ask again what waits, one after the other, while there is room and the slice lasts; return how many."""
    return shadow.run_waiting(ANSWER, again=partial(_tried, at=at), at=at, clock=clock)


def _tried(trial: Trial, *, at: datetime) -> Tried:
    """Ask once.

    :raises GenerationCanceled: when somebody else needed the model meanwhile.
    """
    row = Answer.objects.select_related("user").filter(pk=trial.subject["answer"]).first()
    if row is None:
        return Tried(ShadowRun.State.SKIPPED, reason="answer_gone")
    try:
        found = async_to_sync(answer_unseen)(_ask(row, trial, at=at), is_wanted=sync_to_async(shadow.is_wanted))
    except RagError as exc:
        return Tried(ShadowRun.State.SKIPPED, reason=exc.code)
    return Tried.of(asdict(found), is_spoken=found.is_spoken, has_failed=found.has_failed)


def _ask(row: Answer, trial: Trial, *, at: datetime) -> Ask:
    """Return the question as it was asked, of the same reader and by the same rules, under what is tried."""
    asked: Mapping[str, Any] = {name: trial.subject[name] for name in FIELDS}
    return Ask(
        question=row.question,
        unit=UNIT,
        user=row.user,
        at=at,
        lang=row.lang,
        node_pubkey=row.node_pubkey or None,
        query_type=QueryType(row.query_type),
        use_cache=False,
        choice=trial.choice,
        **{**asked, "user_tier": asked["user_tier"] or tier_of(row.unit, registry.current())},
    )
