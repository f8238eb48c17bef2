"""What outcomes teach, and how little of it a few are allowed to."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.domain.learning import (
    HIGHEST_WEIGHT,
    LARGEST_STEP,
    LEAST_OUTCOMES,
    LOWEST_WEIGHT,
    Outcome,
    expected_effectiveness,
    propose,
    rank_correlation,
    record_factors,
    success_rate,
)

WEIGHTS = {
    "revenue_impact": 0.30,
    "ease_of_implementation": 0.20,
    "risk_level": 0.15,
    "time_to_value": 0.15,
    "data_confidence": 0.10,
    "network_conditions": 0.10,
}


def outcomes(count: int, *, telling: str = "revenue_impact", seed: int = 1, sign: float = 1.0) -> list[Outcome]:
    """Outcomes that one factor tells, with noise; the others are chance."""
    rng = random.Random(seed)
    made = []
    for _ in range(count):
        factors = {name: rng.random() for name in WEIGHTS}
        effect = max(-1.0, min(1.0, sign * (factors[telling] - 0.5) + rng.gauss(0, 0.2)))
        made.append(Outcome("fees", factors, effect))
    return made


@pytest.mark.parametrize(("telling", "sign"), [("revenue_impact", 1), ("time_to_value", 1), ("risk_level", -1)])
def test_the_factor_that_told_the_outcome_gains_and_no_step_is_too_long(telling: str, sign: float) -> None:
    proposal = propose(WEIGHTS, outcomes(120, telling=telling, sign=sign))

    moved = proposal.weights[telling] - WEIGHTS[telling]
    assert proposal.is_change
    assert moved * sign > 0.01
    assert sum(proposal.weights.values()) == pytest.approx(1.0, abs=0.001)
    assert all(abs(proposal.weights[name] - WEIGHTS[name]) <= LARGEST_STEP + 1e-4 for name in WEIGHTS)
    assert telling in " ".join(proposal.reasons)


def test_twenty_nine_outcomes_change_nothing_and_thirty_may() -> None:
    assert propose(WEIGHTS, outcomes(LEAST_OUTCOMES - 1)).weights == WEIGHTS
    assert "30" in propose(WEIGHTS, outcomes(LEAST_OUTCOMES - 1)).reasons[0]
    assert propose(WEIGHTS, outcomes(LEAST_OUTCOMES)).is_change


def test_a_category_with_few_outcomes_is_left_out() -> None:
    many = outcomes(60, telling="revenue_impact")
    few = [Outcome("peers", one.factors, -one.net_effect) for one in outcomes(29, telling="revenue_impact", seed=2)]

    assert propose(WEIGHTS, many + few) == propose(WEIGHTS, many)


def test_chance_moves_weights_in_few_of_many_cases() -> None:
    moved = 0
    for seed in range(100):
        rng = random.Random(seed)
        noise = [Outcome("fees", {name: rng.random() for name in WEIGHTS}, rng.uniform(-1, 1)) for _ in range(60)]
        moved += sum(abs(propose(WEIGHTS, noise).weights[name] - WEIGHTS[name]) > 0.02 for name in WEIGHTS)

    assert moved <= 60  # of 600 weights, at 10 %


@given(
    st.lists(st.floats(0.05, 0.5), min_size=6, max_size=6),
    st.integers(0, 5),
    st.sampled_from([-1.0, 1.0]),
    st.integers(0, 1_000),
)
def test_bounds_hold_whatever_the_weights(parts: list[float], telling: int, sign: float, seed: int) -> None:
    total = sum(parts)
    weights = {name: part / total for name, part in zip(WEIGHTS, parts, strict=True)}
    told = propose(weights, outcomes(60, telling=list(WEIGHTS)[telling], seed=seed, sign=sign)).weights

    assert sum(told.values()) == pytest.approx(1.0, abs=0.002)
    for name, value in told.items():
        assert min(LOWEST_WEIGHT, weights[name]) - 1e-4 <= value <= max(HIGHEST_WEIGHT, weights[name]) + 1e-4
        assert abs(value - weights[name]) <= LARGEST_STEP + 1e-4


def test_a_missing_factor_is_left_out_not_counted_as_nothing() -> None:
    known = outcomes(80)
    half = [
        Outcome(one.category, {**one.factors, "ease_of_implementation": None}, one.net_effect) for one in known[:60]
    ]

    assert propose(WEIGHTS, half + known[60:]).weights["revenue_impact"] > WEIGHTS["revenue_impact"]


def test_few_outcomes_are_expected_to_do_as_all_do() -> None:
    expected = expected_effectiveness({"fees": [0.9] * 90, "peers": [0.1], "timing": []})

    assert expected["fees"] == pytest.approx(0.9, abs=0.01)
    assert 0.75 < (expected["peers"] or 0) < 0.89
    assert expected["timing"] == pytest.approx((0.9 * 90 + 0.1) / 91)
    assert expected_effectiveness({"fees": []}) == {"fees": None}


def test_a_category_is_told_by_how_it_did_beside_all_advice() -> None:
    factors = record_factors({"fees": [0.8] * 40, "channels": [0.2] * 40, "peers": [0.9], "timing": []})

    assert factors["fees"] > 1.2
    assert factors["channels"] < 0.8
    assert 1.0 < factors["peers"] < 1.1  # one outcome moves little
    assert "timing" not in factors
    assert record_factors({"fees": []}) == {}


@pytest.mark.parametrize(
    ("successes", "count", "low", "high"), [(8, 10, 0.541, 0.931), (0, 5, 0.0, 0.351), (5, 5, 0.649, 1.0)]
)
def test_success_has_wilsons_interval(successes: int, count: int, low: float, high: float) -> None:
    rate = success_rate(successes, count)

    assert rate.low == pytest.approx(low, abs=0.002)
    assert rate.high == pytest.approx(high, abs=0.002)
    assert success_rate(0, 0).share is None


def test_ranks_share_ties_and_a_constant_tells_nothing() -> None:
    assert rank_correlation([(1, 1), (2, 2), (3, 3), (4, 4)]) == pytest.approx(1.0)
    assert rank_correlation([(1, 4), (2, 3), (3, 2), (4, 1)]) == pytest.approx(-1.0)
    assert rank_correlation([(1, 1), (1, 2), (1, 3), (1, 4)]) is None
    assert rank_correlation([(1, 1)]) is None
