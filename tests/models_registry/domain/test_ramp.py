"""Every move from every state, and every gate on its own."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from models_registry.domain.errors import RolloutMoveNotAllowed
from models_registry.domain.ramp import (
    PRESETS,
    Move,
    Progress,
    RampState,
    Verdict,
    after,
    gates,
    is_silent,
    may_step,
    moves_from,
    next_step,
)

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
WEEK = timedelta(days=7)
ALLOWED = {
    "draft": {"start": "running"},
    "running": {"step": "running", "complete": "completed", "hold": "held", "roll_back": "rolled_back"},
    "held": {"resume": "running", "roll_back": "rolled_back"},
    "rolled_back": {"resume": "running"},
    "completed": {"roll_back": "rolled_back"},
}


@pytest.mark.parametrize("state", RampState)
@pytest.mark.parametrize("move", Move)
def test_the_transition_table(state, move):
    if to := ALLOWED[state].get(move):
        assert after(state, move) == to
        assert move in moves_from(state)
        return
    with pytest.raises(RolloutMoveNotAllowed, match="cannot"):
        after(state, move)


@pytest.mark.parametrize(("share", "expected"), [(0, 10), (10, 25), (12.5, 25), (50, 100), (100, None)])
def test_the_next_step_is_the_next_larger_share(share, expected):
    assert next_step(Decimal(share), steps=(10, 25, 50, 100)) == expected


def progress(**changes):
    plain = {"share_percent": Decimal(10), "steps": (10, 25, 50, 100), "since": NOW - WEEK, "units": 30}
    return Progress(**{**plain, "gate_days": 7, "gate_units": 30, **changes})


def verdict(is_passed):
    return Verdict(is_passed, ("mean quality 0.70",), NOW)


@pytest.mark.parametrize(
    ("changes", "shut"),
    [
        ({}, None),
        ({"since": NOW - WEEK + timedelta(seconds=1)}, "time"),
        ({"since": None}, "time"),
        ({"units": 29}, "units"),
        ({"verdict": verdict(False)}, "quality"),
        ({"verdict": verdict(None)}, "quality"),
        ({"verdict": verdict(True)}, None),
        ({"share_percent": Decimal(50)}, "quality"),
        ({"share_percent": Decimal(50), "verdict": verdict(True)}, None),
    ],
)
def test_each_gate_blocks_alone(changes, shut):
    found = gates(progress(**changes), at=NOW)

    assert [gate.name for gate in found if gate.is_open is not True] == ([shut] if shut else [])
    assert may_step(found) is (shut is None)


def test_presets_rise_to_everybody():
    assert PRESETS["rag"].steps == (10, 50, 100)
    assert PRESETS["careful"].steps == (10, 25, 50, 100)
    assert all(one.steps[-1] == 100 and list(one.steps) == sorted(one.steps) for one in PRESETS.values())


@pytest.mark.parametrize(
    ("latest", "since", "expected"),
    [(25, 48, True), (23, 48, False), (None, 25, True), (None, None, False), (48, 1, False)],
)
def test_a_day_without_a_unit_is_silence(latest, since, expected):
    ago = [None if hours is None else NOW - timedelta(hours=hours) for hours in (latest, since)]

    assert is_silent(ago[0], since=ago[1], at=NOW) is expected
