"""A line is fair between units, weighted by tokens; a position only falls; nobody starves."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_registry.domain.line import QUANTUM_TOKENS, Waiting, in_order, positions, turn_of


class Line:
    """A line as the queue keeps it: whoever joins gets a turn, whoever is first is served."""

    def __init__(self):
        self.waiting = []
        self.served = []
        self._count = 0

    def join(self, unit, tokens=QUANTUM_TOKENS):
        self._count += 1
        turn = turn_of(unit, self.waiting)
        newcomer = Waiting(UUID(int=self._count), unit, self._count, tokens, turn)
        self.waiting.append(newcomer)
        return newcomer

    def serve(self):
        first = in_order(self.waiting)[0]
        self.waiting.remove(first)
        self.served.append(first)
        return first


def test_one_unit_is_served_as_it_came():
    line = Line()
    joined = [line.join("a") for _ in range(5)]

    assert [line.serve() for _ in range(5)] == joined


def test_units_take_turns_however_many_requests_one_has():
    line = Line()
    for _ in range(6):
        line.join("many")
    for _ in range(3):
        line.join("few")

    order = [line.serve().unit for _ in range(9)]

    assert sorted(order[1:7]) == ["few"] * 3 + ["many"] * 3
    assert order[7:] == ["many", "many"]


def test_a_newcomer_waits_for_one_round_and_not_for_a_whole_backlog():
    line = Line()
    for _ in range(50):
        line.join("many")
    line.join("single")

    order = [line.serve().unit for _ in range(51)]

    assert order.index("single") <= 2


@pytest.mark.parametrize(("tokens", "share"), [(QUANTUM_TOKENS, 1), (4 * QUANTUM_TOKENS, 4)])
def test_a_unit_with_long_answers_is_served_less_often(tokens, share):
    line = Line()
    for _ in range(20):
        line.join("long", tokens)
    for _ in range(60):
        line.join("short", QUANTUM_TOKENS)

    served = [line.serve() for _ in range(30)]

    by_unit = {unit: [one for one in served if one.unit == unit] for unit in ("long", "short")}
    assert abs(len(by_unit["short"]) / max(1, len(by_unit["long"])) - share) <= share * 0.5


moves = st.lists(st.one_of(st.tuples(st.sampled_from("abcd"), st.integers(1, 2000)), st.none()), max_size=80)


@given(moves)
def test_positions_only_fall(steps):
    line = Line()
    told: dict[UUID, int] = {}
    for step in steps:
        if step:
            line.join(*step)
        elif line.waiting:
            line.serve()
        for key, place in positions(line.waiting).items():
            assert place <= told.get(key, place)
            told[key] = place
        assert sorted(positions(line.waiting).values()) == list(range(1, len(line.waiting) + 1))


@given(moves)
def test_a_unit_is_served_in_the_order_it_came(steps):
    line = Line()
    for step in steps:
        if step:
            line.join(*step)
        elif line.waiting:
            line.serve()
    while line.waiting:
        line.serve()

    for unit in "abcd":
        numbers = [one.arrived_us for one in line.served if one.unit == unit]
        assert numbers == sorted(numbers)


@given(st.integers(2, 12), st.integers(1, 6))
def test_a_crowd_of_newcomers_starves_nobody(backlog, newcomers_per_service):
    line = Line()
    for _ in range(backlog):
        line.join("patient")
    for number in range(400):
        for extra in range(newcomers_per_service):
            if len(line.waiting) < 40:  # the queue is bounded
                line.join(f"{number}-{extra}")
        line.serve()

    assert sum(one.unit == "patient" for one in line.served) == backlog


def test_all_processes_agree_on_the_order():
    line = Line()
    for unit in "abcabca":
        line.join(unit, 100)

    assert in_order(reversed(line.waiting)) == in_order(line.waiting)
