"""Read what was measured and voted, and how it is to be measured."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from feedback.domain.comparable import Against
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
    rows = list(ImpactReport.objects.filter(recommendation__in=visible).order_by("days_after"))
    names = _shown_names(rows, user=user)
    return tuple(_measured(row, names) for row in rows)


def impacts_of(keys: Iterable[UUID]) -> dict[UUID, Measured]:
    """Return the latest report of each recommendation that has one, without the names of other nodes. One query.

    The caller checked who may see them.
    """
    rows = ImpactReport.objects.filter(recommendation_id__in=tuple(keys)).order_by("days_after")
    return {row.recommendation_id: _measured(row, {}) for row in rows}


def thumbs_of(target: str, keys: Iterable[UUID], *, unit: str) -> dict[str, int]:
    """Return this voter's thumbs on the given targets by id. One query."""
    rows = Rating.objects.filter(target=target, target_id__in=[str(key) for key in keys], unit=unit)
    return dict(rows.values_list("target_id", "thumb"))


def _shown_names(rows: Iterable[ImpactReport], *, user: AbstractBaseUser | AnonymousUser | None) -> dict[str, str]:
    """Return by key how the nodes are called that a report compares with and that this reader has connected."""
    keys = {key for row in rows if _is_against_nodes(row) for key in row.judgment.get("controls", ())}
    if not keys or user is None or user.pk is None:
        return {}
    known = NodeConnection.objects.filter(node__pubkey__in=keys)
    theirs = known if getattr(user, "is_staff", False) else known.filter(owner=user.pk)
    return {key: alias or key for key, alias in theirs.values_list("node__pubkey", "node__alias")}


def _is_against_nodes(row: ImpactReport) -> bool:
    return bool(row.judgment.get("compared_with") == Against.NODES)


def _judgment(row: ImpactReport, names: Mapping[str, str]) -> dict[str, Any]:
    """Return the judgment; nodes of other operators are counted, not named: that they are here is their affair."""
    told: dict[str, Any] = row.judgment
    if not _is_against_nodes(row):
        return told
    controls = told.get("controls", ())
    shown = [f"{names[key]} ({key})" if names[key] != key else key for key in controls if key in names]
    return {**told, "controls": shown, "controls_of_others": len(controls) - len(shown)}


def _measured(row: ImpactReport, names: Mapping[str, str]) -> Measured:
    return Measured(
        days_after=row.days_after,
        status=row.status,
        effectiveness_score=row.effectiveness_score,
        explanation=row.explanation,
        effects=row.effects,
        measured_at=row.measured_at,
        verdict=row.verdict,
        judgment=_judgment(row, names),
        direct=row.direct,
        gain_sat=row.gain_sat,
    )
