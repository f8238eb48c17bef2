"""Read what was measured and voted, and how it is to be measured."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from feedback.models import FeedbackPolicy, ImpactReport, Rating
from recommendations.models import NodeConnection, Recommendation


@dataclass(frozen=True, slots=True)
class Measured:
    """One impact report as shown. `effectiveness_score` is 0 to 1, None when unknown."""

    days_after: int
    status: str
    effectiveness_score: float | None
    explanation: str
    effects: dict[str, Any]
    measured_at: datetime
    verdict: str = ""
    judgment: dict[str, Any] = field(default_factory=dict)
    direct: list[dict[str, Any]] = field(default_factory=list)
    gain_sat: dict[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "measured_at": self.measured_at.isoformat()}


def policy() -> FeedbackPolicy:
    """Return how feedback is measured: the row, or what it is created with."""
    return FeedbackPolicy.objects.first() or FeedbackPolicy(pk=1)


def known_histories(pubkey: str = "") -> list[NodeConnection]:
    """Return the connections whose forwards are known, of one node or of all."""
    rows = NodeConnection.objects.exclude(forwards_from=None).select_related("node").order_by("pk")
    return list(rows.filter(node__pubkey=pubkey.strip().lower()) if pubkey else rows)


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
    return Measured(
        days_after=row.days_after,
        status=row.status,
        effectiveness_score=row.effectiveness_score,
        explanation=row.explanation,
        effects=row.effects,
        measured_at=row.measured_at,
        verdict=row.verdict,
        judgment=row.judgment,
        direct=row.direct,
        gain_sat=row.gain_sat,
    )
