"""Read how rollouts stand: their arms, their gates, what is known of each fault, and their history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, QuerySet

from models_registry.domain.guardrail import GuardKind, RateEvidence, e_value
from models_registry.domain.ramp import Gate, Progress, RampState, Verdict, gates, moves_from, next_step
from models_registry.domain.rollout import RolloutSpec
from models_registry.domain.sequential import LatencyEvidence, MixtureEvidence
from models_registry.models import Exposure, Guard, Rollout, RolloutEvent
from models_registry.queries.rollout_specs import spec_of

Evidence = RateEvidence | LatencyEvidence | MixtureEvidence


@dataclass(frozen=True, slots=True)
class ArmView:
    """One arm: how many units met it in all, and since the present share."""

    name: str
    is_baseline: bool
    units: int
    units_now: int
    planned_percent: float


@dataclass(frozen=True, slots=True)
class GuardView:
    """One guard with its numbers. `e_value` None: it is not judged by one. Rates are 0 to 1; None: no unit yet."""

    kind: str
    variant: str
    evidence: Evidence
    log_e: float | None
    e_value: float | None
    course: tuple[tuple[int, float], ...]
    stopped_at: datetime | None

    @property
    def is_rate(self) -> bool:
        return isinstance(self.evidence, RateEvidence)

    @property
    def rate_a(self) -> float | None:
        known = self.evidence
        return known.y_a / known.n_a if isinstance(known, RateEvidence) and known.n_a else None

    @property
    def rate_b(self) -> float | None:
        known = self.evidence
        return known.y_b / known.n_b if isinstance(known, RateEvidence) and known.n_b else None

    @property
    def slower_percent(self) -> tuple[float, float] | None:
        """By how much the new arm is slower, in percent: the interval that holds at every moment."""
        bounds = self.evidence.bounds if isinstance(self.evidence, LatencyEvidence) else None
        if bounds is None:
            return None
        low, high = ((e_value(bound) - 1) * 100 for bound in bounds)
        return low, high


@dataclass(frozen=True, slots=True)
class RolloutView:
    """One rollout as its page shows it."""

    row: Rollout
    spec: RolloutSpec
    arms: tuple[ArmView, ...]
    guards: tuple[GuardView, ...]
    gates: tuple[Gate, ...]
    next_share: int | None
    moves: tuple[str, ...]
    latest_at: datetime | None
    targeted: int

    @property
    def units(self) -> int:
        """How many units met it by lot."""
        return sum(arm.units for arm in self.arms)

    @property
    def strongest(self) -> float | None:
        """The strongest evidence of any fault; None while there is none."""
        known = [one.e_value for one in self.guards if one.is_rate and one.e_value is not None]
        return max(known, default=None)

    @property
    def is_compared(self) -> bool:
        """Whether there are two arms to compare right now."""
        return self.row.state == RampState.RUNNING and self.row.is_enabled and 0 < self.row.share_percent < 100

    @property
    def alarms(self) -> tuple[RolloutEvent, ...]:
        return tuple(self.row.events.filter(is_alarm=True, seen_at=None)[:5])


def rollout_view(row: Rollout, *, at: datetime) -> RolloutView:
    """Return one rollout with everything its page shows."""
    state, step = RampState(row.state), next_step(row.share_percent, steps=row.steps)
    progress = progress_of(row)
    return RolloutView(
        row=row,
        spec=spec_of(row),
        arms=_arms(row),
        guards=guard_views(row),
        gates=gates(progress, at=at) if state is RampState.RUNNING and step else (),
        next_share=step,
        moves=tuple(move.value for move in moves_from(state)),
        latest_at=latest_exposure(row),
        targeted=row.exposures.filter(is_targeted=True).count(),
    )


def rollouts_shown() -> QuerySet[Rollout]:
    """Return every rollout with its variants, those at work first."""
    return Rollout.objects.prefetch_related("variants").order_by("state", "slug")


def history(row: Rollout, *, limit: int = 100) -> tuple[RolloutEvent, ...]:
    """Return the latest moves, newest first."""
    return tuple(row.events.select_related("seen_by")[:limit])


def unseen_alarms(*, limit: int = 10) -> tuple[RolloutEvent, ...]:
    """Return the alarms that nobody has seen yet, newest first. One query."""
    return tuple(RolloutEvent.objects.filter(is_alarm=True, seen_at=None).select_related("rollout")[:limit])


def guard_views(row: Rollout) -> tuple[GuardView, ...]:
    """Return what is known of each fault in the present run."""
    return tuple(_guard(one) for one in row.watch.filter(run=row.run))


def evidence_of(kind: str, figures: Mapping[str, Any]) -> Evidence:
    """Return kept figures as the evidence they are of."""
    if kind == GuardKind.LATENCY:
        return LatencyEvidence(**figures)
    return MixtureEvidence(**figures) if kind == GuardKind.SAMPLE_RATIO else RateEvidence(**figures)


def progress_of(row: Rollout) -> Progress:
    """Return where a rollout stands before its next step."""
    units = {arm.name: arm.units_now for arm in _arms(row)}
    return Progress(
        share_percent=row.share_percent,
        steps=tuple(row.steps),
        since=row.step_since,
        units=min(units.values(), default=0),
        gate_days=row.gate_days,
        gate_units=row.gate_units,
        verdict=_verdict(row.verdict),
    )


def latest_exposure(row: Rollout) -> datetime | None:
    """Return when a unit met the rollout last."""
    latest: datetime | None = row.exposures.aggregate(at=Max("latest_at"))["at"]
    return latest


def _arms(row: Rollout) -> tuple[ArmView, ...]:
    """Return the arms that are compared, with the units that came to them by lot."""
    spec = spec_of(row)
    drawn = Exposure.objects.filter(rollout=row, is_targeted=False)
    counted = dict(drawn.values_list("variant").annotate(Count("id")).order_by())
    fresh = drawn.filter(latest_at__gte=row.step_since) if row.step_since else drawn
    now = dict(fresh.values_list("variant").annotate(Count("id")).order_by())
    whole, share = sum(one.weight for one in spec.variants) or 1, float(spec.share_percent)
    parts = {one.slug: share * one.weight / whole for one in spec.variants}
    if spec.control is None:
        parts = {spec.outside: 100 - share, **parts}
    return tuple(
        ArmView(name, name == spec.baseline, counted.get(name, 0), now.get(name, 0), round(part, 2))
        for name, part in parts.items()
    )


def _guard(row: Guard) -> GuardView:
    evidence = evidence_of(row.kind, row.figures)
    log_e = None if isinstance(evidence, LatencyEvidence) else evidence.log_e
    return GuardView(
        kind=row.kind,
        variant=row.variant,
        evidence=evidence,
        log_e=log_e,
        e_value=None if log_e is None else e_value(log_e),
        course=tuple((int(count), float(value)) for count, value in row.course),
        stopped_at=row.stopped_at,
    )


def _verdict(kept: Mapping[str, Any]) -> Verdict | None:
    if not kept:
        return None
    return Verdict(kept["is_passed"], tuple(kept["told"]), datetime.fromisoformat(kept["judged_at"]))
