"""What the page on impact shows: states of thirty days, categories, what was gained, and how far it can be trusted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Avg, Count, OuterRef, Q, Subquery, Sum

from feedback.domain.learning import Rate, mean_share, success_rate
from feedback.domain.verdicts import LEAST_WINDOWS, MOST_FALSE_ALARMS
from feedback.models import Calibration, CategoryEffect, ImpactReport
from recommendations.domain.advice import State
from recommendations.models import ChannelCost, NodeConnection, Recommendation, WeightRevision

Viewer = AbstractBaseUser | AnonymousUser | None
DAYS = 30
TOP = 10
BANDS = 5


@dataclass(frozen=True, slots=True)
class StateCount:
    """How much advice of one category stands in which state, and how effective the measured part was."""

    category: str
    counts: dict[str, int]
    mean_effectiveness: float | None

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class CategoryLine:
    row: CategoryEffect
    rate: Rate


@dataclass(frozen=True, slots=True)
class Balance:
    """Sat gained in 30 days by what was measured, middle and interval, against what was paid; None is unknown."""

    measured: int
    gain_sat: int | None
    low_sat: int | None
    high_sat: int | None
    cost_sat: int | None


@dataclass(frozen=True, slots=True)
class Band:
    """Advice whose score lay within a band: what was predicted of it, 0 to 1, and what was measured."""

    low: int
    high: int
    predicted: float | None
    measured: Rate

    @property
    def count(self) -> int:
        return self.measured.count


@dataclass(frozen=True, slots=True)
class CalibrationLine:
    row: Calibration

    @property
    def is_enough(self) -> bool:
        return self.row.windows >= LEAST_WINDOWS

    @property
    def is_met(self) -> bool:
        return self.is_enough and self.row.share is not None and self.row.share <= MOST_FALSE_ALARMS

    @property
    def plain_share(self) -> float | None:
        return self.row.plain_flagged / self.row.windows if self.row.windows else None


def state_counts(user: Viewer, *, at: datetime) -> tuple[StateCount, ...]:
    """Return by category and state what concerns the user of the latest 30 days. Two statements."""
    rows = Recommendation.objects.concerning(user).filter(generated_at__gte=at - timedelta(days=DAYS))
    by_category: dict[str, dict[str, int]] = {}
    for category, state, count in rows.order_by().values_list("category", "state").annotate(count=Count("pk")):
        by_category.setdefault(category, dict.fromkeys((one.value for one in State), 0))[state] = count
    means = dict(
        ImpactReport.objects.standing()
        .filter(recommendation__in=rows)
        .order_by()
        .values_list("recommendation__category")
        .annotate(mean=Avg("effectiveness_score"))
    )
    return tuple(StateCount(name, counts, means.get(name)) for name, counts in sorted(by_category.items()))


def category_lines(*, days_after: int) -> tuple[CategoryLine, ...]:
    """Return what is known of each category that has controlled outcomes, the most first."""
    rows = CategoryEffect.objects.filter(days_after=days_after, count__gt=0).order_by("-count")
    return tuple(CategoryLine(row, success_rate(row.successes, row.count)) for row in rows)


def best_reports(user: Viewer) -> list[ImpactReport]:
    """Return the ten most effective measured recommendations, one report each. One statement."""
    latest = ImpactReport.objects.filter(recommendation=OuterRef("recommendation")).order_by("-days_after")
    return list(_visible(user).filter(pk=Subquery(latest.values("pk")[:1])).order_by("-effectiveness_score")[:TOP])


def latest_reports(user: Viewer) -> list[ImpactReport]:
    """Return what was measured last, whatever came of it. One statement."""
    visible = Recommendation.objects.visible_to(user)
    rows = ImpactReport.objects.filter(recommendation__in=visible).select_related("recommendation__node")
    return list(rows.order_by("-measured_at", "-days_after")[:TOP])


def balance(user: Viewer, *, days_after: int, at: datetime) -> Balance:
    """Return what was gained against what was paid in the latest 30 days. Two statements.

    The interval adds variances: the channels are measured each on their own.
    """
    visible = Recommendation.objects.visible_to(user)
    rows = ImpactReport.objects.standing().filter(recommendation__in=visible, days_after=days_after)
    known = rows.filter(gain_sat__has_key="middle")
    gains: list[dict[str, Any]] = list(known.values_list("gain_sat", flat=True))
    costs = ChannelCost.objects.filter(
        connection__in=visible.exclude(connection=None).values("connection"), at__gte=at - timedelta(days=DAYS)
    ).aggregate(msat=Sum("cost_msat"))
    paid = None if costs["msat"] is None else costs["msat"] // 1000
    if not gains:
        return Balance(0, None, None, None, paid)
    middle = sum(one["middle"] for one in gains)
    below = sum((one["middle"] - one["low"]) ** 2 for one in gains) ** 0.5
    above = sum((one["high"] - one["middle"]) ** 2 for one in gains) ** 0.5
    return Balance(len(gains), middle, round(middle - below), round(middle + above), paid)


def bands(user: Viewer, *, days_after: int) -> tuple[Band, ...]:
    """Return measured effectiveness by the score the advice had: whether scores predict. One statement."""
    visible = Recommendation.objects.visible_to(user)
    rows = ImpactReport.objects.standing().filter(recommendation__in=visible, days_after=days_after)
    values = rows.exclude(effectiveness_score=None).values_list("recommendation__score", "effectiveness_score")
    found: list[list[tuple[float, float]]] = [[] for _ in range(BANDS)]
    for score, effectiveness in values:
        found[min(int(score * BANDS / 100), BANDS - 1)].append((score / 100, float(effectiveness or 0.0)))
    return tuple(_band(number, listed) for number, listed in enumerate(found))


def calibrations(user: Viewer) -> tuple[CalibrationLine, ...]:
    """Return the newest calibration of each node the user may see. One statement."""
    theirs = Q(connection__owner=user.pk if user else None) | Q(connection__kind=NodeConnection.Kind.DEMO)
    rows = Calibration.objects.filter(theirs).select_related("connection__node")
    newest: dict[int, Calibration] = {}
    for row in rows.order_by("measured_at"):
        newest[row.connection_id] = row
    return tuple(CalibrationLine(row) for row in newest.values())


def proposed_weights() -> WeightRevision | None:
    """Return the newest revision while it is not the one in force."""
    row = WeightRevision.objects.order_by("-created_at", "-pk").first()
    return None if row is None or row.is_active else row


def _band(number: int, pairs: list[tuple[float, float]]) -> Band:
    width = 100 // BANDS
    predicted = sum(score for score, _ in pairs) / len(pairs) if pairs else None
    measured = mean_share([effectiveness for _, effectiveness in pairs])
    return Band(number * width, (number + 1) * width, predicted, measured)


def _visible(user: Viewer) -> Any:
    visible = Recommendation.objects.visible_to(user)
    rows = ImpactReport.objects.standing().filter(recommendation__in=visible).exclude(effectiveness_score=None)
    return rows.select_related("recommendation__node")
