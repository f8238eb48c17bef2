"""Store a thumb on a recommendation or an answer. The same voter's second vote replaces the first."""

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from feedback.domain.errors import RatingInvalid, TargetNotFound
from feedback.metrics import RATINGS
from feedback.models import Rating
from rag.queries import answer_exists
from recommendations.queries import recommendation_exists

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
    RATINGS.labels(rating=thumb).inc()
    if THUMBS[thumb] == 0:
        Rating.objects.filter(target=target, target_id=target_id, unit=unit).delete()
        return None
    row, _ = Rating.objects.update_or_create(
        target=target,
        target_id=target_id,
        unit=unit,
        defaults={"thumb": THUMBS[thumb], "reason": reason[:300], "rated_at": at},
    )
    return row


def _exists(target: str, target_id: str, *, user: Voter) -> bool:
    try:
        key = UUID(target_id)
    except ValueError:
        return False
    found = recommendation_exists if target == Rating.Target.RECOMMENDATION else answer_exists
    return found(key, user=user)
