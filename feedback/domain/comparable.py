"""Which tracked nodes a whole node is compared with, and how much such nodes vary by themselves. Pure.

FEATURES section 5. Nearest is nearest before the change: in capacity, channels and what was earned.
What came afterwards chooses nothing.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

from feedback.domain.verdicts import CONFIDENCE, Tally, dispersion_of

MOST_CONTROLS = 20
FARTHEST = math.log(10)  # ten times as large, or a tenth, in any respect: another kind of node


class Against(StrEnum):
    """What a change is held against: the node's other channels, or other nodes."""

    CHANNELS = "channels"
    NODES = "nodes"


@dataclass(frozen=True, slots=True)
class Likeness:
    """What makes nodes comparable, before the change."""

    capacity_sat: float
    channels: float
    revenue_sat_per_day: float

    @property
    def logs(self) -> tuple[float, float, float]:
        """On a scale where a doubling counts the same in every respect."""
        return math.log1p(self.capacity_sat), math.log1p(self.channels), math.log1p(self.revenue_sat_per_day)


def nearest(target: Likeness, others: Mapping[str, Likeness]) -> tuple[str, ...]:
    """Return the names of at most 20 comparable nodes, the nearest first; equally near ones by name."""
    distances = {name: _differences(target, one) for name, one in others.items()}
    near = [name for name, apart in distances.items() if max(map(abs, apart)) <= FARTHEST]
    return tuple(sorted(near, key=lambda name: (math.hypot(*distances[name]), name))[:MOST_CONTROLS])


def dispersion_of_nodes(own: Sequence[float], weekly: Iterable[Sequence[float]], controls: Iterable[Tally]) -> float:
    """Return the largest of three: of the node's own weeks, of all compared nodes' weeks, and between the controls."""
    return max(dispersion_of([own]), dispersion_of(weekly), dispersion_between(controls))


def dispersion_between(tallies: Iterable[Tally], *, confidence: float = CONFIDENCE) -> float:
    """Return how much more than Poisson's noise the changes of nodes that were left alone differ; 0 for less than two.

    Weeks of one node lean on each other, so the spread of its weeks understates that of whole windows. What is known
    from few nodes is widened as Student's t is against the normal distribution.
    """
    listed = list(tallies)
    freedom = len(listed) - 1
    if freedom < 1:
        return 0.0
    weights = [1 / one.variance(1.0) for one in listed]
    middle = sum(w * one.log_ratio for w, one in zip(weights, listed, strict=True)) / sum(weights)
    spread = sum(w * (one.log_ratio - middle) ** 2 for w, one in zip(weights, listed, strict=True)) / freedom
    return spread * _widening(freedom, confidence) ** 2


def _differences(one: Likeness, other: Likeness) -> tuple[float, ...]:
    return tuple(a - b for a, b in zip(one.logs, other.logs, strict=True))


def _widening(freedom: int, confidence: float) -> float:
    """Return the quantile of Student's t over the normal one (the expansion in 1/freedom, Abramowitz-Stegun 26.7.5)."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    first = (z**3 + z) / (4 * freedom)
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    return (z + first + second) / z
