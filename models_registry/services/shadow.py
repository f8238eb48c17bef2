"""Ask again in the shadow: what a variant would have said, on idle capacity only, seen by nobody.

This floor decides whether there is room and keeps what was compared; the floor above knows how to ask again.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from time import monotonic
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import QuerySet

from models_registry.domain.errors import GenerationCanceled
from models_registry.domain.rollout import Assignment, RolloutChoice, RolloutSpec, VariantSpec
from models_registry.domain.variants import Engine
from models_registry.models import Rollout, RunningTurn, ShadowRun, Waiter
from models_registry.queries.rollout_specs import spec_of
from models_registry.services import queue, registry

MOST_WAITING = 20  # of one purpose; more would only be old by the time there is room
LOST_AFTER = timedelta(minutes=15)  # longer than any turn: its process is gone
SLICE_S = 60.0  # of one job; well under the queue's limit
LOOK_EVERY_S = 1.0
UNIT = "shadow"  # its own place in the queue: it takes from nobody's share
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Trial:
    """One turn to ask again: which, and under what."""

    key: int
    subject: Mapping[str, Any]
    choice: RolloutChoice


@dataclass(frozen=True, slots=True)
class Tried:
    """How asking again ended. `told`: its quality, milliseconds and faults."""

    state: ShadowRun.State
    told: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""

    @classmethod
    def of(cls, told: Mapping[str, Any], *, is_spoken: bool, has_failed: bool) -> "Tried":
        """Return how a turn ended that was asked to its end."""
        if not is_spoken:
            return cls(ShadowRun.State.SKIPPED, told, "no model spoke")
        return cls(ShadowRun.State.FAILED, told, "the model failed") if has_failed else cls(ShadowRun.State.DONE, told)


def offer(purpose: str, *, subject: Mapping[str, Any], shown: Mapping[str, Any], at: datetime) -> int:
    """Note a turn that was just shown for every shadow of its purpose; return for how many. `subject`: keys only."""
    wanted = [one for one in registry.current().shadows if one.purpose == purpose and _is_on(one, at=at)]
    if not wanted or _waiting(purpose).count() >= MOST_WAITING:
        return 0
    rows = [
        ShadowRun(rollout_id=spec.key, variant=one.slug, subject=dict(subject), shown=dict(shown), asked_at=at)
        for spec in wanted
        for one in spec.treated
    ]
    ShadowRun.objects.bulk_create(rows)
    return len(rows)


def is_wanted() -> bool:
    """Return whether anybody waits for a model."""
    return Waiter.objects.exists()


def is_idle() -> bool:
    """Return whether nobody asks anything: no turn is open, nobody waits, and no host is at work."""
    return not RunningTurn.objects.exists() and not any(line.running or line.waiting for line in queue.lines())


def run_waiting(
    purpose: str, *, again: Callable[[Trial], Tried], at: datetime, clock: Callable[[], float] = monotonic
) -> int:
    """Ask again what waits, one after the other, while there is room and the slice lasts; return how many."""
    until, done = clock() + SLICE_S, 0
    while clock() < until and (trial := take(purpose, at=at)) is not None:
        try:
            tried = again(trial)
        except GenerationCanceled:  # somebody else needed the model meanwhile
            put_back(trial)
            break
        end(trial, tried, at=at)
        done += 1
    return done


async def unless_wanted(
    events: AsyncGenerator[T, None],
    *,
    is_wanted: Callable[[], Awaitable[bool]] | None,
    clock: Callable[[], float] = monotonic,
) -> AsyncGenerator[T, None]:
    """Yield the events, and ask `is_wanted` every second.

    :raises GenerationCanceled: when somebody wants the model.
    """
    looked_at = clock()
    async with aclosing(events) as opened:
        async for event in opened:
            if is_wanted and clock() - looked_at >= LOOK_EVERY_S:
                looked_at = clock()
                if await is_wanted():
                    raise GenerationCanceled("Somebody waits for the model.")
            yield event


@transaction.atomic
def take(purpose: str, *, at: datetime) -> Trial | None:
    """Return the oldest turn to ask again, marked as begun; None where there is none, or no room for it."""
    if not is_idle():
        return None
    lost = ShadowRun.objects.filter(state=ShadowRun.State.RUNNING, asked_at__lt=at - LOST_AFTER)
    lost.update(state=ShadowRun.State.FAILED, reason="interrupted", ended_at=at)
    row = _waiting(purpose).select_for_update(of=("self",), skip_locked=True).order_by("pk").first()
    if row is None:
        return None
    row.state = ShadowRun.State.RUNNING
    row.asked_at = at
    row.save(update_fields=["state", "asked_at"])
    spec = spec_of(Rollout.objects.prefetch_related("variants").get(pk=row.rollout_id))
    one = next((variant for variant in spec.treated if variant.slug == row.variant), None)
    return Trial(row.pk, row.subject, _choice(spec, one) if one else _choice(spec, VariantSpec(row.variant)))


def end(trial: Trial, tried: Tried, *, at: datetime) -> None:
    """Keep what came of it."""
    ShadowRun.objects.filter(pk=trial.key).update(
        state=tried.state, shadow=dict(tried.told), reason=tried.reason[:60], ended_at=at
    )


def put_back(trial: Trial) -> None:
    """Let it wait again: somebody needed the model."""
    ShadowRun.objects.filter(pk=trial.key).update(state=ShadowRun.State.WAITING)


def _waiting(purpose: str) -> QuerySet[ShadowRun]:
    return ShadowRun.objects.filter(state=ShadowRun.State.WAITING, rollout__purpose=purpose)


def _is_on(spec: RolloutSpec, *, at: datetime) -> bool:
    return spec.shadow_until is None or at < spec.shadow_until


def _choice(spec: RolloutSpec, one: VariantSpec) -> RolloutChoice:
    """Return the choice of a turn that tries this variant, whatever its unit would get."""
    tried = Assignment(spec, one.slug, 0, True, True, one.changes)
    return RolloutChoice(one.changes.engine or Engine.V2, None, None, Decimal(0), (tried,))
