"""Pick the least cosine that best parts questions that can be answered from those that cannot. Pure.

The threshold is one signal of several, so what is refused at each is asked of the decision itself: the higher the
threshold, the more is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

STEP = 0.01
MOST_WRONG_REFUSALS = 0.10  # share of the answerable questions
RESAMPLES = 100


@dataclass(frozen=True, slots=True)
class Evidence:
    """One judged question, and the smallest threshold at which it is refused: 0 always is, None never."""

    is_answerable: bool
    refused_from: float | None

    def is_refused_at(self, threshold: float) -> bool:
        return self.refused_from is not None and threshold >= self.refused_from


@dataclass(frozen=True, slots=True)
class Point:
    """What one threshold would do: shares 0 to 1 of the unanswerable refused, and of the answerable refused."""

    threshold: float
    abstention_recall: float
    wrong_refusals: float

    @property
    def youden(self) -> float:
        return self.abstention_recall - self.wrong_refusals


def curve(evidence: Sequence[Evidence], *, step: float = STEP) -> tuple[Point, ...]:
    """Return a point for each threshold from 0 to 1; none unless there are questions of both kinds."""
    thresholds = [round(number * step, 4) for number in range(round(1 / step) + 1)]
    points = (point_at(evidence, threshold=threshold) for threshold in thresholds)
    return tuple(point for point in points if point)


def best(points: Sequence[Point], *, most_wrong_refusals: float = MOST_WRONG_REFUSALS) -> Point | None:
    """Return the point of the largest Youden index within the bound, the middle one of equals next to each other.

    None when every threshold refuses more answerable questions than allowed.
    """
    allowed = [point for point in points if point.wrong_refusals <= most_wrong_refusals]
    if not allowed:
        return None
    most = max(point.youden for point in allowed)
    start = next(place for place, point in enumerate(allowed) if point.youden == most)
    end = start
    while end + 1 < len(allowed) and allowed[end + 1].youden == most:
        end += 1
    return allowed[(start + end) // 2]


def point_at(evidence: Sequence[Evidence], *, threshold: float) -> Point | None:
    """Return what this very threshold does, None unless there are questions of both kinds."""
    answerable = [one for one in evidence if one.is_answerable]
    unanswerable = [one for one in evidence if not one.is_answerable]
    if not answerable or not unanswerable:
        return None
    return Point(threshold, _refused(unanswerable, threshold=threshold), _refused(answerable, threshold=threshold))


def spread(
    evidence: Sequence[Evidence], *, seed: int, most_wrong_refusals: float = MOST_WRONG_REFUSALS
) -> tuple[float, float] | None:
    """Return between which thresholds the choice falls for nine of ten equally likely sets of questions.

    None without a choice. Where it is wide, the questions are too few to tell one threshold from another.
    """
    rng = Random(seed)  # noqa: S311 - a draw, not a secret
    chosen = []
    for _ in range(RESAMPLES):
        drawn = curve(rng.choices(evidence, k=len(evidence))) if evidence else ()
        point = best(drawn, most_wrong_refusals=most_wrong_refusals)
        if point:
            chosen.append(point.threshold)
    if not chosen:
        return None
    chosen.sort()
    return chosen[int(len(chosen) * 0.05)], chosen[int(len(chosen) * 0.95) - 1 if len(chosen) > 1 else 0]


def _refused(evidence: Sequence[Evidence], *, threshold: float) -> float:
    return sum(one.is_refused_at(threshold) for one in evidence) / len(evidence)
