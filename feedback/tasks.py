"""Jobs of the feedback floor. Delivery is at least once, so each is idempotent."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from feedback.queries import policy
from feedback.services.detect import detect_applied as detect
from feedback.services.judge import judge_all
from feedback.services.learn import learn
from feedback.services.measure import due, measure_recommendation_impact
from feedback.services.pooling import pool_categories


def measure_due_impacts(**_future: object) -> int:
    """Measure every applied recommendation whose days are over, at both horizons, and learn; return how many."""
    now, rules = timezone.now(), policy()
    if not rules.is_enabled:
        return 0
    measured = sum(_measure(days, now=now) for days in sorted({rules.measure_after_days, rules.follow_up_days}))
    if measured:
        learn(at=now)
    return measured


def detect_applied(**_future: object) -> int:
    """Mark advice as applied where the node or the graph shows it; return how many."""
    return detect(at=timezone.now()) if policy().detects_applied else 0


def _measure(days_after: int, *, now: datetime) -> int:
    identities: list[UUID] = list(due(at=now, days_after=days_after))
    for identity in identities:
        measure_recommendation_impact(identity, days_after=days_after, at=now)
    if identities:
        pool_categories(days_after=days_after, at=now)
    return len(identities)


def judge_rollouts(**_future: object) -> int:
    """Judge every running rollout by the turns of its week; return how many."""
    return len(judge_all(at=timezone.now()))
