"""Measure what an applied recommendation brought: its channel against the node's own untouched channels.

What was not recorded is reported as unknown, never as no effect. The score says how much changed; the verdict, apart
from it, whether that can be told from chance.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q

from feedback.domain.errors import TargetNotFound
from feedback.domain.impact import Impact, Metric, Window, assess, change_of
from feedback.domain.verdicts import Judgment, Verdict, dispersion_of, judge, percent_of
from feedback.metrics import EFFECTIVENESS
from feedback.models import ImpactReport
from feedback.queries import policy
from feedback.services.direct import direct_outcomes
from feedback.services.tallies import ChannelTally, tallies, weekly_counts
from feedback.services.windows import Overlap, Span, span_of
from recommendations.domain.advice import State
from recommendations.models import FailedForward, Recommendation
from recommendations.queries import local_ratios

DAYS_OF_GAIN = 30
MOST_TOLD = math.log(10)  # an interval that reaches further than tenfold is drawn no further
UNKNOWN = Judgment(Verdict.UNKNOWN, None, None, None, 0.0, (), 0.0, 0.0, None)


def due(*, at: datetime, days_after: int | None = None) -> Sequence[UUID]:
    """Return the applied recommendations whose time has come and that have no report for this horizon yet."""
    days = policy().measure_after_days if days_after is None else days_after
    reported = ImpactReport.objects.filter(days_after=days).values("recommendation_id")
    rows = Recommendation.objects.filter(state=State.APPLIED, applied_at__lte=at - timedelta(days=days))
    return list(rows.exclude(pk__in=reported).order_by("applied_at").values_list("pk", flat=True))


def measure_recommendation_impact(
    recommendation_id: UUID, *, days_after: int | None = None, at: datetime
) -> ImpactReport:
    """Return the stored report; measuring again replaces it. `days_after`: None is as the policy says.

    :raises TargetNotFound: when it does not exist or was never applied.
    """
    days = policy().measure_after_days if days_after is None else days_after
    with transaction.atomic():
        # Locked: of two workers that measure it at once, the second finds what the first wrote.
        rows = Recommendation.objects.select_for_update(of=("self",)).select_related("connection", "node")
        row = rows.filter(pk=recommendation_id, state=State.APPLIED).first()
        if row is None or row.applied_at is None:
            raise TargetNotFound("Only an applied recommendation can be measured.")
        fields = _measured(row, span_of(row, row.applied_at, days_after=days))
        report, _ = ImpactReport.objects.update_or_create(
            recommendation=row, days_after=days, defaults={**fields, "measured_at": at}
        )
    if report.effectiveness_score is not None:
        EFFECTIVENESS.labels(category=row.category).observe(report.effectiveness_score)
    return report


def _measured(row: Recommendation, span: Span | Overlap) -> dict[str, object]:
    if isinstance(span, Overlap):
        when = f"{span.at:%Y-%m-%d}"
        return {
            "status": ImpactReport.Status.INCONCLUSIVE,
            "effectiveness_score": None,
            "effects": {},
            "verdict": Verdict.INCONCLUSIVE,
            "judgment": {},
            "gain_sat": {},
            "direct": direct_outcomes(row, None),
            "explanation": f"Another change of the same channel on {when} lies within the days that would be compared.",
        }
    counted, touched = tallies(row, span), _touched(row, span)
    impact, judgment = _assess(row, span, counted, touched), _judge(row, span, counted, touched)
    return {
        "status": ImpactReport.Status.MEASURED if impact.is_known else ImpactReport.Status.UNKNOWN,
        "effectiveness_score": impact.effectiveness_score,
        "effects": {effect.metric: asdict(effect) for effect in impact.effects},
        "verdict": judgment.verdict,
        "judgment": {**asdict(judgment), "days_before": span.days_before, "days_after": span.days_after},
        "gain_sat": _gain(counted.get(row.target), judgment),
        "direct": direct_outcomes(row, span),
        "explanation": f"{_explanation(impact)} {_verdict_in_words(judgment)}".strip(),
    }


def _assess(row: Recommendation, span: Span, counted: Mapping[str, ChannelTally], touched: set[str]) -> Impact:
    windows: dict[Metric, Window] = {}
    controls: dict[Metric, list[float]] = {}
    revenues = {scid: one.revenue for scid, one in counted.items()}
    known = ((Metric.REVENUE, revenues), (Metric.SUCCESS, _successes(row, span, counted)))
    for metric, by_channel in (*known, (Metric.BALANCE, _balances(row, span))):
        windows[metric] = by_channel.get(row.target, Window(None, None))
        changes = [change_of(metric, window) for scid, window in by_channel.items() if scid not in touched]
        controls[metric] = [change for change in changes if change is not None]
    return assess(windows, controls)


def _judge(row: Recommendation, span: Span, counted: Mapping[str, ChannelTally], touched: set[str]) -> Judgment:
    target = counted.get(row.target)
    if target is None:
        return UNKNOWN
    controls = {scid: one.events for scid, one in counted.items() if scid not in touched}
    return judge(target.events, controls, dispersion=dispersion_of(weekly_counts(row, span)))


def _touched(row: Recommendation, span: Span) -> set[str]:
    """Return the channels another change was made to in the window: they are no controls, nor is the target."""
    others = Recommendation.objects.filter(
        node=row.node_id, state=State.APPLIED, applied_at__gte=span.start, applied_at__lte=span.end
    )
    return {row.target, *others.values_list("target", flat=True)}


def _successes(row: Recommendation, span: Span, counted: Mapping[str, ChannelTally]) -> Mapping[str, Window]:
    """Return each channel's share of forwards that settled; unknown where failures are not recorded."""
    known_from = row.connection.failures_from if row.connection else None
    if known_from is None or known_from > span.start:
        return {}
    failed = FailedForward.objects.filter(connection=row.connection_id, at__gte=span.start, at__lt=span.end)
    counts = failed.values("outgoing_scid").annotate(
        before=Count("pk", filter=Q(at__lt=span.applied_at)), after=Count("pk", filter=Q(at__gte=span.applied_at))
    )
    lost = {item["outgoing_scid"]: (item["before"], item["after"]) for item in counts}
    return {
        scid: Window(
            _share(one.events.before, lost.get(scid, (0, 0))[0]), _share(one.events.after, lost.get(scid, (0, 0))[1])
        )
        for scid, one in counted.items()
    }


