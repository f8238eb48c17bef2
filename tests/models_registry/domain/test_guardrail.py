"""The e-process: its formula by hand, and what it promises, simulated with the very formula that decides."""

import math
from dataclasses import asdict

import numpy as np
import pytest

from models_registry.domain.guardrail import STOP_AT, RateEvidence, e_value, log_factor, past_rate

RUNS = 1000


def stops(rate_a, rate_b, share, *, units, seed, runs=RUNS):
    """Return, for each run, after how many units it stopped; 0: never. Arguments are rates by unit."""
    rng = np.random.default_rng(seed)
    log_e, stopped = np.zeros(runs), np.zeros(runs, dtype=int)
    n_a, y_a, n_b, y_b = (np.zeros(runs) for _ in range(4))
    for unit in range(units):
        is_treated = rng.random(runs) < share[unit]
        is_bad = rng.random(runs) < np.where(is_treated, rate_b[unit], rate_a[unit])
        log_e += log_factor(is_bad, is_treated, probability=share[unit], n_a=n_a, y_a=y_a, n_b=n_b, y_b=y_b)
        n_b, y_b = n_b + is_treated, y_b + (is_treated & is_bad)
        n_a, y_a = n_a + ~is_treated, y_a + (~is_treated & is_bad)
        stopped = np.where((stopped == 0) & (log_e >= math.log(STOP_AT)), unit + 1, stopped)
    return stopped


def test_equal_arms_are_seldom_stopped_however_often_one_looks():
    units = 3000
    drifting = 0.04 + 0.03 * np.sin(np.arange(units) / 400)  # a base rate between 1 and 7 %
    growing = np.repeat([0.05, 0.10, 0.25, 0.50], units // 4)

    rates = {
        "drifting base rate, growing share": np.mean(stops(drifting, drifting, growing, units=units, seed=1) > 0),
        "rare faults at 10 %": np.mean(stops(*np.full((3, units), [[0.02], [0.02], [0.10]]), units=units, seed=2) > 0),
        "frequent faults, half and half": np.mean(
            stops(*np.full((3, units), [[0.3], [0.3], [0.5]]), units=units, seed=3) > 0
        ),
        "a better new arm": np.mean(stops(*np.full((3, units), [[0.1], [0.05], [0.25]]), units=units, seed=4) > 0),
    }

    print(f"\nfalse stops in {RUNS} runs, looking after every unit: { {k: f'{v:.1%}' for k, v in rates.items()} }")
    assert max(rates.values()) <= 0.05


def test_a_tenfold_fault_at_a_small_canary_stops_soon():
    units = 3000
    found = stops(*np.full((3, units), [[0.02], [0.20], [0.10]]), units=units, seed=5)

    print(f"\n2 % to 20 % at a 10 % canary: median {np.median(found):.0f} units, stopped {np.mean(found > 0):.1%}")
    assert np.mean(found > 0) > 0.99
    assert np.median(found) <= 250


def test_the_four_guards_together_are_seldom_stopped_either():
    units, rng = 2000, np.random.default_rng(6)
    any_stop = np.zeros(400, dtype=bool)
    for rate in (0.02, 0.05, 0.10, 0.15):
        flat = np.full((3, units), [[rate], [rate], [0.10]])
        any_stop |= stops(*flat, units=units, seed=int(rng.integers(1_000_000)), runs=400) > 0

    print(f"\nfour independent guards, equal arms: at least one false stop in {np.mean(any_stop):.1%} of 400 runs")
    assert np.mean(any_stop) <= 0.15


def test_the_formula_by_hand():
    first = RateEvidence().take(True, is_treated=True, probability=0.1)
    second = first.take(True, is_treated=True, probability=0.1)

    rate_b = 1.5 / 11  # one of one was bad
    assert first.log_e == pytest.approx(0.0)  # both arms began alike
    assert second.log_e == pytest.approx(math.log(rate_b / (0.9 * 0.05 + 0.1 * rate_b)))
    assert asdict(second) == {"log_e": second.log_e, "n_a": 0, "y_a": 0, "n_b": 2, "y_b": 2}
    assert not second.has_stopped


def test_a_better_arm_gathers_no_evidence():
    evidence = RateEvidence(n_a=100, y_a=50, n_b=100, y_b=0)

    assert evidence.take(False, is_treated=True, probability=0.5).log_e == pytest.approx(0.0)


def test_the_expected_factor_is_at_most_one_under_equal_rates():
    rng = np.random.default_rng(7)
    p, pi = rng.uniform(0.001, 0.999, 20_000), rng.uniform(0.01, 0.99, 20_000)
    n_a, n_b = rng.integers(0, 500, 20_000), rng.integers(0, 500, 20_000)
    past = {"n_a": n_a, "y_a": rng.binomial(n_a, 0.3), "n_b": n_b, "y_b": rng.binomial(n_b, 0.3)}

    expected = sum(
        (pi if treated else 1 - pi)
        * (p if bad else 1 - p)
        * np.exp(log_factor(np.full(p.shape, bad), np.full(p.shape, treated), probability=pi, **past))
        for treated in (True, False)
        for bad in (True, False)
    )

    assert float(np.max(np.abs(expected - 1))) < 1e-9
    assert past_rate(0, 0) == 0.05


def test_evidence_beyond_all_numbers_can_still_be_written():
    assert math.isfinite(e_value(1e9))
