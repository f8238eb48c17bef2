"""Jobs of the feedback floor. Delivery is at least once, so each is idempotent."""

from uuid import UUID

from django.utils import timezone

from feedback.services.measure import due, measure_recommendation_impact


def measure_due_impacts(**_future: object) -> int:
    """Measure every applied recommendation whose seven days are over; return how many."""
    now = timezone.now()
    identities: list[UUID] = list(due(at=now))
    for identity in identities:
        measure_recommendation_impact(identity, at=now)
    return len(identities)
