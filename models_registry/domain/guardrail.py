"""Stop a bad variant at any moment without crying wolf: a two-arm Bernoulli e-process. Pure.

After Turner, Ly and Grünwald (safe tests): each unit's first outcome multiplies the evidence by how much better "the
new arm is worse" foretold it than "both are alike". Rates come from past outcomes only, so that looking after every
event, a share that changes and a base rate that drifts cost nothing. The formulas take numbers or numpy arrays.
"""

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

PRIOR_BAD, PRIOR_GOOD = 0.5, 9.5  # faults are rare: 5 % until something is known
STOP_AT = 20.0  # evidence; a false stop in at most 1 of 20 rollouts, however often one looks


# A host that is busy says nothing about what it was asked to try.
CAPACITY_CODES = frozenset({"queue_full", "wait_too_long", "rate_limited", "quota_exceeded", "limiter_unavailable"})


class GuardKind(StrEnum):
    """What a rollout is watched for. One outcome a unit, its first."""

    ERRORS = "errors"
    SCHEMA = "schema_failures"
    UNGROUNDED = "ungrounded"
    DOWN_VOTES = "down_votes"
    LATENCY = "latency"
    SAMPLE_RATIO = "sample_ratio"


RATE_KINDS = (GuardKind.ERRORS, GuardKind.SCHEMA, GuardKind.UNGROUNDED, GuardKind.DOWN_VOTES)


def past_rate(bad: Any, count: Any) -> Any:
    """Return the rate that past outcomes let one expect, 0 to 1, with the prior of a rare fault."""
    return (bad + PRIOR_BAD) / (count + PRIOR_BAD + PRIOR_GOOD)


def log_factor(is_bad: Any, is_treated: Any, *, probability: Any, n_a: Any, y_a: Any, n_b: Any, y_b: Any) -> Any:
    """Return by how much one outcome changes the log of the evidence that the treated arm is worse.

    `probability` is that of being treated, by design; a is the old arm, b the new one; n counts units, y bad outcomes.
    """
    rate_a = past_rate(y_a, n_a)
    rate_b = np.maximum(past_rate(y_b, n_b), rate_a)  # one-sided: a better new arm is no alarm
    alike = (1 - probability) * rate_a + probability * rate_b
    own = np.where(is_treated, rate_b, rate_a)
    return np.where(is_bad, np.log(own / alike), np.log((1 - own) / (1 - alike)))


@dataclass(frozen=True, slots=True)
class RateEvidence:
    """What is known of one fault in one variant: the log of E, and four counters."""

    log_e: float = 0.0
    n_a: int = 0
    y_a: int = 0
    n_b: int = 0
    y_b: int = 0

    def take(self, is_bad: bool, *, is_treated: bool, probability: float) -> "RateEvidence":
        """Return the evidence after one more unit's first outcome."""
        counts = {"n_a": self.n_a, "y_a": self.y_a, "n_b": self.n_b, "y_b": self.y_b}
        step = float(log_factor(is_bad, is_treated, probability=probability, **counts))
        if is_treated:
            return replace(self, log_e=self.log_e + step, n_b=self.n_b + 1, y_b=self.y_b + is_bad)
        return replace(self, log_e=self.log_e + step, n_a=self.n_a + 1, y_a=self.y_a + is_bad)

    @property
    def has_stopped(self) -> bool:
        return self.log_e >= math.log(STOP_AT)


def e_value(log_e: float) -> float:
    """Return the evidence itself, at most 1e300 so that it can be written down."""
    return math.exp(min(log_e, 690.0))
