"""Let advice that nobody acted on expire, so that the inbox shows what still holds."""

from datetime import datetime, timedelta

from recommendations.domain.advice import State
from recommendations.domain.tracking import DAYS_UNTIL_EXPIRED
from recommendations.models import Recommendation


def expire_unapplied(*, at: datetime) -> int:
    """Mark advice older than DAYS_UNTIL_EXPIRED days that was neither applied nor dismissed; return how many."""
    old = Recommendation.objects.filter(
        state__in=(State.GENERATED, State.VIEWED), generated_at__lte=at - timedelta(days=DAYS_UNTIL_EXPIRED)
    )
    return old.update(state=State.EXPIRED, expired_at=at, actor="lnrag")
