"""First rows of the feedback floor. Never overwrites an edited row."""

from datetime import datetime

from django.conf import settings

from feedback.models import FeedbackPolicy


def load(*, at: datetime) -> tuple[str, ...]:
    """Create the policy, or let it follow the environment while nobody edited it; return one line when it changed."""
    del at
    seed = {"is_enabled": settings.FEEDBACK_ENABLED, "measure_after_days": settings.FEEDBACK_MEASURE_AFTER_DAYS}
    row = FeedbackPolicy.objects.first()
    if row is None:
        FeedbackPolicy.objects.create(pk=1, **seed, seed=seed)
        return ("feedback policy: created",)
    if row.seed == seed or any(getattr(row, name) != loaded for name, loaded in row.seed.items()):
        return ()
    FeedbackPolicy.objects.update(**seed, seed=seed)
    return ("feedback policy: updated",)
