"""RO-07 and RO-12: each figure against its bound, each gate on its own, unknown where too few data."""

import pytest

from feedback.domain.verdicts_kpi import FEWEST_TURNS, Turn, Votes, judge_gate, judge_kpis, kpis, overall

GOOD = Turn(quality=0.9, latency_ms=900, shown=5, needing_command=4, with_command=4, quantified=5)


def turns(count=FEWEST_TURNS, **changes):
    plain = {name: getattr(GOOD, name) for name in GOOD.__slots__}
    return [Turn(**{**plain, **changes})] * count


def verdicts(found):
    return {one.name: one.is_passed for one in found}


def test_a_good_week_passes_all():
    found = judge_kpis(kpis(turns(), Votes(9, 1)))

    assert set(verdicts(found).values()) == {True}
    assert overall(found) is True


@pytest.mark.parametrize(
    ("changes", "fails"),
    [
        ({"quality": 0.79}, "avg_quality_score"),
        ({"shown": 3, "quantified": 3}, "recommendations_per_response"),
        ({"with_command": 3}, "cli_commands_included_pct"),
        ({"quantified": 4}, "quantified_impact_pct"),
        ({"latency_ms": 3500}, "response_time_ms"),
    ],
)
def test_each_figure_fails_alone(changes, fails):
    found = judge_kpis(kpis(turns(**changes), Votes(9, 1)))

    assert [name for name, is_passed in verdicts(found).items() if is_passed is False] == [fails]
    assert overall(found) is False


def test_too_few_data_is_unknown():
    found = judge_kpis(kpis(turns(FEWEST_TURNS - 1), Votes(5, 0)))

    assert set(verdicts(found).values()) == {None}
    assert overall(found) is None
    assert "too few data" in found[0].told


def test_dissatisfied_people_fail_the_week():
    assert verdicts(judge_kpis(kpis(turns(), Votes(7, 3))))["user_satisfaction"] is False


@pytest.mark.parametrize(
    ("changes", "new", "fails"),
    [
        ({}, Votes(8, 2), []),
        ({"quality": 0.8}, Votes(8, 2), ["mean quality"]),
        ({"latency_ms": 3000}, Votes(8, 2), ["p95 of response time in ms"]),
        ({}, Votes(7, 3), ["change of satisfaction"]),
        ({}, Votes(0, 3), []),  # too few votes to say that satisfaction dropped
        ({"quality": None}, Votes(8, 2), ["mean quality"]),
    ],
)
def test_each_gate_blocks_alone(changes, new, fails):
    found = judge_gate(turns(**changes), new=new, old=Votes(8, 2))

    assert [one.name for one in found if one.is_passed is not True] == fails
    assert (overall(found) is True) is (not fails)


def test_a_slow_twentieth_blocks_where_the_mean_does_not():
    mixed = [*turns(28, latency_ms=500), *turns(2, latency_ms=9000)]

    assert verdicts(judge_kpis(kpis(mixed, Votes(9, 1))))["response_time_ms"] is True
    assert verdicts(judge_gate(mixed, new=Votes(), old=Votes()))["p95 of response time in ms"] is False
