"""What measured outcomes teach: success rates, expected effectiveness, and weights to propose. Pure.

Only controlled outcomes come in, all of them and whatever they were: choosing by outcome would teach regression to the
mean.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

LEAST_OUTCOMES = 30  # per category, before it moves a weight
LARGEST_STEP = 0.05
LOWEST_WEIGHT, HIGHEST_WEIGHT = 0.05, 0.50
PRIOR_STRENGTH = 10.0  # outcomes that the mean of all categories counts as
CONFIDENCE = 0.90


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with Wilson's interval; all None without a single case."""

    count: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One controlled outcome: its category, what the scorer thought (0-1 per factor), and the net effect (-1 to 1)."""

    category: str
    factors: Mapping[str, float | None]
    net_effect: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """Weights to propose, and why; `is_change` is False when nothing was learned."""

    weights: Mapping[str, float]
    reasons: tuple[str, ...]
    is_change: bool


def success_rate(successes: float, count: int, *, confidence: float = CONFIDENCE) -> Rate:
    """Return the share with Wilson's score interval (Wilson 1927), which stays within 0 and 1 also for few cases."""
    if count <= 0:
        return Rate(0, None, None, None)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, scale = successes / count, 1 + z * z / count
    middle = (share + z * z / (2 * count)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return Rate(count, share, max(0.0, middle - half), min(1.0, middle + half))


def mean_share(values: Sequence[float], *, confidence: float = CONFIDENCE) -> Rate:
    """Return the mean of values within 0 and 1, with Wilson's interval: none of them vary more than a share does."""
    return success_rate(sum(values), len(values), confidence=confidence)


def expected_effectiveness(values: Mapping[str, Sequence[float]]) -> dict[str, float | None]:
    """Return each category's mean effectiveness, shrunk to the mean of all; None while nothing at all was measured.

    (n mean + k all) / (n + k) with k = 10: a category with few outcomes is expected to do as all of them do.
    """
    everything = [value for listed in values.values() for value in listed]
    if not everything:
        return dict.fromkeys(values)
    mean = sum(everything) / len(everything)
    return {
        category: (sum(listed) + PRIOR_STRENGTH * mean) / (len(listed) + PRIOR_STRENGTH)
        for category, listed in values.items()
    }


def record_factors(values: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Return by category how much better than all measured advice it is expected to do: 1 + expected - mean of all.

    Categories without outcomes are left out: nothing is known of them. Between 0 and 2, as effectiveness is of 0 to 1.
    """
    everything = [value for listed in values.values() for value in listed]
    expected = expected_effectiveness(values)
    if not everything:
        return {}
    mean = sum(everything) / len(everything)
    return {
        category: round(1 + (known - mean), 4)
        for category, known in expected.items()
        if known is not None and values[category]
    }


def propose(weights: Mapping[str, float], outcomes: Sequence[Outcome]) -> Proposal:
    """Return weights moved by at most 0.05 each towards the factors that told the outcome, within 0.05 and 0.50.

    A factor moves only when its rank correlation with the net effect, over categories with at least 30 outcomes, is
    clear of 0 at 90 % (Fisher's z).
    """
    telling = _telling(outcomes)
    if not telling:
        return Proposal(dict(weights), (_too_few(outcomes),), is_change=False)
    steps, reasons = {}, []
    for name in weights:
        pairs = [(one.factors[name], one.net_effect) for one in telling if one.factors.get(name) is not None]
        correlation = rank_correlation([(float(x or 0.0), y) for x, y in pairs])
        if correlation is None or abs(correlation) <= _bound(len(pairs)):
            continue
        steps[name] = LARGEST_STEP * correlation
        reasons.append(f"{name}: rank correlation {correlation:+.2f} with the net effect over {len(pairs)} outcomes")
    moved = _within(weights, steps)
    is_change = any(abs(moved[name] - weights[name]) > 1e-4 for name in weights)
    return Proposal(moved, tuple(reasons) or ("No factor told the outcome.",), is_change=is_change)


def rank_correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Return Spearman's correlation, ties sharing their mean rank; None when one side does not vary."""
    if len(pairs) < 4:
        return None
    first, second = _ranks([x for x, _ in pairs]), _ranks([y for _, y in pairs])
    middle = (len(pairs) + 1) / 2
    shared = sum((a - middle) * (b - middle) for a, b in zip(first, second, strict=True))
    spread = math.sqrt(sum((a - middle) ** 2 for a in first) * sum((b - middle) ** 2 for b in second))
    return shared / spread if spread else None


def _ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    at = 0
    while at < len(order):
        end = at
        while end + 1 < len(order) and values[order[end + 1]] == values[order[at]]:
            end += 1
        for place in order[at : end + 1]:
            ranks[place] = (at + end) / 2 + 1
        at = end + 1
    return ranks


def _telling(outcomes: Sequence[Outcome]) -> list[Outcome]:
    counts: dict[str, int] = {}
    for one in outcomes:
        counts[one.category] = counts.get(one.category, 0) + 1
    return [one for one in outcomes if counts[one.category] >= LEAST_OUTCOMES]


def _too_few(outcomes: Sequence[Outcome]) -> str:
    return f"No category has {LEAST_OUTCOMES} controlled outcomes yet; there are {len(outcomes)} in all."


def _bound(count: int) -> float:
    """Return the correlation that chance exceeds in one case of ten."""
    return math.tanh(NormalDist().inv_cdf((1 + CONFIDENCE) / 2) / math.sqrt(max(count - 3, 1)))


def _within(weights: Mapping[str, float], steps: Mapping[str, float]) -> dict[str, float]:
    """Return weights moved by their steps, the others giving way evenly, each within its bounds and step, sum 1.

    What the movers take, the others give up to their own step; movers take no more than there is to give.
    """
    total = sum(weights.values())
    start = {name: weight / total for name, weight in weights.items()}
    wanted = {name: _clamped(start[name] + steps.get(name, 0.0), start[name]) for name in start}
    for _ in range(50):  # each round spreads what is left over those that still can move
        left = 1.0 - sum(wanted.values())
        free = [name for name in wanted if abs(_clamped(wanted[name] + left, start[name]) - wanted[name]) > 1e-9]
        if abs(left) < 1e-9 or not free:
            break
        for name in [one for one in free if one not in steps] or free:
            share = left / len([one for one in free if one not in steps] or free)
            wanted[name] = _clamped(wanted[name] + share, start[name])
    return {name: round(value, 4) for name, value in wanted.items()}


def _clamped(value: float, start: float) -> float:
    low = max(min(LOWEST_WEIGHT, start), start - LARGEST_STEP)
    high = min(max(HIGHEST_WEIGHT, start), start + LARGEST_STEP)
    return max(low, min(high, value))
