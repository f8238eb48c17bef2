"""Say how much better a node did after a change than its controls did meanwhile. Pure; FEATURES section 5.

Each metric's change is compared with the median change of the controls (difference in differences), divided by what
counts as full marks, clamped to -1..1 and weighted. What was not measured is left out, never counted as zero.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median


class Metric(StrEnum):
    REVENUE = "revenue"
    SUCCESS = "success_rate"
    BALANCE = "balance"


WEIGHTS: Mapping[Metric, float] = {Metric.REVENUE: 0.5, Metric.SUCCESS: 0.3, Metric.BALANCE: 0.2}
FULL_MARKS: Mapping[Metric, float] = {Metric.REVENUE: math.log(1.2), Metric.SUCCESS: 0.20, Metric.BALANCE: 0.20}
SMALLEST_SUCCESS_GAP = 0.05  # a node at 99 % has no fifth of a gap to close
SMALLEST_IMBALANCE = 0.10
MOST_MISSING = 1  # with two of three metrics missing, a score would be one noisy number dressed up


@dataclass(frozen=True, slots=True)
class Window:
    """One metric before and after, in its own unit: sat per day, a share, or a local ratio. None is unknown."""

    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True)
class Effect:
    """One metric's change, what the controls did, and the difference; None where it could not be known."""

    metric: Metric
    before: float | None
    after: float | None
    change: float | None
    control_change: float | None
    control_count: int
    effect: float | None


@dataclass(frozen=True, slots=True)
class Impact:
    """The effects, and one score from 0 to 1 when enough was measured. `net_effect` may be negative."""

    effects: tuple[Effect, ...]
    net_effect: float | None
    effectiveness_score: float | None

    @property
    def is_known(self) -> bool:
        return self.net_effect is not None


def change_of(metric: Metric, window: Window) -> float | None:
    """Return the change of one metric on its own scale, positive for better; None when a side is unknown."""
    if window.before is None or window.after is None:
        return None
    if metric is Metric.REVENUE:
        return math.log((window.after + 1) / (window.before + 1))
    if metric is Metric.SUCCESS:
        return (window.after - window.before) / max(1 - window.before, SMALLEST_SUCCESS_GAP)
    before, after = abs(window.before - 0.5), abs(window.after - 0.5)
    return (before - after) / max(before, SMALLEST_IMBALANCE)


def effect_of(metric: Metric, window: Window, control_changes: Sequence[float]) -> Effect:
    """Return the metric's change less the median change of the controls; unknown without a single control."""
    change = change_of(metric, window)
    control = median(control_changes) if control_changes else None
    effect = None if change is None or control is None else change - control
    return Effect(metric, window.before, window.after, change, control, len(control_changes), effect)


def assess(windows: Mapping[Metric, Window], controls: Mapping[Metric, Sequence[float]]) -> Impact:
    """Return the impact over all metrics. Revenue unknown, or two metrics unknown, gives no score."""
    effects = tuple(
        effect_of(metric, windows.get(metric, Window(None, None)), controls.get(metric, ())) for metric in Metric
    )
    net = net_of({effect.metric: effect.effect for effect in effects if effect.effect is not None})
    return Impact(effects, net, None if net is None else max(0.0, net))


def net_of(known: Mapping[Metric, float]) -> float | None:
    """Return the weighted effects over full marks, -1 to 1; None without revenue, or with two metrics unknown."""
    if Metric.REVENUE not in known or len(Metric) - len(known) > MOST_MISSING:
        return None
    total = sum(WEIGHTS[metric] for metric in known)
    return sum(WEIGHTS[metric] * _clamped(effect / FULL_MARKS[metric]) for metric, effect in known.items()) / total


def _clamped(share: float) -> float:
    return max(-1.0, min(1.0, share))
