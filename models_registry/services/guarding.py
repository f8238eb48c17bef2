"""Note what came of a unit's first turn, count it in order, and act on what it proves: roll back, or hold.

Outcomes are written in the turn's own transaction, so that none is lost, and counted after it under the rollout's lock,
in the order in which they are found. Counting twice changes nothing; a process that dies leaves the rest to the
timetable.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Max

from models_registry.domain.guardrail import GuardKind, RateEvidence, e_value
from models_registry.domain.ramp import Move, RampState
from models_registry.domain.rollout import Assignment, Comparison, RolloutSpec, comparisons
from models_registry.domain.sequential import LatencyEvidence, MixtureEvidence
from models_registry.models import Exposure, Guard, Rollout, RolloutOutcome
from models_registry.queries.rollout_specs import spec_of
from models_registry.queries.rollouts import Evidence, evidence_of
from models_registry.services import ramp, registry
from models_registry.services.ramp import ITSELF, Cause

logger = logging.getLogger(__name__)
BATCH = 500  # outcomes counted under one lock
LEAST_RECALL = 0.7  # at 5
COURSE_POINTS = 200  # of the chart; then every second one goes
WORDS = {
    GuardKind.ERRORS: "answers failed",
    GuardKind.SCHEMA: "answers broke their contract",
    GuardKind.UNGROUNDED: "answers stated what nobody gave",
    GuardKind.DOWN_VOTES: "answers were voted down",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one turn. None: not known, or does not apply; it is then not counted."""

    has_failed: bool | None = None
    broke_contract: bool | None = None
    is_ungrounded: bool | None = None
    is_voted_down: bool | None = None
    latency_ms: float | None = None

    def values(self) -> dict[GuardKind, float]:
        """Return what is known, by guard."""
        said = {
            GuardKind.ERRORS: self.has_failed,
            GuardKind.SCHEMA: self.broke_contract,
            GuardKind.UNGROUNDED: self.is_ungrounded,
            GuardKind.DOWN_VOTES: self.is_voted_down,
            GuardKind.LATENCY: self.latency_ms,
        }
        return {kind: float(value) for kind, value in said.items() if value is not None}


def note(met: Iterable[Assignment], *, unit: str, heard: Heard, at: datetime) -> None:
    """Write down what came of a unit's turn in every rollout it met, and count it once the transaction is through."""
    for one in met:
        if one.spec.is_watched and not one.is_targeted:
            _note(one.spec, one.variant, unit=unit, values={**heard.values(), GuardKind.SAMPLE_RATIO: 0.0}, at=at)


def note_vote(experiments: Iterable[str], *, unit: str, is_down: bool, at: datetime) -> None:
    """Write down a unit's first vote on what it was given. `experiments` are those of the turn: `rollout:variant`."""
    named = dict(one.rpartition(":")[::2] for one in experiments)
    watched = {one.key: one for one in registry.current().rollouts if one.is_watched and one.slug in named}
    rows = Exposure.objects.filter(rollout_id__in=watched, unit=unit[:80], is_targeted=False) if watched else ()
    for row in rows:
        spec = watched[row.rollout_id]
        if row.variant == named[spec.slug]:
            _note(spec, row.variant, unit=unit, values={GuardKind.DOWN_VOTES: float(is_down)}, at=at)


def _note(spec: RolloutSpec, variant: str, *, unit: str, values: dict[GuardKind, float], at: datetime) -> None:
    """Store what is new of this unit. Only a first outcome counts: the unit is what was drawn, not the turn."""
    if not comparisons(spec, variant=variant, share_percent=spec.share_percent):
        return
    of_unit = {"rollout_id": spec.key, "run": spec.run, "unit": unit[:80]}
    known = set(RolloutOutcome.objects.filter(**of_unit).values_list("kind", flat=True))
    fresh = sorted(kind for kind in values if kind in spec.guards and kind not in known)
    if not fresh:
        return
    RolloutOutcome.objects.bulk_create(
        [
            RolloutOutcome(
                **of_unit,
                kind=kind,
                variant=variant,
                share_percent=spec.share_percent,
                value=values[GuardKind(kind)],
                at=at,
            )
            for kind in fresh
        ],
        ignore_conflicts=True,  # the same unit's other turn was a moment faster
    )
    # Robust: what is learned from a turn must never break it; the timetable counts what is left.
    transaction.on_commit(partial(count, spec.key, at=at), robust=True)


def count_all(*, at: datetime) -> int:
    """Count what is left of every running rollout; return how many outcomes."""
    running = Rollout.objects.filter(is_enabled=True, state=RampState.RUNNING.value).values_list("pk", flat=True)
    return sum(count(key, at=at) for key in running)


def count(key: int, *, at: datetime) -> int:
    """Count every outcome that waits, until one of them stops the rollout; return how many."""
    done, batch = 0, BATCH
    while batch == BATCH:
        batch = _count_batch(key, at=at)
        done += batch
    return done


@transaction.atomic
def _count_batch(key: int, *, at: datetime) -> int:
    row = ramp.locked(key)
    if row.state != RampState.RUNNING:
        return 0
    outcomes = RolloutOutcome.objects.filter(rollout=row, run=row.run)
    waiting = list(outcomes.filter(position=None).order_by("pk")[:BATCH])
    if not waiting:
        return 0
    position = outcomes.aggregate(latest=Max("position"))["latest"] or 0
    book, counted = Book(row), []
    for outcome in waiting:
        position += 1
        outcome.position = position
        counted.append(outcome)
        if book.take(outcome, at=at):
            break
    RolloutOutcome.objects.bulk_update(counted, ["position"])
    book.save(at=at)
    book.act(at=at)
    return len(counted)


