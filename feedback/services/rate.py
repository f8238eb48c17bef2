"""Store a thumb on a recommendation or an answer. The same voter's second vote replaces the first.

The generation behind it is told what the majority says, so that routing learns which models please.
"""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django.db.models import Sum

from feedback.domain.errors import RatingInvalid, TargetNotFound
from feedback.metrics import RATINGS
from feedback.models import Rating
from models_registry.services import guarding, ledger
from rag.queries.answers import answer_exists, answer_generation, answer_turn
from recommendations.queries import recommendation_exists, recommendation_generation, recommendation_turn

Voter = AbstractBaseUser | AnonymousUser
THUMBS = {"up": 1, "down": -1, "none": 0}


def rate(
    target: str, target_id: str, *, thumb: str, reason: str = "", unit: str, user: Voter, at: datetime
) -> Rating | None:
    """Return the stored vote, or None when the vote was taken back (`thumb` none).

    :raises RatingInvalid: when the target kind or the thumb is unknown.
    :raises TargetNotFound: when the caller cannot see such a recommendation or answer.
    """
    if thumb not in THUMBS:
        raise RatingInvalid("thumb", "Expected up, down or none.")
    if target not in Rating.Target.values:
        raise RatingInvalid("target", f"Expected one of {', '.join(Rating.Target.values)}.")
    if not _exists(target, target_id, user=user):
        raise TargetNotFound(f"There is no such {target}.")
    with transaction.atomic():
        row = _stored(target, target_id, thumb=THUMBS[thumb], reason=reason, unit=unit, at=at)
        _judge_generation(target, UUID(target_id))
        _tell_rollouts(target, UUID(target_id), thumb=THUMBS[thumb], at=at)
    RATINGS.labels(rating=thumb).inc()
    return row


def _stored(target: str, target_id: str, *, thumb: int, reason: str, unit: str, at: datetime) -> Rating | None:
    if thumb == 0:
        Rating.objects.filter(target=target, target_id=target_id, unit=unit).delete()
        return None
    row, _ = Rating.objects.update_or_create(
        target=target,
        target_id=target_id,
        unit=unit,
        defaults={"thumb": thumb, "reason": reason[:300], "rated_at": at},
    )
    return row


def _judge_generation(target: str, key: UUID) -> None:
    """Tell the generation what all voters say of all that came of it; a tie is no verdict."""
    is_answer = target == Rating.Target.ANSWER
    generation_id, keys = (answer_generation(key), (key,)) if is_answer else recommendation_generation(key)
    if generation_id is None:
        return
    ledger.hold(generation_id)  # of two votes at once, each would be told without the other
    votes = Rating.objects.filter(target=target, target_id__in=[str(one) for one in keys])
    balance = votes.aggregate(sum=Sum("thumb"))["sum"] or 0
    ledger.rate(generation_id, value=(balance > 0) - (balance < 0) or None)


def _tell_rollouts(target: str, key: UUID, *, thumb: int, at: datetime) -> None:
    """Tell the rollouts that the turn met how it was liked; a vote taken back says nothing."""
    unit, experiments = answer_turn(key) if target == Rating.Target.ANSWER else recommendation_turn(key)
    if thumb and experiments:
        guarding.note_vote(experiments, unit=unit, is_down=thumb < 0, at=at)


def _exists(target: str, target_id: str, *, user: Voter) -> bool:
    try:
        key = UUID(target_id)
    except ValueError:
        return False
    found = recommendation_exists if target == Rating.Target.RECOMMENDATION else answer_exists
    return found(key, user=user)
