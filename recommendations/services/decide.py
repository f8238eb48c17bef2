"""Move a recommendation through its life: seen, applied, dismissed, and back. Each step with actor and time (FB-05)."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction

from recommendations.domain.advice import State
from recommendations.domain.errors import MoveNotAllowed, RecommendationNotFound
from recommendations.domain.tracking import can_move
from recommendations.metrics import APPLIED
from recommendations.models import Recommendation
from recommendations.queries import local_ratios

TIME_FIELD = {
    State.VIEWED: "viewed_at",
    State.APPLIED: "applied_at",
    State.REJECTED: "rejected_at",
    State.EXPIRED: "expired_at",
}
DETECTED = "detected"  # the actor of what the node or the graph showed
NOT_APPLIED = "is_not_applied"  # an operator took a detection back: it is not found again
Actor = AbstractBaseUser | AnonymousUser | None


def apply(key: UUID, *, note: str = "", user: Actor, actor: str, at: datetime) -> Recommendation:
    """Mark it applied by hand, and keep what the channel's balance was, to measure against.

    :raises RecommendationNotFound: when this user may not see it. :raises MoveNotAllowed: from a state that forbids it.
    """
    return _move(key, State.APPLIED, user=user, actor=actor, at=at, note=note)


def note_applied(key: UUID, *, applied_at: datetime) -> bool:
    """Mark it applied because the node or the graph shows it; return whether it was not marked before.

    What was decided meanwhile stays, and what an operator said was not applied.
    """
    with transaction.atomic():
        row = Recommendation.objects.select_for_update(of=("self",)).filter(pk=key).first()
        if row is None or row.payload.get(NOT_APPLIED) or not can_move(State(row.state), State.APPLIED):
            return False
        _become_applied(row, actor=DETECTED, at=applied_at)
        return True


def reject(key: UUID, *, reason: str = "", user: Actor, actor: str, at: datetime) -> Recommendation:
    """Dismiss it, with the operator's reason. Raises as `apply`."""
    return _move(key, State.REJECTED, user=user, actor=actor, at=at, reject_reason=reason[:200])


def view(key: UUID, *, user: Actor, actor: str, at: datetime) -> Recommendation:
    """Mark it seen. A recommendation that is past that stays where it is. Raises RecommendationNotFound."""
    with transaction.atomic():
        row = _locked(key, user=user)
        if row.state == State.GENERATED:
            _set(row, State.VIEWED, actor=actor, at=at)
        return row


def undo(key: UUID, *, user: Actor, actor: str, at: datetime) -> Recommendation:
    """Take back an applied or dismissed mark: it is seen again, and its time is cleared. Raises as `apply`."""
    with transaction.atomic():
        row = _locked(key, user=user)
        if row.state not in {State.APPLIED, State.REJECTED}:
            raise MoveNotAllowed(row.state, State.VIEWED)
        setattr(row, TIME_FIELD[State(row.state)], None)
        row.note = row.reject_reason = ""
        if row.actor == DETECTED:
            row.payload = {**row.payload, NOT_APPLIED: True}
        _set(row, State.VIEWED, actor=actor, at=row.viewed_at or at)
        return row


def _move(key: UUID, target: State, *, user: Actor, actor: str, at: datetime, **words: str) -> Recommendation:
    with transaction.atomic():
        row = _locked(key, user=user)
        if row.state == target:
            return row
        if not can_move(State(row.state), target):
            raise MoveNotAllowed(row.state, target)
        for name, text in words.items():
            setattr(row, name, text)
        decided_at = max(at, row.viewed_at or at)  # who waited for the row read the clock before who was faster
        if target is State.APPLIED:
            _become_applied(row, actor=actor, at=decided_at)
        else:
            _set(row, target, actor=actor, at=decided_at)
        return row


def _become_applied(row: Recommendation, *, actor: str, at: datetime) -> None:
    row.payload = {**row.payload, "baseline": _baseline(row, at=at)}
    APPLIED.labels(category=row.category, priority=row.priority).inc()
    _set(row, State.APPLIED, actor=actor, at=at)


def _locked(key: UUID, *, user: Actor) -> Recommendation:
    row = Recommendation.objects.select_for_update(of=("self",)).visible_to(user).filter(pk=key).first()
    if row is None:
        raise RecommendationNotFound(str(key))
    return row


def _set(row: Recommendation, state: State, *, actor: str, at: datetime) -> None:
    row.state, row.actor = state, actor[:80]
    setattr(row, TIME_FIELD[state], at)
    row.save()


def _baseline(row: Recommendation, *, at: datetime) -> dict[str, object]:
    """Return every channel's local ratio as last read: the target's to measure, the others' as its controls."""
    return {"at": at.isoformat(), "local_ratios": local_ratios(row.connection_id)}
