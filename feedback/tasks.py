"""Jobs of the feedback floor. Delivery is at least once, so each is idempotent."""

from django.utils import timezone

from feedback.queries import policy
from feedback.services.detect import detect_applied as detect
from feedback.services.judge import judge_all
from feedback.services.learn import learn_from_new
from feedback.services.measure import due, measure_due
from feedback.services.pooling import pool_categories


def measure_due_impacts(**_future: object) -> int:
    """Measure every applied recommendation whose days are over, at both horizons, and learn; return how many.

    Pooled and learned from is also what a job measured that died before it came to that.
    """
    now, rules = timezone.now(), policy()
    if not rules.is_enabled:
        return 0
    horizons = sorted({rules.measure_after_days, rules.follow_up_days})
    measured = sum(len(measure_due(days_after=days, at=now)) for days in horizons)
    for days in horizons:
        pool_categories(days_after=days, at=now)
    if not due(at=now):  # else another worker still measures, and learns from all of it
        learn_from_new(at=now)
    return measured


def detect_applied(**_future: object) -> int:
    """Mark advice as applied where the node or the graph shows it; return how many."""
    return detect(at=timezone.now()) if policy().detects_applied else 0


def judge_rollouts(**_future: object) -> int:
    """Judge every running rollout by the turns of its week; return how many."""
    return len(judge_all(at=timezone.now()))
