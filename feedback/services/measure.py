"""Measure what an applied recommendation brought: its channel against the node's own untouched channels.

Thin on purpose: revenue and balance of one channel with the node's other channels as controls. What was not recorded is
reported as unknown, never as no effect.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, Sum

from feedback.domain.errors import TargetNotFound
from feedback.domain.impact import Impact, Metric, Window, assess, change_of
from feedback.metrics import EFFECTIVENESS
from feedback.models import ImpactReport
from recommendations.domain.advice import State
from recommendations.models import Forward, PrivateChannel, Recommendation
from recommendations.queries import local_ratios

LONG_BASELINE_DAYS = 28
SHORT_BASELINE_DAYS = 7
MEASURE_AFTER_DAYS = 7


@dataclass(frozen=True, slots=True)
class Span:
    """The window before applying and the one after, in whole days."""

    applied_at: datetime
    days_before: int
    days_after: int

    @property
    def start(self) -> datetime:
        return self.applied_at - timedelta(days=self.days_before)

    @property
    def end(self) -> datetime:
        return self.applied_at + timedelta(days=self.days_after)


def due(*, at: datetime, days_after: int = MEASURE_AFTER_DAYS) -> Sequence[UUID]:
    """Return the applied recommendations whose time has come and that have no report for this horizon yet."""
    reported = ImpactReport.objects.filter(days_after=days_after).values("recommendation_id")
    rows = Recommendation.objects.filter(state=State.APPLIED, applied_at__lte=at - timedelta(days=days_after))
    return list(rows.exclude(pk__in=reported).order_by("applied_at").values_list("pk", flat=True))


def measure_recommendation_impact(
    recommendation_id: UUID, *, days_after: int = MEASURE_AFTER_DAYS, at: datetime
) -> ImpactReport:
    """Return the stored report; measuring again replaces it.

    :raises TargetNotFound: when it does not exist or was never applied.
    """
    row = Recommendation.objects.select_related("connection").filter(pk=recommendation_id, state=State.APPLIED).first()
    if row is None or row.applied_at is None:
        raise TargetNotFound("Only an applied recommendation can be measured.")
    impact = _assess(row, _span(row, row.applied_at, days_after))
    status = ImpactReport.Status.MEASURED if impact.is_known else ImpactReport.Status.UNKNOWN
    with transaction.atomic():
        report, _ = ImpactReport.objects.update_or_create(
            recommendation=row,
            days_after=days_after,
            defaults={
                "status": status,
                "effectiveness_score": impact.effectiveness_score,
                "effects": {effect.metric: asdict(effect) for effect in impact.effects},
                "explanation": _explanation(impact),
                "measured_at": at,
            },
        )
    if impact.effectiveness_score is not None:
        EFFECTIVENESS.labels(category=row.category).observe(impact.effectiveness_score)
    return report


def _span(row: Recommendation, applied_at: datetime, days_after: int) -> Span:
    known_from = _known_from(row)
    has_long = known_from is not None and known_from <= applied_at - timedelta(days=LONG_BASELINE_DAYS)
    return Span(applied_at, LONG_BASELINE_DAYS if has_long else SHORT_BASELINE_DAYS, days_after)


def _known_from(row: Recommendation) -> datetime | None:
    """Return since when the node's forwards are complete, or None when none are known."""
    return None if row.connection is None else row.connection.forwards_from


def _assess(row: Recommendation, span: Span) -> Impact:
    touched = _touched(row, span)
    windows: dict[Metric, Window] = {}
    controls: dict[Metric, list[float]] = {}
    for metric, by_channel in ((Metric.REVENUE, _revenues(row, span)), (Metric.BALANCE, _balances(row, span))):
        windows[metric] = by_channel.get(row.target, Window(None, None))
        changes = [change_of(metric, window) for scid, window in by_channel.items() if scid not in touched]
        controls[metric] = [change for change in changes if change is not None]
    return assess(windows, controls)


def _touched(row: Recommendation, span: Span) -> set[str]:
    """Return the channels another change was made to in the window: they are no controls, nor is the target."""
    others = Recommendation.objects.filter(
        node=row.node_id, state=State.APPLIED, applied_at__gte=span.start, applied_at__lte=span.end
    )
    return {row.target, *others.values_list("target", flat=True)}


def _revenues(row: Recommendation, span: Span) -> Mapping[str, Window]:
    """Return sat per day earned by each channel before and after; without forwards it earned 0, which is known."""
    known_from = _known_from(row)
    if known_from is None or known_from > span.start:  # part of the window before would count as earning nothing
        return {}
    if not Forward.objects.filter(connection=row.connection_id, at__gte=span.end).exists():
        return {}
    forwards = Forward.objects.filter(connection=row.connection_id, at__gte=span.start, at__lt=span.end)
    sums = forwards.values("outgoing_scid").annotate(
        before=Sum("fee_msat", filter=Q(at__lt=span.applied_at)),
        after=Sum("fee_msat", filter=Q(at__gte=span.applied_at)),
    )
    earned = {item["outgoing_scid"]: (item["before"] or 0, item["after"] or 0) for item in sums}
    scids = PrivateChannel.objects.filter(connection=row.connection_id).values_list("scid", flat=True)
    return {
        scid: Window(
            earned.get(scid, (0, 0))[0] / 1000 / span.days_before, earned.get(scid, (0, 0))[1] / 1000 / span.days_after
        )
        for scid in scids
    }


def _balances(row: Recommendation, span: Span) -> Mapping[str, Window]:
    """Return the local ratio kept when it was applied, and the one read after the window, if any."""
    before: Mapping[str, float] = row.payload.get("baseline", {}).get("local_ratios", {})
    after = local_ratios(row.connection_id, read_since=span.end)
    return {scid: Window(before.get(scid), after.get(scid)) for scid in before.keys() | after.keys()}


def _explanation(impact: Impact) -> str:
    if impact.net_effect is None:
        missing = ", ".join(effect.metric.value.replace("_", " ") for effect in impact.effects if effect.effect is None)
        return f"Not known: {missing} could not be compared with untouched channels over this window."
    parts = [
        f"{effect.metric.value.replace('_', ' ')} {effect.effect:+.2f} against {effect.control_count} untouched"
        for effect in impact.effects
        if effect.effect is not None
    ]
    return f"Net effect {impact.net_effect:+.2f} of 1: {'; '.join(parts)}. One channel and one week: a noisy measure."
