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
