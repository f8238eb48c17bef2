"""What all measured advice of a category comes to: recomputed as a whole, so that nothing is counted twice."""

from collections import defaultdict
from datetime import datetime

from django.db import connection, transaction

from feedback.domain.learning import expected_effectiveness, record_factors
from feedback.domain.verdicts import Judgment, Verdict, pool
from feedback.models import CategoryEffect, ImpactReport
from feedback.queries import policy
from recommendations.domain.advice import Category
from recommendations.services.weights import note_records

LOCK = 0x706F6F6C  # two jobs at once must not interleave old and new rows
CONTROLLED = ("effect", "low", "high", "dispersion", "events_before", "events_after")


def pool_categories(*, days_after: int, at: datetime) -> int:
    """Store each category's pooled verdict and expected effectiveness at this horizon; return how many categories."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        judged, scores = _read(days_after)
        expected = expected_effectiveness({category.value: scores[category.value] for category in Category})
        rows = [_row(name, judged[name], scores[name], expected[name], days_after, at=at) for name in expected]
        CategoryEffect.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["category", "days_after"],
            update_fields=[
                *("count", "successes", "verdict", "effect", "low", "high"),
                *("mean_effectiveness", "expected_effectiveness", "measured_at"),
            ],
        )
        if days_after == policy().measure_after_days:
            factors = record_factors({name: scores[name] for name in expected})
            note_records({name: (factor, len(scores[name])) for name, factor in factors.items()}, at=at)
    return len(rows)


def _read(days_after: int) -> tuple[defaultdict[str, list[Judgment]], defaultdict[str, list[float]]]:
    judged: defaultdict[str, list[Judgment]] = defaultdict(list)
    scores: defaultdict[str, list[float]] = defaultdict(list)
    rows = ImpactReport.objects.standing().filter(days_after=days_after)
    for category, judgment, score in rows.values_list(
        "recommendation__category", "judgment", "effectiveness_score"
    ).iterator():
        if judgment and judgment.get("effect") is not None:
            told = {name: judgment[name] for name in CONTROLLED}
            judged[category].append(Judgment(Verdict(judgment["verdict"]), controls=(), events_needed=None, **told))
            if score is not None:
                scores[category].append(score)
    return judged, scores


def _row(
    category: str,
    judged: list[Judgment],
    scores: list[float],
    expected: float | None,
    days_after: int,
    *,
    at: datetime,
) -> CategoryEffect:
    together = pool(judged)
    return CategoryEffect(
        category=category,
        days_after=days_after,
        count=together.count,
        successes=sum(score > 0 for score in scores),
        verdict=together.verdict,
        effect=together.effect,
        low=together.low,
        high=together.high,
        mean_effectiveness=sum(scores) / len(scores) if scores else None,
        expected_effectiveness=expected,
        measured_at=at,
    )
