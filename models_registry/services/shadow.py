"""Ask again in the shadow: what a variant would have said, on idle capacity only, seen by nobody.

This floor decides whether there is room and keeps what was compared; the floor above knows how to ask again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from models_registry.domain.rollout import Assignment, RolloutChoice, RolloutSpec, VariantSpec
from models_registry.domain.variants import Engine
from models_registry.models import Rollout, RunningTurn, ShadowRun, Waiter
from models_registry.queries.rollout_specs import spec_of
from models_registry.services import queue, registry

MOST_WAITING = 20  # more would only be old by the time there is room
LOST_AFTER = timedelta(minutes=15)  # longer than any turn: its process is gone


@dataclass(frozen=True, slots=True)
class Trial:
    """One turn to ask again: which, and under what."""

    key: int
    subject: Mapping[str, Any]
    choice: RolloutChoice


def offer(purpose: str, *, subject: Mapping[str, Any], shown: Mapping[str, Any], at: datetime) -> int:
    """Note a turn that was just shown for every shadow of its purpose; return for how many. `subject`: keys only."""
    wanted = [one for one in registry.current().shadows if one.purpose == purpose and _is_on(one, at=at)]
    if not wanted or ShadowRun.objects.filter(state=ShadowRun.State.WAITING).count() >= MOST_WAITING:
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


@transaction.atomic
def take(*, at: datetime) -> Trial | None:
    """Return the oldest turn to ask again, marked as begun; None where there is none, or no room for it."""
    if not is_idle():
        return None
    lost = ShadowRun.objects.filter(state=ShadowRun.State.RUNNING, asked_at__lt=at - LOST_AFTER)
    lost.update(state=ShadowRun.State.FAILED, reason="interrupted", ended_at=at)
    waiting = ShadowRun.objects.select_for_update(skip_locked=True).filter(state=ShadowRun.State.WAITING)
    row = waiting.order_by("pk").first()
    if row is None:
        return None
    row.state = ShadowRun.State.RUNNING
    row.asked_at = at
    row.save(update_fields=["state", "asked_at"])
    spec = spec_of(Rollout.objects.prefetch_related("variants").get(pk=row.rollout_id))
    one = next((variant for variant in spec.treated if variant.slug == row.variant), None)
    return Trial(row.pk, row.subject, _choice(spec, one) if one else _choice(spec, VariantSpec(row.variant)))


def end(trial: Trial, *, state: str, shadow: Mapping[str, Any], reason: str = "", at: datetime) -> None:
    """Keep what came of it."""
    ShadowRun.objects.filter(pk=trial.key).update(state=state, shadow=dict(shadow), reason=reason[:60], ended_at=at)


def put_back(trial: Trial) -> None:
    """Let it wait again: somebody needed the model."""
    ShadowRun.objects.filter(pk=trial.key).update(state=ShadowRun.State.WAITING)


def _is_on(spec: RolloutSpec, *, at: datetime) -> bool:
    return spec.shadow_until is None or at < spec.shadow_until


def _choice(spec: RolloutSpec, one: VariantSpec) -> RolloutChoice:
    """Return the choice of a turn that tries this variant, whatever its unit would get."""
    tried = Assignment(spec, one.slug, 0, True, True, one.changes)
    return RolloutChoice(one.changes.engine or Engine.V2, None, None, Decimal(0), (tried,))
