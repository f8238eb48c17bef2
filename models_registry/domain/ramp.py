"""How a rollout grows: its states, its steps, and the gates before each step. Pure; the clock is handed in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from models_registry.domain.errors import RolloutMoveNotAllowed

SILENT_AFTER = timedelta(hours=24)  # without a unit: somebody should know that nothing is learned


class RampState(StrEnum):
    DRAFT = "draft"  # nobody gets it
    RUNNING = "running"  # the share gets it, outcomes are compared
    HELD = "held"  # the share stays as it is; the figures are not to be trusted
    ROLLED_BACK = "rolled_back"  # nobody gets it any more
    COMPLETED = "completed"  # everybody gets it


class Move(StrEnum):
    START = "start"
    STEP = "step"
    COMPLETE = "complete"
    HOLD = "hold"
    RESUME = "resume"
    ROLL_BACK = "roll_back"
    SET_SHARE = "set_share"


TRANSITIONS: dict[tuple[RampState, Move], RampState] = {
    (RampState.DRAFT, Move.START): RampState.RUNNING,
    (RampState.RUNNING, Move.STEP): RampState.RUNNING,
    (RampState.RUNNING, Move.COMPLETE): RampState.COMPLETED,
    (RampState.RUNNING, Move.HOLD): RampState.HELD,
    (RampState.RUNNING, Move.ROLL_BACK): RampState.ROLLED_BACK,
    (RampState.HELD, Move.RESUME): RampState.RUNNING,
    (RampState.HELD, Move.ROLL_BACK): RampState.ROLLED_BACK,
    (RampState.ROLLED_BACK, Move.RESUME): RampState.RUNNING,
    (RampState.COMPLETED, Move.ROLL_BACK): RampState.ROLLED_BACK,
}


def after(state: RampState, move: Move) -> RampState:
    """Return the state that a move leads to.

    :raises RolloutMoveNotAllowed: when it cannot be made from here.
    """
    try:
        return TRANSITIONS[state, move]
    except KeyError:
        raise RolloutMoveNotAllowed(
            f"A rollout that is {state.value.replace('_', ' ')} cannot {_said(move)}."
        ) from None


def moves_from(state: RampState) -> tuple[Move, ...]:
    """Return every move that can be made from a state."""
    return tuple(move for known, move in TRANSITIONS if known is state)


@dataclass(frozen=True, slots=True)
class Preset:
    """A ready plan of steps, in percent, with the gates between them."""

    slug: str
    name: str
    steps: tuple[int, ...]
    gate_days: int
    gate_units: int


PRESETS = {
    one.slug: one
    for one in (
        Preset("careful", "Careful: 10, 25, 50, 100 %, a week and 30 units each", (10, 25, 50, 100), 7, 30),
        Preset("rag", "Library answers: 10, 50, 100 %, a week and 30 units each", (10, 50, 100), 7, 30),
        Preset("even", "Comparison: half and half until somebody decides", (50, 100), 28, 100),
    )
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the floor above found of the quality. `is_passed` None: too few data. `told`: one sentence each."""

    is_passed: bool | None
    told: tuple[str, ...]
    judged_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a running rollout stands. `units` is that of the smaller arm at the present share."""

    share_percent: Decimal
    steps: tuple[int, ...]
    since: datetime | None
    units: int
    gate_days: int
    gate_units: int
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of the next step. `is_open` None: not known yet, which keeps it shut."""

    name: str
    is_open: bool | None
    told: str


def next_step(share_percent: Decimal, *, steps: Sequence[int]) -> int | None:
    """Return the share after this one, in percent; None at the end."""
    return next((step for step in sorted(steps) if step > share_percent), None)


def gates(progress: Progress, *, at: datetime) -> tuple[Gate, ...]:
    """Return the gates before the next step. The last one, to everybody, asks for a verdict that passed."""
    opens_at = None if progress.since is None else progress.since + timedelta(days=progress.gate_days)
    found = [
        Gate(
            "time",
            opens_at is not None and at >= opens_at,
            f"{progress.gate_days} days at {float(progress.share_percent):g} %"
            + ("" if opens_at is None else f", over on {opens_at:%Y-%m-%d %H:%M} UTC"),
        ),
        Gate(
            "units",
            progress.units >= progress.gate_units,
            f"{progress.units} of {progress.gate_units} units in each arm",
        ),
    ]
    verdict, step = progress.verdict, next_step(progress.share_percent, steps=progress.steps)
    if verdict is not None or step == 100:
        told = "; ".join(verdict.told) if verdict else "no verdict on quality yet"
        found.append(Gate("quality", verdict.is_passed if verdict else None, told))
    return tuple(found)


def may_step(found: Sequence[Gate]) -> bool:
    """Return whether every gate is open; one that is not known keeps the step shut."""
    return all(gate.is_open is True for gate in found)


def is_silent(latest_at: datetime | None, *, since: datetime | None, at: datetime) -> bool:
    """Return whether nobody met the rollout for a day."""
    heard = max((moment for moment in (latest_at, since) if moment is not None), default=None)
    return heard is not None and at - heard >= SILENT_AFTER


def _said(move: Move) -> str:
    return {Move.STEP: "take a step", Move.SET_SHARE: "change its share"}.get(move, move.value.replace("_", " "))
