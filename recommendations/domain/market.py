"""Order statistics of fees: quantiles, percentiles, and what others charge into a node. Pure, in whole numbers."""

from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache

from recommendations.domain.facts import MarketFacts

QUARTILES = (25.0, 50.0, 75.0)


def quantile(ordered: Sequence[int], *, percent: float) -> int | None:
    """Return the value below which `percent` % of an ascending sequence lies, interpolated; None of nothing."""
    return _quantiles(ordered, (percent,))[0]


def _quantiles(ordered: Sequence[int], percents: tuple[float, ...]) -> Sequence[int | None]:
    if not ordered:
        return [None] * len(percents)
    places = _places(len(ordered), percents)
    return [round(ordered[below] + (ordered[above] - ordered[below]) * share) for below, above, share in places]


@lru_cache(maxsize=4_096)  # a large node asks thousands of times, of a few hundred sizes
def _places(size: int, percents: tuple[float, ...]) -> tuple[tuple[int, int, float], ...]:
    """Return between which places of so many each quantile lies, and how far from the first to the second."""
    positions = [(size - 1) * percent / 100 for percent in percents]
    return tuple((int(one), min(int(one) + 1, size - 1), one - int(one)) for one in positions)


def percentile_of(ordered: Sequence[int], value: int) -> float | None:
    """Return the share of an ascending sequence strictly below `value`, 0-100; None of nothing."""
    return 100 * bisect_left(ordered, value) / len(ordered) if ordered else None


def capacity_weighted_ppm(halves: Sequence[tuple[int, int]]) -> int | None:
    """Return one rate for several parallel channels, given as (capacity_sat, fee_ppm); None when there are none.

    Exact: rates reach 2^32 - 1 and capacities 10^12, whose products no float holds.
    """
    if len(halves) <= 1:
        return halves[0][1] if halves else None
    weight = sum(capacity for capacity, _ in halves)
    if weight == 0:
        return sum(ppm for _, ppm in halves) // len(halves)
    return (2 * sum(capacity * ppm for capacity, ppm in halves) + weight) // (2 * weight)


def weighted_median(pairs: Sequence[tuple[int, int]]) -> int | None:
    """Return the lowest value at which half of the weight of (weight, value) pairs is reached; None of no weight."""
    half = sum(weight for weight, _ in pairs) / 2
    reached = 0
    for weight, value in sorted(pairs, key=lambda pair: pair[1]):
        reached += weight
        if reached >= half and weight > 0:
            return value
    return None


def without_rate(ordered: Sequence[int], rate: int | None) -> Sequence[int]:
    """Return an ascending sequence with one occurrence of `rate` left out, or unchanged when it is not in it."""
    if rate is None:
        return ordered
    index = bisect_left(ordered, rate)
    found = index < len(ordered) and ordered[index] == rate
    return (*ordered[:index], *ordered[index + 1 :]) if found else ordered


def market_facts(rates_ppm: Sequence[int], *, own_rate_ppm: int | None, own_ppm: int | None) -> MarketFacts:
    """Return what others charge into a peer.

    :param rates_ppm: ascending, one per neighbor of the peer, ours included.
    :param own_rate_ppm: our own entry in it, or None when we have none (disabled or not live).
    :param own_ppm: the rate of the channel in question, whose place among the others is wanted.
    """
    others = without_rate(rates_ppm, own_rate_ppm)
    percentile = None if own_ppm is None else percentile_of(others, own_ppm)
    return MarketFacts._make((len(others), *_quantiles(others, QUARTILES), percentile))
