"""Tests that may be looked at after every unit keep their promises, simulated with the formulas that decide."""

import math

import numpy as np
import pytest

from models_registry.domain.sequential import (
    FEWEST_UNITS,
    MIXTURE_STOP,
    SLOWER_BY,
    LatencyEvidence,
    MixtureEvidence,
    PreferenceEvidence,
    difference_score,
    half_width,
    mixture_log_factor,
    paired_interval,
    preference_log_factor,
)


def slow_stops(slower_by, *, share, units, runs, seed):
    """Return for each run after how many units latency stopped it; 0: never."""
    rng = np.random.default_rng(seed)
    n_a, n_b, total, scores, squares = (np.zeros(runs) for _ in range(5))
    stopped = np.zeros(runs, dtype=int)
    for unit in range(1, units + 1):
        is_treated = rng.random(runs) < share
        value = rng.normal(7.0, 0.6, runs) + slower_by * is_treated
        center = total / (unit - 1) if unit > 1 else value
        score = difference_score(value, is_treated, probability=share, center=center)
        scores, squares, total = scores + score, squares + score**2, total + value
        n_a, n_b = n_a + ~is_treated, n_b + is_treated
        mean = scores / unit
        low = mean - half_width(unit, np.maximum(squares / unit - mean**2, 1e-9))
        is_stop = (np.minimum(n_a, n_b) >= FEWEST_UNITS) & (low > SLOWER_BY)
        stopped = np.where((stopped == 0) & is_stop, unit, stopped)
    return stopped


def test_latency_stops_what_is_slow_and_little_else():
    equal = slow_stops(0.0, share=0.1, units=3000, runs=500, seed=1)
    limit = slow_stops(SLOWER_BY, share=0.25, units=3000, runs=500, seed=2)
    double = slow_stops(math.log(2.5), share=0.25, units=3000, runs=300, seed=3)

    rates = [f"{np.mean(one > 0):.1%}" for one in (equal, limit, double)]
    median = np.median(double[double > 0])
    print(f"\nlatency stops: equal, at the limit, 2.5 times slower {rates}, median {median:.0f} units")
    assert np.mean(equal > 0) <= 0.05
    assert np.mean(limit > 0) <= 0.05
    assert np.mean(double > 0) >= 0.95


def mixture_stops(true_share, *, planned, units, runs, seed):
    rng = np.random.default_rng(seed)
    log_e, n_a, n_b, stopped = np.zeros(runs), np.zeros(runs), np.zeros(runs), np.zeros(runs, dtype=int)
    for unit in range(1, units + 1):
        is_treated = rng.random(runs) < true_share
        log_e += mixture_log_factor(is_treated, probability=planned, n_a=n_a, n_b=n_b)
        n_a, n_b = n_a + ~is_treated, n_b + is_treated
        stopped = np.where((stopped == 0) & (log_e >= math.log(MIXTURE_STOP)), unit, stopped)
    return stopped


def test_a_wrong_mixture_is_held_and_a_right_one_is_not():
    wrong = mixture_stops(0.58, planned=0.5, units=3000, runs=500, seed=4)
    right = mixture_stops(0.5, planned=0.5, units=3000, runs=1000, seed=5)
    small = mixture_stops(0.1, planned=0.1, units=3000, runs=1000, seed=6)

    told = f"42/58 held in {np.mean(wrong > 0):.1%}, median {np.median(wrong[wrong > 0]):.0f} units"
    print(f"\nsample ratio: {told}; right mixtures held {np.mean(right > 0):.2%} and {np.mean(small > 0):.2%}")
    assert np.mean(wrong > 0) >= 0.98
    assert np.mean(right > 0) <= 0.005
    assert np.mean(small > 0) <= 0.005


def test_a_change_of_the_share_begins_new_counts_and_keeps_the_evidence():
    evidence = MixtureEvidence()
    for _ in range(5):
        evidence = evidence.take(is_treated=True, probability=0.5)
    later = evidence.take(is_treated=False, probability=0.25)

    assert (evidence.n_a, evidence.n_b) == (0, 5)
    assert (later.n_a, later.n_b, later.probability) == (1, 0, 0.25)
    assert later.log_e == pytest.approx(evidence.log_e)  # the first unit of a share proves nothing


def test_latency_of_few_units_is_not_judged():
    evidence = LatencyEvidence()
    for number in range(FEWEST_UNITS - 1):
        for is_treated in (True, False):
            evidence = evidence.take(9000 if is_treated else 100 + number, is_treated=is_treated, probability=0.5)

    assert evidence.bounds is None
    assert not evidence.has_stopped


def test_a_preference_is_found_and_a_coin_is_not():
    def stops(win, seed, runs=1000, pairs=600):
        rng = np.random.default_rng(seed)
        log_e, wins, losses, hit = np.zeros(runs), np.zeros(runs), np.zeros(runs), np.zeros(runs, dtype=bool)
        for _ in range(pairs):
            is_win = rng.random(runs) < win
            log_e += preference_log_factor(is_win, wins=wins, losses=losses)
            wins, losses = wins + is_win, losses + ~is_win
            hit |= log_e >= math.log(20)
        return float(np.mean(hit))

    fair, liked = stops(0.5, 7), stops(0.625, 8)

    print(f"\npreference: a fair coin {fair:.1%}, 50 wins to 30 losses {liked:.1%} within 600 pairs")
    assert fair <= 0.05
    assert liked >= 0.95


def test_ties_prove_nothing():
    evidence = PreferenceEvidence()
    for difference in (0.0, 0.2, -0.1, 0.0):
        evidence = evidence.take(difference)

    assert (evidence.wins, evidence.losses, evidence.ties) == (1, 1, 2)
    assert evidence.log_e == pytest.approx(math.log(2 * 0.5) + math.log(2 * 0.25))


def test_the_interval_of_pairs():
    rng = np.random.default_rng(9)

    assert paired_interval([0.1], rng=rng) is None
    assert paired_interval([0.0] * 20, rng=rng) == (0.0, 0.0)
    found = paired_interval(list(np.random.default_rng(1).normal(0.5, 0.1, 50)), rng=rng)
    assert found is not None
    low, high = found
    assert 0.4 < low < 0.5 < high < 0.6