def _share(settled: float, failed: int) -> float | None:
    return settled / (settled + failed) if settled + failed else None


def _balances(row: Recommendation, span: Span) -> Mapping[str, Window]:
    """Return the local ratio kept when it was applied, and the one read after the window, if any."""
    before: Mapping[str, float] = row.payload.get("baseline", {}).get("local_ratios", {})
    after = local_ratios(row.connection_id, read_since=span.end)
    return {scid: Window(before.get(scid), after.get(scid)) for scid in before.keys() | after.keys()}


def _gain(target: ChannelTally | None, judgment: Judgment) -> dict[str, float]:
    """Return what the effect is worth in sat per 30 days of what was earned before; {} where it is not known."""
    if target is None or judgment.effect is None or judgment.low is None or judgment.high is None:
        return {}
    monthly_sat = DAYS_OF_GAIN * target.earned_before_msat / 1000 / target.events.days_before
    ends = (("middle", judgment.effect), ("low", judgment.low), ("high", judgment.high))
    return {name: round(monthly_sat * (math.exp(min(effect, MOST_TOLD)) - 1)) for name, effect in ends}


def _explanation(impact: Impact) -> str:
    if impact.net_effect is None:
        missing = ", ".join(effect.metric.value.replace("_", " ") for effect in impact.effects if effect.effect is None)
        return f"Not known: {missing} could not be compared with untouched channels over this window."
    parts = [
        f"{effect.metric.value.replace('_', ' ')} {effect.effect:+.2f} against {effect.control_count} untouched"
        for effect in impact.effects
        if effect.effect is not None
    ]
    return f"Net effect {impact.net_effect:+.2f} of 1: {'; '.join(parts)}. One channel: a noisy measure."


def _verdict_in_words(judgment: Judgment) -> str:
    if judgment.effect is None or judgment.low is None or judgment.high is None:
        return ""
    low, high = percent_of(judgment.low), percent_of(judgment.high)
    said = f"Forwards {percent_of(judgment.effect)} against the node's other channels (90 %: {low} to {high})"
    counts = f"{judgment.events_before:g} before and {judgment.events_after:g} after"
    if judgment.verdict is Verdict.INCONCLUSIVE:
        return f"{said}: {judgment.verdict}, from {counts}; {judgment.events_needed:g} in each window would tell."
    return f"{said}: {judgment.verdict}, from {counts}."
