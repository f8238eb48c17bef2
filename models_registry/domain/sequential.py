"""Tests that may be looked at after every unit: slower answers, a wrong mixture of arms, a preferred answer. Pure.

Latency: the asymptotic confidence sequence of Waudby-Smith and others, on the log of milliseconds. Mixture: Lindon's
sequential sample-ratio test. Preference: a bet against a fair coin. The formulas take numbers or numpy arrays.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

ALPHA = 0.05
TUNED_FOR = 100  # units; where the confidence sequence is narrowest
FEWEST_UNITS = 30  # in each arm before latency is judged: the sequence is only asymptotically right
SLOWER_BY = math.log(1.2)  # a fifth slower is a fault; less is not worth a rollback
MIXTURE_PRIOR = 100.0  # units' worth of belief in the planned shares
MIXTURE_STOP = 1000.0  # Bayes factor
RESAMPLES = 4000  # of a bootstrap


def half_width(count: Any, variance: Any, *, alpha: float = ALPHA, tuned_for: int = TUNED_FOR) -> Any:
    """Return the half width of the confidence sequence of a mean after `count` values of this variance."""
    log = -2 * math.log(alpha)
    squared = (log + math.log(log + 1)) / tuned_for
    grown = count * variance * squared + 1
    return np.sqrt(grown / (count**2 * squared) * np.log(grown / alpha**2))


def difference_score(value: Any, is_treated: Any, *, probability: Any, center: Any) -> Any:
    """Return one unit's contribution to "new minus old", whose mean is the difference; `center`: past mean, any arm."""
    weight = np.where(is_treated, 1 / probability, -1 / (1 - probability))
    return (value - center) * weight


@dataclass(frozen=True, slots=True)
class LatencyEvidence:
    """What is known of how much slower the new arm is. Sums are of log milliseconds, scores of their differences."""

    n_a: int = 0
    sum_a: float = 0.0
    n_b: int = 0
    sum_b: float = 0.0
    scores: float = 0.0
    squares: float = 0.0

    def take(self, latency_ms: float, *, is_treated: bool, probability: float) -> "LatencyEvidence":
        """Return the evidence after one more unit's first answer."""
        value, count = math.log(max(latency_ms, 1.0)), self.n_a + self.n_b
        center = (self.sum_a + self.sum_b) / count if count else value
        score = float(difference_score(value, is_treated, probability=probability, center=center))
        known = replace(self, scores=self.scores + score, squares=self.squares + score * score)
        if is_treated:
            return replace(known, n_b=self.n_b + 1, sum_b=self.sum_b + value)
        return replace(known, n_a=self.n_a + 1, sum_a=self.sum_a + value)

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The interval of "new minus old" in log milliseconds that holds at every moment; None while units are few."""
        if min(self.n_a, self.n_b) < FEWEST_UNITS:
            return None
        count = self.n_a + self.n_b
        mean = self.scores / count
        half = float(half_width(count, max(self.squares / count - mean * mean, 1e-9)))
        return mean - half, mean + half

    @property
    def has_stopped(self) -> bool:
        """Whether the new arm is slower by more than a fifth, beyond doubt."""
        return self.bounds is not None and self.bounds[0] > SLOWER_BY


def mixture_log_factor(is_treated: Any, *, probability: Any, n_a: Any, n_b: Any) -> Any:
    """Return by how much one unit changes the log of the Bayes factor against the planned shares.

    Counts are of units that met this very share: after a change they begin anew, the factor goes on.
    """
    foretold = (MIXTURE_PRIOR * probability + n_b) / (MIXTURE_PRIOR + n_a + n_b)
    return np.where(is_treated, np.log(foretold / probability), np.log((1 - foretold) / (1 - probability)))


@dataclass(frozen=True, slots=True)
class MixtureEvidence:
    """What is known of whether units arrive in the planned shares. `probability`: the share the counts belong to."""

    log_e: float = 0.0
    n_a: int = 0
    n_b: int = 0
    probability: float = 0.0

    def take(self, *, is_treated: bool, probability: float) -> "MixtureEvidence":
        """Return the evidence after one more unit."""
        is_same = math.isclose(probability, self.probability, abs_tol=1e-9)
        n_a, n_b = (self.n_a, self.n_b) if is_same else (0, 0)
        step = float(mixture_log_factor(is_treated, probability=probability, n_a=n_a, n_b=n_b))
        return MixtureEvidence(self.log_e + step, n_a + (not is_treated), n_b + is_treated, probability)

    @property
    def has_stopped(self) -> bool:
        return self.log_e >= math.log(MIXTURE_STOP)


def preference_log_factor(is_win: Any, *, wins: Any, losses: Any) -> Any:
    """Return by how much one pair changes the log of the evidence against "both are liked alike"."""
    foretold = (wins + 0.5) / (wins + losses + 1)  # Krichevsky and Trofimov: bets on either side
    return np.where(is_win, np.log(2 * foretold), np.log(2 * (1 - foretold)))


def paired_interval(differences: Sequence[float], *, rng: np.random.Generator) -> tuple[float, float] | None:
    """Return the 95 % bootstrap interval of the mean difference of pairs; None without two pairs."""
    if len(differences) < 2:
        return None
    values = np.asarray(differences, dtype=float)
    means = rng.choice(values, size=(RESAMPLES, len(values))).mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5))
    return float(low), float(high)


@dataclass(frozen=True, slots=True)
class PreferenceEvidence:
    """What pairs of answers to the same question say. Ties count, and prove nothing."""

    log_e: float = 0.0
    wins: int = 0
    losses: int = 0
    ties: int = 0

    def take(self, difference: float) -> "PreferenceEvidence":
        """Return the evidence after one more pair; positive: the new answer is better."""
        if difference == 0:
            return replace(self, ties=self.ties + 1)
        is_win = difference > 0
        step = float(preference_log_factor(is_win, wins=self.wins, losses=self.losses))
        return replace(self, log_e=self.log_e + step, wins=self.wins + is_win, losses=self.losses + (not is_win))
