"""Is it alive, is it ready, how well is it? The score is a pure function of vitals that are read from rows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Avg, Count, Q
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_q.models import OrmQ

from models_registry.domain.chat import Outcome
from models_registry.models import Generation
from models_registry.queries.breakers import failure_rate, open_breakers
from models_registry.services.default_breakers import CACHE
from recommendations.models import RecommendationRun

WINDOW = timedelta(hours=1)
MOST_ERRORS = 0.05
MOST_CACHE_ERRORS = 0.10
LONGEST_MEAN_MS = 2000
GRADES = ((90, "excellent"), (70, "good"), (50, "degraded"), (0, "critical"))


@dataclass(frozen=True, slots=True)
class Vitals:
    """What is known of the last hour. None: nothing happened, or nobody measures it yet."""

    error_rate: float | None
    open_breakers: int | None
    is_cache_up: bool
    cache_error_rate: float | None
    mean_ms: float | None


@dataclass(frozen=True, slots=True)
class Health:
    """A score from 0 to 100, its grade, what lowered it, and what is not known."""

    score: int
    grade: str
    deductions: tuple[tuple[str, int], ...]
    unknown: tuple[str, ...]


def assess(vitals: Vitals) -> Health:
    """Return the health these vitals mean. What is unknown lowers nothing, and is named."""
    rules = (
        ("error_rate", vitals.error_rate is not None and vitals.error_rate > MOST_ERRORS, 20),
        ("open_breakers", bool(vitals.open_breakers), 30),
        ("cache_down", not vitals.is_cache_up, 25),
        ("cache_errors", vitals.cache_error_rate is not None and vitals.cache_error_rate > MOST_CACHE_ERRORS, 15),
        ("slow", vitals.mean_ms is not None and vitals.mean_ms > LONGEST_MEAN_MS, 10),
    )
    deductions = tuple((name, points) for name, applies, points in rules if applies)
    score = 100 - sum(points for _, points in deductions)
    unknown = tuple(
        name for name in ("error_rate", "open_breakers", "cache_error_rate", "mean_ms") if getattr(vitals, name) is None
    )
    return Health(score, next(grade for least, grade in GRADES if score >= least), deductions, unknown)


def read_vitals(*, at: datetime) -> Vitals:
    """Return the vitals of the hour before `at`."""
    runs = RecommendationRun.objects.filter(started_at__gt=at - WINDOW, started_at__lte=at).aggregate(
        total=Count("pk"),
        failed=Count("pk", filter=Q(outcome=RecommendationRun.Outcome.FAILED)),
        mean_ms=Avg("processing_ms"),
    )
    spoken = Generation.objects.filter(created_at__gt=at - WINDOW, created_at__lte=at).aggregate(
        total=Count("pk"), failed=Count("pk", filter=Q(outcome=Outcome.FAILED))
    )
    total = runs["total"] + spoken["total"]
    return Vitals(
        error_rate=(runs["failed"] + spoken["failed"]) / total if total else None,
        open_breakers=open_breakers(),
        is_cache_up=_is_cache_up(),
        cache_error_rate=failure_rate(CACHE, at=at),
        mean_ms=runs["mean_ms"],
    )


def find_faults() -> tuple[str, ...]:
    """Return what keeps this process from serving: the names of the checks that fail."""
    checks: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("database", _is_database_up),
        ("migrations", is_migrated),
        ("queue", _is_queue_reachable),
    )
    for name, check in checks:  # each needs the one before it
        try:
            if check():
                continue
        except DatabaseError:
            pass
        return (name,)
    return ()


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """Answer with the score."""
    now = timezone.now()
    try:
        found = assess(read_vitals(at=now))
    except DatabaseError:
        found = Health(0, "critical", (("database", 100),), ())
    return JsonResponse(
        {
            "score": found.score,
            "status": found.grade,
            "deductions": [{"reason": reason, "points": points} for reason, points in found.deductions],
            "unknown": list(found.unknown),
            "checked_at": now.isoformat(),
        },
        status=200 if found.score >= GRADES[-2][0] else 503,
    )


@never_cache
@require_safe
async def live(request: HttpRequest) -> JsonResponse:
    """Answer as long as the process runs; touches nothing else."""
    return JsonResponse({"status": "alive"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when pages and streams can be served, else 503 with what is missing."""
    faults = find_faults()
    return JsonResponse({"status": "waiting" if faults else "ready", "faults": faults}, status=503 if faults else 200)


def _is_database_up() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone())


_migrated: list[bool] = []  # once applied they stay applied while this process lives


def is_migrated() -> bool:
    """Tell whether every migration of this version is applied."""
    if not _migrated:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _migrated.append(True)
    return True


def _is_queue_reachable() -> bool:
    OrmQ.objects.exists()
    return True


def _is_cache_up() -> bool:
    key, value = "lnrag:health", uuid4().hex
    try:
        cache.set(key, value, timeout=30)
        return bool(cache.get(key) == value)
    except Exception:  # a cache may raise whatever its client raises, and is down either way
        return False
