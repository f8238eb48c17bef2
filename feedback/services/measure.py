"""Measure what applied advice brought: a channel against the node's untouched ones, a whole node against such nodes.

What was not recorded is reported as unknown, never as no effect. The score says how much changed; the verdict, apart
from it, whether that can be told from chance.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from feedback.domain.errors import TargetNotFound
from feedback.domain.impact import Impact, Metric, Window, assess, change_of
from feedback.domain.impact_words import explanation
from feedback.domain.verdicts import Judgment, Verdict, judge
from feedback.metrics import EFFECTIVENESS
from feedback.models import ImpactReport
from feedback.queries import policy
from feedback.services.direct import direct_outcomes
from feedback.services.ground import Ground, channel_ground
from feedback.services.ground_nodes import node_ground
from feedback.services.tallies import ChannelTally
from feedback.services.windows import Overlap, Span, is_on_whole_node, span_of
from recommendations.domain.advice import State
from recommendations.models import Recommendation

DAYS_OF_GAIN = 30
MOST_TOLD = math.log(10)  # an interval that reaches further than tenfold is drawn no further
UNKNOWN = Judgment(Verdict.UNKNOWN, None, None, None, 0.0, (), 0.0, 0.0, None)


def due(*, at: datetime, days_after: int | None = None) -> Sequence[UUID]:
    """Return the applied recommendations whose time has come and that have no report for this horizon yet."""
    days = policy().measure_after_days if days_after is None else days_after
    reported = ImpactReport.objects.standing().filter(days_after=days).values("recommendation_id")
    rows = Recommendation.objects.filter(state=State.APPLIED, applied_at__lte=at - timedelta(days=days))
    return list(rows.exclude(pk__in=reported).order_by("applied_at").values_list("pk", flat=True))


def measure_due(*, days_after: int, at: datetime) -> tuple[ImpactReport, ...]:
    """Measure all that is due at this horizon; return the reports. What another worker measures is left to it."""
    found = (_measured_once(key, days_after=days_after, at=at) for key in due(at=at, days_after=days_after))
    return tuple(report for report in found if report is not None)


def measure_recommendation_impact(
    recommendation_id: UUID, *, days_after: int | None = None, at: datetime
) -> ImpactReport:
    """Return the stored report; measuring again replaces it. `days_after`: None is as the policy says.

    :raises TargetNotFound: when it does not exist or was never applied.
    """
    days = policy().measure_after_days if days_after is None else days_after
    with transaction.atomic():
        row = _locked(recommendation_id)
        if row is None or row.applied_at is None:
            raise TargetNotFound("Only an applied recommendation can be measured.")
        return _reported(row, applied_at=row.applied_at, days_after=days, at=at)


def _measured_once(recommendation_id: UUID, *, days_after: int, at: datetime) -> ImpactReport | None:
    """Return the new report; None when by now somebody else measured it, or its mark was taken back."""
    with transaction.atomic():
        row = _locked(recommendation_id)
        if row is None or row.applied_at is None or row.applied_at > at - timedelta(days=days_after):
            return None
        if ImpactReport.objects.standing().filter(recommendation=row, days_after=days_after).exists():
            return None
        return _reported(row, applied_at=row.applied_at, days_after=days_after, at=at)


def _locked(recommendation_id: UUID) -> Recommendation | None:
    """Return the applied recommendation; nobody takes its mark back, or measures it, until the transaction ends."""
    rows = Recommendation.objects.select_for_update(of=("self",)).select_related("connection", "node")
    return rows.filter(pk=recommendation_id, state=State.APPLIED).first()


def _reported(row: Recommendation, *, applied_at: datetime, days_after: int, at: datetime) -> ImpactReport:
    fields = _measured(row, span_of(row, applied_at, days_after=days_after))
    report, _ = ImpactReport.objects.update_or_create(
        recommendation=row, days_after=days_after, defaults={**fields, "measured_at": at}
    )
    if report.effectiveness_score is not None:
        EFFECTIVENESS.labels(category=row.category).observe(report.effectiveness_score)
    return report


def _measured(row: Recommendation, span: Span | Overlap) -> dict[str, object]:
    if isinstance(span, Overlap):
        return _spoiled(row, span)
    ground = node_ground(row, span) if is_on_whole_node(row) else channel_ground(row, span)
    impact, judgment = _assess(ground), _judge(ground)
    told = {**asdict(judgment), "days_before": span.days_before, "days_after": span.days_after}
    return {
        "status": ImpactReport.Status.MEASURED if impact.is_known else ImpactReport.Status.UNKNOWN,
        "effectiveness_score": impact.effectiveness_score,
        "effects": {effect.metric: asdict(effect) for effect in impact.effects},
        "verdict": judgment.verdict,
        "judgment": {**told, "compared_with": ground.against},
        "gain_sat": _gain(ground.counted.get(ground.target), judgment),
        "direct": direct_outcomes(row, span),
        "explanation": explanation(impact, judgment, against=ground.against, lack=ground.lack),
    }


def _spoiled(row: Recommendation, overlap: Overlap) -> dict[str, object]:
    what = "Other advice applied on the node" if is_on_whole_node(row) else "Another change of the same channel"
    return {
        "status": ImpactReport.Status.INCONCLUSIVE,
        "effectiveness_score": None,
        "effects": {},
        "verdict": Verdict.INCONCLUSIVE,
        "judgment": {},
        "gain_sat": {},
        "direct": direct_outcomes(row, None),
        "explanation": f"{what} on {overlap.at:%Y-%m-%d} lies within the days that would be compared.",
    }


def _assess(ground: Ground) -> Impact:
    windows: dict[Metric, Window] = {}
    controls: dict[Metric, list[float]] = {}
    for metric, named in ground.windows.items():
        windows[metric] = named.get(ground.target, Window(None, None))
        changes = [change_of(metric, window) for name, window in named.items() if name not in ground.left_out]
        known = [change for change in changes if change is not None]
        controls[metric] = known if len(known) >= ground.fewest else []
    return assess(windows, controls)


def _judge(ground: Ground) -> Judgment:
    target = ground.counted.get(ground.target)
    if target is None:
        return UNKNOWN
    controls = {name: one.events for name, one in ground.controls.items()}
    return judge(target.events, controls, dispersion=ground.dispersion)


def _gain(target: ChannelTally | None, judgment: Judgment) -> dict[str, float]:
    """Return what the effect is worth in sat per 30 days of what was earned before; {} where it is not known."""
    if target is None or judgment.effect is None or judgment.low is None or judgment.high is None:
        return {}
    monthly_sat = DAYS_OF_GAIN * target.earned_before_msat / 1000 / target.events.days_before
    ends = (("middle", judgment.effect), ("low", judgment.low), ("high", judgment.high))
    return {name: round(monthly_sat * (math.exp(min(effect, MOST_TOLD)) - 1)) for name, effect in ends}
