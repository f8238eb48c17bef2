"""Whether a change helped, with its uncertainty: quasi-Poisson intervals against the node's other channels. Pure.

Forwards of a channel come in bursts: their variance is about five times their mean (LIGHTNING.md section 8), so a plain
Poisson test calls one pair of weeks in five a change. Here the variance of a log ratio of two windows is
phi (1/n_before + 1/n_after), where phi is the node's own dispersion, at least 5. What the controls did over the same
windows is taken off.

Advice goes to channels that did badly, and those return to their usual level by themselves. So the level before is not
taken as it was counted: it is drawn towards the level of the node's channels, the further the less the count can be
trusted (empirical Bayes; the spread between channels by DerSimonian and Laird's moment estimator). That takes from an
effect, and never makes one.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

LEAST_DISPERSION = 5.0  # measured on a real node: median 5.4
CONFIDENCE = 0.90
LEAST_EVENTS = 10.0  # expected in each window, before a verdict is more than a guess
SMALLEST_TOLD = math.log(1.5)  # a sample that would show +-50 % and shows nothing says: no clear change
CONTINUITY = 0.5  # keeps the logarithm of an empty window finite
FEWEST_CONTROLS = 5
POWER = 0.80
LEAST_WINDOWS = 200  # of a calibration: fewer would not tell 10 % from 15 %
MOST_FALSE_ALARMS = 0.12  # of these, at the nominal 10 %


class Verdict(StrEnum):
    """What may be said. `UNKNOWN`: nothing was measured, or nothing to compare with."""

    HELPED = "helped"
    NO_CLEAR_CHANGE = "no clear change"
    HARMED = "harmed"
    INCONCLUSIVE = "inconclusive"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Tally:
    """Events in the window before and the one after, and how many days each has."""

    before: float
    after: float
    days_before: float
    days_after: float

    @property
    def level_before(self) -> float:
        """ln of the daily rate before."""
        return math.log((self.before + CONTINUITY) / self.days_before)

    @property
    def level_after(self) -> float:
        """ln of the daily rate after."""
        return math.log((self.after + CONTINUITY) / self.days_after)

    @property
    def log_ratio(self) -> float:
        """ln of the daily rate after over before."""
        return self.level_after - self.level_before

    def variance(self, dispersion: float) -> float:
        """Variance of `log_ratio` by the delta method, quasi-Poisson."""
        return dispersion * (1 / (self.before + CONTINUITY) + 1 / (self.after + CONTINUITY))


@dataclass(frozen=True, slots=True)
class Judgment:
    """A verdict with what it rests on. Effects are ln(rate after / before) less the controls' own."""

    verdict: Verdict
    effect: float | None
    low: float | None
    high: float | None
    dispersion: float
    controls: tuple[str, ...]
    events_before: float
    events_after: float
    events_needed: (
        float | None
    )  # in each window, to see a change of this size, or of +-50 %; None when there are enough

    @property
    def is_controlled(self) -> bool:
        return self.effect is not None


@dataclass(frozen=True, slots=True)
class Pooled:
    """What several judgments say together: the inverse-variance mean of their effects, with its interval."""

    verdict: Verdict
    count: int
    effect: float | None
    low: float | None
    high: float | None


def dispersion_of(weekly: Iterable[Sequence[float]]) -> float:
    """Return variance over mean of weekly counts, pooled over channels, at least 5.

    Each channel gives the sum of its squared deviations over its mean (Pearson), divided by all degrees of freedom.
    Channels that never forwarded tell nothing.
    """
    pearson, freedom = 0.0, 0
    for counts in weekly:
        mean = sum(counts) / len(counts) if len(counts) else 0.0
        if mean > 0 and len(counts) > 1:
            pearson += sum((count - mean) ** 2 for count in counts) / mean
            freedom += len(counts) - 1
    return max(LEAST_DISPERSION, pearson / freedom) if freedom else LEAST_DISPERSION


