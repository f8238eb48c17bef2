"""Whole nodes are compared with the nearest ones, and their own ups and downs make no verdicts. Fixed seeds."""

import math

import numpy as np
import pytest

from feedback.domain.comparable import MOST_CONTROLS, Likeness, dispersion_between, dispersion_of_nodes, nearest
from feedback.domain.verdicts import Tally, Verdict, judge

TARGET = Likeness(100_000_000, 40, 500)
FANO = 5.0


@pytest.mark.parametrize(
    ("other", "is_comparable"),
    [
        (Likeness(90_000_000, 35, 600), True),
        (Likeness(900_000_000, 40, 500), True),
        (Likeness(1_100_000_000, 40, 500), False),
        (Likeness(100_000_000, 40, 5_100), False),
        (Likeness(100_000_000, 40, 0), False),
        (Likeness(100_000_000, 3, 500), False),
    ],
)
def test_ten_times_as_large_or_a_tenth_is_another_kind_of_node(other: Likeness, *, is_comparable: bool) -> None:
    assert nearest(TARGET, {"other": other}) == (("other",) if is_comparable else ())


def test_the_twenty_nearest_are_taken_and_equally_near_ones_by_name() -> None:
    others = {f"{n:02}": Likeness(100_000_000 * (1 + n / 10), 40, 500) for n in range(30)}
    others["aa"] = others["00"]

    found = nearest(TARGET, others)

    assert found[:3] == ("00", "aa", "01")
    assert len(found) == MOST_CONTROLS


def test_nodes_that_differ_as_poisson_does_are_not_overdispersed_and_few_of_them_are_trusted_less() -> None:
    alike = [Tally(100, 100, 28, 28)] * 6
    assert dispersion_between(alike) == 0
    assert dispersion_between(alike[:1]) == 0
    apart = [Tally(1000, 1000 * factor, 28, 28) for factor in (0.5, 0.8, 1, 1.25, 2)]
    assert dispersion_between(apart) > 1.5 * dispersion_between(apart * 4)


def verdicts(*, runs: int, drift: float, controls: int, factor: float = 1.0, seed: int) -> dict[str, float]:
    """Judge nodes of some 400 forwards a week whose levels drift by themselves, four weeks against four."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(runs):
        shocks = rng.standard_normal((controls + 1, 30))
        for week in range(1, 30):  # what a week was like, the next one is in part
            shocks[:, week] = 0.7 * shocks[:, week - 1] + math.sqrt(0.51) * shocks[:, week]
        levels = np.log(400) + 0.5 * rng.standard_normal(controls + 1)
        means = np.exp(levels[:, None] + drift * shocks + 0.2 * rng.standard_normal(30))
        means[0, 26:] *= factor
        counts = rng.negative_binomial(means / (FANO - 1), 1 / FANO)
        tallies = [Tally(float(row[22:26].sum()), float(row[26:].sum()), 28, 28) for row in counts]
        phi = dispersion_of_nodes(counts[0, :26], counts[:, :26], tallies[1:])
        others = {str(number): one for number, one in enumerate(tallies[1:])}
        found.append(judge(tallies[0], others, dispersion=phi).verdict)
    rates = {verdict.value: round(found.count(verdict) / runs, 3) for verdict in Verdict}
    print(f"drift {drift:g}, {controls} controls, factor {factor:g}: {rates}")
    return rates


@pytest.mark.parametrize("drift", [0.0, 0.2, 0.4])
@pytest.mark.parametrize("controls", [5, 12])
def test_without_an_effect_few_nodes_get_a_verdict(drift: float, controls: int) -> None:
    rates = verdicts(runs=1_000, drift=drift, controls=controls, seed=11)

    assert rates["helped"] + rates["harmed"] <= 0.12
    assert drift < 0.4 or rates["inconclusive"] >= 0.8


@pytest.mark.parametrize(("drift", "factor", "least"), [(0.0, 2.0, 0.8), (0.2, 2.0, 0.8), (0.4, 4.0, 0.8)])
def test_a_true_effect_on_a_node_is_found(drift: float, factor: float, least: float) -> None:
    rates = verdicts(runs=200, drift=drift, controls=8, factor=factor, seed=12)

    assert rates["helped"] >= least
    assert rates["harmed"] == 0
