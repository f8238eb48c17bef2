"""Read what was measured and voted."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from feedback.models import ImpactReport, Rating
from recommendations.models import Recommendation


@dataclass(frozen=True, slots=True)
class Measured:
    """One impact report as shown. `effectiveness_score` is 0 to 1, None when unknown."""

    days_after: int
    status: str
    effectiveness_score: float | None
    explanation: str
    effects: dict[str, Any]
    measured_at: datetime

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "measured_at": self.measured_at.isoformat()}


def impact_reports(key: UUID, *, user: AbstractBaseUser | AnonymousUser | None) -> tuple[Measured, ...]:
    """Return the reports of one recommendation the user may see, earliest horizon first."""
    visible = Recommendation.objects.visible_to(user).filter(pk=key)
    rows = ImpactReport.objects.filter(recommendation__in=visible).order_by("days_after")
    return tuple(_measured(row) for row in rows)


def impacts_of(keys: Iterable[UUID]) -> dict[UUID, Measured]:
    """Return the latest report of each recommendation that has one. One query; the caller checked who may see them."""
    rows = ImpactReport.objects.filter(recommendation_id__in=tuple(keys)).order_by("days_after")
    return {row.recommendation_id: _measured(row) for row in rows}


def thumbs_of(target: str, keys: Iterable[UUID], *, unit: str) -> dict[str, int]:
    """Return this voter's thumbs on the given targets by id. One query."""
    rows = Rating.objects.filter(target=target, target_id__in=[str(key) for key in keys], unit=unit)
    return dict(rows.values_list("target_id", "thumb"))


def _measured(row: ImpactReport) -> Measured:
    return Measured(row.days_after, row.status, row.effectiveness_score, row.explanation, row.effects, row.measured_at)
