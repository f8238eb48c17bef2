"""Move a rollout: start, step, hold, resume, roll back, set its share. Each is a row, and acts on the next request.

Every move locks the rollout's row, so that a guard, the timetable and an administrator cannot move it at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from models_registry.domain.errors import RolloutMoveNotAllowed
from models_registry.domain.ramp import Move, RampState, after, gates, is_silent, may_step, next_step
from models_registry.models import Rollout, RolloutEvent
from models_registry.queries.rollouts import latest_exposure, progress_of
from models_registry.services import routes

ITSELF = "lnrag"
WARNING = "warn"


@dataclass(frozen=True, slots=True)
class Cause:
    """Who moves a rollout, why, when and on what evidence. An alarm is shown until somebody has seen it."""

    who: str
    why: str
    at: datetime
    evidence: Mapping[str, Any] | None = None
    is_alarm: bool = False


@transaction.atomic
def start(key: int, *, cause: Cause) -> RolloutEvent:
    """Give a draft to its first share of units, and remember the purpose's route.

    :raises RolloutMoveNotAllowed: when it is no draft, or has nothing to give.
    """
    row = locked(key)
    if not row.variants.exclude(is_control=True).exists():
        raise RolloutMoveNotAllowed("Add a variant that changes something first.")
    row.route_before = routes.frozen_of(row.purpose)
    return move(row, Move.START, cause=cause, share_percent=Decimal(row.steps[0]))


@transaction.atomic
def step(key: int, *, cause: Cause, is_override: bool = False) -> RolloutEvent:
    """Open the next share; the last one completes the rollout. An override opens it past shut gates, by name.

    :raises RolloutMoveNotAllowed: when it does not run, no step is left, or a gate is shut and nobody overrides it.
    """
    row = locked(key)
    share = next_step(row.share_percent, steps=row.steps)
    if share is None:
        raise RolloutMoveNotAllowed("Everybody gets it already.")
    found = gates(progress_of(row), at=cause.at)
    if not is_override and not may_step(found):
        raise RolloutMoveNotAllowed("Not every gate is open: " + "; ".join(one.told for one in found))
    return move(row, Move.COMPLETE if share == 100 else Move.STEP, cause=cause, share_percent=Decimal(share))


@transaction.atomic
def hold(key: int, *, cause: Cause) -> RolloutEvent:
    """Leave the share as it is and stop comparing.

    :raises RolloutMoveNotAllowed: when it does not run.
    """
    return move(locked(key), Move.HOLD, cause=cause)


@transaction.atomic
def resume(key: int, *, cause: Cause) -> RolloutEvent:
    """Go on with what was held, or begin again with what was rolled back. The evidence begins anew, the salt stays.

    :raises RolloutMoveNotAllowed: when it is neither.
    """
    row = locked(key)
    share = Decimal(row.steps[0]) if row.state == RampState.ROLLED_BACK else row.share_percent
    row.run += 1
    return move(row, Move.RESUME, cause=cause, share_percent=share)


@transaction.atomic
def roll_back(key: int, *, cause: Cause) -> RolloutEvent:
    """Take it away from everybody: share 0, the route as it was at the start, and no kept answer of the time between.

    :raises RolloutMoveNotAllowed: when nobody has it.
    """
    return rolled_back(locked(key), cause=cause)


def rolled_back(row: Rollout, *, cause: Cause) -> RolloutEvent:
    """Roll back a rollout whose row is locked already.

    :raises RolloutMoveNotAllowed: when nobody has it.
    """
    event = move(row, Move.ROLL_BACK, cause=cause, share_percent=Decimal(0))
    routes.restore(row.purpose, row.route_before)
    return event


@transaction.atomic
def set_share(key: int, *, share_percent: Decimal, cause: Cause) -> RolloutEvent | None:
    """Give it to this share from now on; None where that is its share already. 100 completes it, less goes on.

    :raises RolloutMoveNotAllowed: when it is a draft, held or rolled back: those are started or resumed.
    """
    row = locked(key)
    if row.share_percent == share_percent:
        return None
    if row.state not in (RampState.RUNNING, RampState.COMPLETED):
        raise RolloutMoveNotAllowed("Start or resume it; then its share can be changed.")
    to_state = RampState.COMPLETED if share_percent == 100 else RampState.RUNNING
    if row.state == RampState.COMPLETED:
        row.run += 1  # what was compared before everybody got it does not go on
    return _write(row, Move.SET_SHARE, to_state, cause=cause, share_percent=share_percent)


def advance_due(*, at: datetime) -> tuple[RolloutEvent, ...]:
    """Open every step whose gates are open, and warn of rollouts that nobody met for a day."""
    running = Rollout.objects.filter(is_enabled=True, state=RampState.RUNNING.value)
    found = (_advanced(key, at=at) for key in running.values_list("pk", flat=True))
    return tuple(event for event in found if event)


@transaction.atomic
def _advanced(key: int, *, at: datetime) -> RolloutEvent | None:
    row = locked(key)
    if row.state != RampState.RUNNING:
        return None
    if is_silent(latest_exposure(row), since=row.step_since, at=at):
        return _warned(row, at=at)
    if not row.is_automatic or next_step(row.share_percent, steps=row.steps) is None:
        return None
    found = gates(progress_of(row), at=at)
    if not may_step(found):
        return None
    told = "; ".join(f"{gate.name}: {gate.told}" for gate in found)
    return step(key, cause=Cause(ITSELF, f"Every gate is open. {told}"[:300], at))


def _warned(row: Rollout, *, at: datetime) -> RolloutEvent | None:
    """Warn once of the silence since the latest unit."""
    heard = latest_exposure(row) or row.step_since
    if heard is None or row.events.filter(move=WARNING, at__gt=heard).exists():
        return None
    why = "Nobody met it for 24 hours: nothing is learned, and no step opens."
    return _write(row, WARNING, RampState(row.state), cause=Cause(ITSELF, why, at, is_alarm=True))


@transaction.atomic
def note_verdict(key: int, *, is_passed: bool | None, told: tuple[str, ...], at: datetime) -> None:
    """Keep what the floor above found of the quality; the gates read it."""
    row = locked(key)
    row.verdict = {"is_passed": is_passed, "told": list(told), "judged_at": at.isoformat()}
    row.save(update_fields=["verdict", "changed_at"])


def see(*, user_id: int, at: datetime, rollout: str | None = None) -> int:
    """Mark the alarms as seen, of one rollout or of all; return how many."""
    events = RolloutEvent.objects.filter(is_alarm=True, seen_at=None)
    if rollout:
        events = events.filter(rollout__slug=rollout)
    return events.update(seen_at=at, seen_by_id=user_id)


def locked(key: int) -> Rollout:
    """Return the row, locked until the transaction ends. Units may still meet it meanwhile."""
    return Rollout.objects.select_for_update(no_key=True).get(pk=key)


def move(row: Rollout, what: Move, *, cause: Cause, share_percent: Decimal | None = None) -> RolloutEvent:
    """Make a move with a locked row.

    :raises RolloutMoveNotAllowed: when it cannot be made from its state.
    """
    return _write(row, what, after(RampState(row.state), what), cause=cause, share_percent=share_percent)


def _write(
    row: Rollout, what: str, to_state: RampState, *, cause: Cause, share_percent: Decimal | None = None
) -> RolloutEvent:
    share_before, share = row.share_percent, row.share_percent if share_percent is None else share_percent
    event = RolloutEvent.objects.create(
        rollout=row,
        run=row.run,
        move=what,
        from_state=row.state,
        to_state=to_state.value,
        share_before=share_before,
        share_after=share,
        who=cause.who[:80],
        why=cause.why[:300],
        evidence=dict(cause.evidence or {}),
        at=cause.at,
        is_alarm=cause.is_alarm,
    )
    if share != share_before or what == Move.RESUME:
        row.step_since, row.verdict = cause.at, {}
    row.state, row.share_percent = to_state.value, share
    row.save()
    return event
