"""Let measured outcomes propose weights. A proposal is a revision that an administrator activates, unless told else."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max, QuerySet

from feedback.domain.impact import Metric, net_of
from feedback.domain.learning import Outcome, Proposal, propose
from feedback.models import ImpactReport
from feedback.queries import policy
from recommendations.models import WeightRevision
from recommendations.services import weights

NOTE = "Proposed from {count} measured outcomes. {reasons}"


@dataclass(frozen=True, slots=True)
class Learned:
    """What was proposed; `revision_id` is None when nothing was learned, or the same stands proposed already."""

    proposal: Proposal
    outcomes: int
    revision_id: int | None
    is_active: bool


def learn_from_new(*, at: datetime) -> Learned | None:
    """Learn from what was measured since the newest revision; None where nothing was. Of two jobs at once, one does."""
    with transaction.atomic():
        weights.hold()
        measured_at = _controlled(policy().measure_after_days).aggregate(latest=Max("measured_at"))["latest"]
        if measured_at is None or WeightRevision.objects.filter(created_at__gte=measured_at).exists():
            return None
        return learn(at=max(at, measured_at))  # the other job may have begun, and measured, a moment later


def learn(*, days_after: int | None = None, at: datetime) -> Learned:
    """Propose weights from the controlled outcomes, within their bounds; at most one proposal stands at a time."""
    rules = policy()
    with transaction.atomic():
        weights.hold()
        outcomes = read_outcomes(days_after=days_after or rules.measure_after_days)
        active = WeightRevision.objects.filter(is_active=True).first() or WeightRevision()
        now = {name: float(getattr(active, name)) for name in weights.SHIPPED}
        proposal = propose(now, outcomes)
        if not proposal.is_change or _stands(proposal):
            return Learned(proposal, len(outcomes), None, is_active=False)
        note = NOTE.format(count=len(outcomes), reasons="; ".join(proposal.reasons))[:200]
        revision = WeightRevision.objects.create(**proposal.weights, note=note, created_at=at)
        if rules.may_activate_weights:
            weights.activate(revision)
    return Learned(proposal, len(outcomes), revision.pk, is_active=rules.may_activate_weights)


def read_outcomes(*, days_after: int) -> list[Outcome]:
    """Return every controlled outcome at this horizon, whatever it was."""
    found = []
    for category, payload, effects in (
        _controlled(days_after)
        .order_by("pk")
        .values_list("recommendation__category", "recommendation__payload", "effects")
    ):
        net = net_effect(effects)
        if net is not None:
            found.append(Outcome(category, payload.get("impact_factors") or {}, net))
    return found


def net_effect(effects: dict[str, dict[str, float | None]]) -> float | None:
    """Return the net effect of a report, -1 to 1, from its stored effects; None where it had no score."""
    known = {Metric(name): effect["effect"] for name, effect in effects.items() if effect.get("effect") is not None}
    return net_of({metric: float(effect or 0.0) for metric, effect in known.items()})


def _controlled(days_after: int) -> QuerySet[ImpactReport]:
    return ImpactReport.objects.standing().filter(days_after=days_after, judgment__effect__isnull=False)


def _stands(proposal: Proposal) -> bool:
    newest = WeightRevision.objects.order_by("-created_at", "-pk").first()
    return newest is not None and all(
        abs(getattr(newest, name) - value) < 1e-4 for name, value in proposal.weights.items()
    )