@dataclass(slots=True)
class Book:
    """The guards of one rollout while its row is locked."""

    row: Rollout
    spec: RolloutSpec = field(init=False)
    guards: dict[tuple[str, str], Guard] = field(init=False)
    touched: dict[tuple[str, str], Guard] = field(default_factory=dict)
    stopped: Guard | None = None

    def __post_init__(self) -> None:
        self.spec = spec_of(self.row)
        kept = Guard.objects.filter(rollout=self.row, run=self.row.run)
        self.guards = {(guard.variant, guard.kind): guard for guard in kept}

    def take(self, outcome: RolloutOutcome, *, at: datetime) -> bool:
        """Count one outcome in every comparison of its unit; return whether that stops the rollout."""
        for one in comparisons(self.spec, variant=outcome.variant, share_percent=outcome.share_percent):
            guard = self._guard(one.variant, outcome.kind)
            evidence = after(evidence_of(guard.kind, guard.figures), outcome.value, one)
            guard.figures, guard.count = asdict(evidence), guard.count + 1
            _draw(guard, evidence)
            self.touched[guard.variant, guard.kind] = guard
            if evidence.has_stopped and guard.stopped_at is None:
                guard.stopped_at, self.stopped = at, guard
        return self.stopped is not None

    def save(self, *, at: datetime) -> None:
        """Write what changed."""
        for guard in self.touched.values():
            guard.changed_at = at
            guard.save()

    def act(self, *, at: datetime) -> None:
        """Roll back or hold, with the evidence, when a guard stopped it."""
        guard = self.stopped
        if guard is None:
            return
        evidence = {
            **_told(guard),
            "kind": guard.kind,
            "variant": guard.variant,
            "share_percent": float(self.row.share_percent),
        }
        cause = Cause(ITSELF, _why(guard), at, evidence, is_alarm=True)
        if guard.kind == GuardKind.SAMPLE_RATIO:
            ramp.move(self.row, Move.HOLD, cause=cause)
        else:
            ramp.rolled_back(self.row, cause=cause)
        logger.warning("models_registry.rollout.stopped", extra={"rollout": self.row.slug, **evidence})

    def _guard(self, variant: str, kind: str) -> Guard:
        fresh = Guard(rollout=self.row, run=self.row.run, variant=variant, kind=kind)
        return self.guards.setdefault((variant, kind), fresh)


def after(evidence: Evidence, value: float, one: Comparison) -> Evidence:
    """Return the evidence after one more outcome."""
    if isinstance(evidence, LatencyEvidence):
        return evidence.take(value, is_treated=one.is_treated, probability=one.probability)
    if isinstance(evidence, MixtureEvidence):
        return evidence.take(is_treated=one.is_treated, probability=one.probability)
    return evidence.take(value > 0, is_treated=one.is_treated, probability=one.probability)


def _draw(guard: Guard, evidence: Evidence) -> None:
    """Add a point to the chart, and thin it out when it grows long."""
    if isinstance(evidence, LatencyEvidence):
        return
    guard.course.append([guard.count, round(evidence.log_e, 4)])
    if len(guard.course) > COURSE_POINTS:
        guard.course = guard.course[::2]


def _told(guard: Guard) -> dict[str, object]:
    """Return a guard's numbers as evidence to keep."""
    evidence = evidence_of(guard.kind, guard.figures)
    told: dict[str, object] = dict(guard.figures)
    if isinstance(evidence, LatencyEvidence):
        low, high = evidence.bounds or (None, None)
        return {**told, "log_low": low, "log_high": high}
    return {**told, "e_value": round(e_value(evidence.log_e), 2)}


def _why(guard: Guard) -> str:
    evidence = evidence_of(guard.kind, guard.figures)
    if isinstance(evidence, RateEvidence):
        words = WORDS[GuardKind(guard.kind)]
        new, old = f"{evidence.y_b} of {evidence.n_b}", f"{evidence.y_a} of {evidence.n_a}"
        return f"Under {guard.variant} {new} {words}, under the old one {old}. Evidence {e_value(evidence.log_e):.0f}."
    if isinstance(evidence, MixtureEvidence):
        return "Units do not arrive in the planned shares: the figures are not to be trusted."
    low, high = evidence.bounds or (0.0, 0.0)
    slower = f"{(e_value(low) - 1) * 100:.0f} to {(e_value(high) - 1) * 100:.0f} %"
    return f"Answers of {guard.variant} are slower by {slower}."


def retrieval_on_trial() -> tuple[tuple[int, Mapping[str, Any]], ...]:
    """Return each rollout that runs and changes retrieval, by key, with what its variant changes of it."""
    running = (one for one in registry.current().rollouts if one.is_watched)
    return tuple(
        (one.key, variant.changes.retrieval) for one in running for variant in one.variants if variant.changes.retrieval
    )


def note_recall(rollout: int, recall: float, *, at: datetime) -> bool:
    """Roll back a rollout under which the library finds too little (RO-11); return whether it does."""
    if recall >= LEAST_RECALL:
        return False
    why = f"Of five passages found, too few were the right ones: recall {recall:.2f}, less than {LEAST_RECALL}."
    ramp.roll_back(rollout, cause=Cause(ITSELF, why, at, {"recall_at_5": recall}, is_alarm=True))
    return True