def judge(
    target: Tally | None, controls: Mapping[str, Tally], *, dispersion: float, confidence: float = CONFIDENCE
) -> Judgment:
    """Return what may be said of a channel whose controls were left alone over the same windows."""
    phi = max(dispersion, LEAST_DISPERSION)
    if target is None:
        return Judgment(Verdict.UNKNOWN, None, None, None, phi, (), 0.0, 0.0, None)
    if len(controls) < FEWEST_CONTROLS:
        return Judgment(Verdict.UNKNOWN, None, None, None, phi, (), target.before, target.after, None)
    others = _together(controls.values())
    level, doubt = usual_level(target, controls.values(), dispersion=phi)
    plain = target.log_ratio - others.log_ratio
    drawn = target.level_after - level - others.log_ratio
    effect = min(drawn, plain, key=abs) if drawn * plain > 0 else 0.0
    error = math.sqrt(doubt + phi / (target.after + CONTINUITY) + others.variance(phi))
    half = NormalDist().inv_cdf((1 + confidence) / 2) * error
    expected_after = math.exp(level + others.log_ratio) * target.days_after
    events = min(target.before, math.exp(level) * target.days_before, expected_after)
    verdict = _verdict(effect, half, events=events)
    needed = None if verdict is not Verdict.INCONCLUSIVE else events_needed(effect, phi, confidence=confidence)
    names = tuple(sorted(controls))
    return Judgment(verdict, effect, effect - half, effect + half, phi, names, target.before, target.after, needed)


def usual_level(target: Tally, controls: Iterable[Tally], *, dispersion: float) -> tuple[float, float]:
    """Return the ln of the channel's daily rate before, drawn towards that of all channels, and its variance."""
    rows = [(one.level_before, dispersion / (one.before + CONTINUITY)) for one in (target, *controls)]
    weights = [1 / noise for _, noise in rows]
    middle = sum(w * level for w, (level, _) in zip(weights, rows, strict=True)) / sum(weights)
    excess = sum(w * (level - middle) ** 2 for w, (level, _) in zip(weights, rows, strict=True)) - (len(rows) - 1)
    scale = sum(weights) - sum(w * w for w in weights) / sum(weights)
    spread = max(0.0, excess / scale) if scale > 0 else 0.0
    weights = [1 / (noise + spread) for _, noise in rows]
    middle = sum(w * level for w, (level, _) in zip(weights, rows, strict=True)) / sum(weights)
    level = target.level_before
    for _ in range(2):  # a count that was picked for being high or low misleads about its own noise as well
        noise = dispersion / (math.exp(level) * target.days_before + CONTINUITY)
        trust, away = spread / (spread + noise), target.level_before - middle
        level = middle + trust * away
    mistrust = (1 - trust) * math.sqrt(2 / max(len(rows) - 1, 1)) * away  # the spread is an estimate, too
    return level, trust * noise + mistrust**2


def events_needed(effect: float, dispersion: float, *, confidence: float = CONFIDENCE, power: float = POWER) -> float:
    """Return the events per window that would show this effect, or one of +-50 % if that is more, in `power` of cases.

    From z^2 phi (1/n + 1/n) = effect^2 with equal windows.
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2) + NormalDist().inv_cdf(power)
    size = max(abs(effect), SMALLEST_TOLD)
    return max(LEAST_EVENTS, math.ceil(2 * dispersion * (z / size) ** 2))


def pool(judgments: Iterable[Judgment], *, confidence: float = CONFIDENCE) -> Pooled:
    """Return what all controlled judgments say together, whatever each of them said: none is picked by its outcome."""
    known = [one for one in judgments if one.effect is not None and one.low is not None and one.high is not None]
    if not known:
        return Pooled(Verdict.UNKNOWN, 0, None, None, None)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    weights = [(2 * z / ((one.high or 0.0) - (one.low or 0.0))) ** 2 for one in known]
    effect = sum(w * (one.effect or 0.0) for w, one in zip(weights, known, strict=True)) / sum(weights)
    half = z / math.sqrt(sum(weights))
    events = sum(min(one.events_before, one.events_after) for one in known)
    return Pooled(_verdict(effect, half, events=events), len(known), effect, effect - half, effect + half)


def percent_of(effect: float) -> str:
    """Return ln of a ratio as a change in percent; beyond tenfold and a tenth the number means nothing."""
    if abs(effect) > math.log(10):
        return "over +900 %" if effect > 0 else "under −90 %"
    return f"{math.exp(effect) - 1:+.0%}".replace("%", " %").replace("-", "−")


def _verdict(effect: float, half: float, *, events: float) -> Verdict:
    if events >= LEAST_EVENTS and abs(effect) > half:
        return Verdict.HELPED if effect > 0 else Verdict.HARMED
    if events >= LEAST_EVENTS and half <= SMALLEST_TOLD:
        return Verdict.NO_CLEAR_CHANGE
    return Verdict.INCONCLUSIVE


def _together(tallies: Iterable[Tally]) -> Tally:
    listed = list(tallies)
    before, after = sum(one.before for one in listed), sum(one.after for one in listed)
    return Tally(before, after, listed[0].days_before, listed[0].days_after)
