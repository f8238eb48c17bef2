"""A request goes where it is served soonest; a host keeps its model while that is fair."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_registry.domain.placement import (
    USUAL_LOAD_S,
    Household,
    Seat,
    best_seat,
    estimated_load_s,
    expected_wait_s,
    line_wait_s,
    seats_worth_a_load,
    without_load,
)

IDLE = Seat("idle", slots=1, free=1, tokens_per_s=20)
BUSY = Seat("busy", slots=1, running_tokens=200, tokens_per_s=20)  # 10 s
COLD = Seat("cold", slots=1, tokens_per_s=20, load_s=4)
FAILING = Seat("failing", slots=4, free=4, tokens_per_s=100, penalty_s=5)


@pytest.mark.parametrize(
    ("seats", "ahead", "expected"),
    [
        ([IDLE], 0, 0),
        ([BUSY], 0, 10),
        ([BUSY], 100, 15),
        ([COLD], 0, 4),
        ([COLD], 100, 9),
        ([BUSY, COLD], 0, 4),
        ([BUSY, IDLE], 0, 0),
        ([BUSY, IDLE], 200, 10),  # both serve the line together
        ([FAILING], 0, 5),
        ([], 0, None),
    ],
)
def test_the_expected_wait_is_work_ahead_by_speed_plus_the_load(seats, ahead, expected):
    assert expected_wait_s(seats, tokens_ahead=ahead) == expected


def test_without_a_host_that_holds_the_model_there_is_no_line():
    assert line_wait_s([COLD], tokens_ahead=10) is None
    assert expected_wait_s([without_load(COLD)], tokens_ahead=0) == 0


@pytest.mark.parametrize(
    ("seats", "chosen"),
    [
        ([COLD, IDLE], "idle"),
        ([FAILING, IDLE], "idle"),
        ([FAILING], "failing"),  # better than nobody
        ([FAILING, BUSY], "failing"),  # 5 s are less than 10
        ([FAILING, Seat("soon", slots=1, running_tokens=20, tokens_per_s=20)], None),  # one second is less than 5
        ([BUSY, COLD], None),
        ([IDLE, Seat("faster", slots=1, free=1, tokens_per_s=40)], "faster"),
        ([Seat("half", slots=2, free=1, running_tokens=50, tokens_per_s=40), IDLE], "idle"),
    ],
)
def test_the_best_seat_is_the_free_one_with_the_least_beside_it(seats, chosen):
    seat = best_seat(seats)

    assert (seat.host if seat else None) == chosen


@pytest.mark.parametrize(
    ("seats", "ahead", "worth"),
    [
        ([IDLE, COLD], 0, []),
        ([BUSY, COLD], 0, ["cold"]),
        ([COLD], 0, ["cold"]),
        ([Seat("short", slots=1, running_tokens=20, tokens_per_s=20), COLD], 0, []),
        ([Seat("short", slots=1, running_tokens=20, tokens_per_s=20), COLD], 200, ["cold"]),
        ([COLD, Seat("quick", slots=1, load_s=1)], 0, ["quick", "cold"]),
        ([COLD, Seat("taken", slots=1, load_s=1, backlog_s=20)], 0, ["cold", "taken"]),
    ],
)
def test_a_load_is_worth_it_where_it_is_over_before_the_line(seats, ahead, worth):
    assert [seat.host for seat in seats_worth_a_load(seats, tokens_ahead=ahead)] == worth


@pytest.mark.parametrize(
    ("measured", "size", "expected"), [(7.5, 10**9, 7.5), (None, 5 * 10**9, 12.0), (None, None, USUAL_LOAD_S)]
)
def test_a_load_takes_as_long_as_measured_or_as_its_size_says(measured, size, expected):
    assert estimated_load_s(measured, size) == expected


def household(*resident, max_loaded=1, since_switch_s=1000.0, **waiting):
    return Household(frozenset(resident), max_loaded, since_switch_s, 20.0, waiting)


@pytest.mark.parametrize(
    ("host", "elsewhere", "allowed"),
    [
        (household("x", y=1.0), False, True),  # nobody waits for x
        (household("x", x=1.0, y=5.0), False, False),
        (household("x", x=1.0, y=25.0), False, True),  # y waited long enough
        (household("x", x=1.0, y=25.0, since_switch_s=5.0), False, False),  # but x has just come
        (household("x", x=1.0, y=25.0), True, False),  # and y is served by another host
        (household("x", x=1.0, y=5.0, max_loaded=2), False, True),  # both fit
        (household("x", x=1.0, y=5.0, max_loaded=None), False, False),  # nobody knows whether both fit
        (household("x", "y", x=1.0, y=5.0), False, True),
        (household(x=1.0, y=5.0), False, True),
    ],
)
def test_a_host_changes_its_model_only_when_that_is_fair(host, elsewhere, allowed):
    assert host.may_load("y", is_served_elsewhere=elsewhere) is allowed


@given(st.lists(st.floats(0.01, 3.0), min_size=20, max_size=200), st.floats(1.0, 20.0))
def test_two_models_that_are_always_wanted_change_once_per_collation_wait_and_both_get_their_turn(steps, collation_s):
    now, switched_at, held, switches = 0.0, 0.0, "x", []
    waiting_since = {"x": 0.0, "y": 0.0}
    for step in steps:
        now += step
        waiting_since[held] = now  # it is served, and somebody new comes
        other = "y" if held == "x" else "x"
        waits = {model: now - since for model, since in waiting_since.items()}
        host = Household(frozenset({held}), 1, now - switched_at, collation_s, waits)
        if host.may_load(other, is_served_elsewhere=False):
            held, switched_at = other, now
            switches.append(now)
        assert waits[other] <= 2 * collation_s + 2 * max(steps) or held == other  # nobody waits past it

    assert all(later - earlier > collation_s for earlier, later in pairwise(switches))
