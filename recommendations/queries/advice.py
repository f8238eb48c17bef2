"""Tracked recommendations, only those the viewer may see."""

from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from recommendations.domain.errors import RecommendationNotFound
from recommendations.models import Recommendation

Viewer = AbstractBaseUser | AnonymousUser | None


def recommendation_of(key: UUID, *, user: Viewer) -> Recommendation:
    """Return one recommendation.

    :raises RecommendationNotFound: when there is none, or this user may not see it.
    """
    row = Recommendation.objects.visible_to(user).filter(pk=key).first()
    if row is None:
        raise RecommendationNotFound(str(key))
    return row


def recommendation_exists(key: UUID, *, user: Viewer) -> bool:
    """Tell whether there is such a recommendation that this user may see."""
    return Recommendation.objects.visible_to(user).filter(pk=key).exists()


def recommendation_turn(key: UUID) -> tuple[str, tuple[str, ...]]:
    """Return the node a recommendation is for, and every rollout its turn met, as `rollout:variant`."""
    row = Recommendation.objects.filter(pk=key).values("node__pubkey", "run__rollout").first()
    return (row["node__pubkey"], tuple((row["run__rollout"] or {}).get("experiments", ()))) if row else ("", ())


def recommendation_generation(key: UUID) -> tuple[UUID | None, tuple[UUID, ...]]:
    """Return the generation behind a recommendation, None where no model spoke, with all that came of the same run."""
    row = Recommendation.objects.filter(pk=key).values("run_id", "run__generation_id").first()
    if row is None or row["run__generation_id"] is None:
        return None, ()
    siblings = Recommendation.objects.filter(run_id=row["run_id"]).values_list("pk", flat=True)
    return row["run__generation_id"], tuple(siblings)
