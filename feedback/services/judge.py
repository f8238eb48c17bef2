"""Judge each rollout by what its turns came to, and tell the floor below: its gates read the verdict (RO-07, RO-12)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from feedback.domain.verdicts_kpi import Finding, Turn, Votes, judge_gate, judge_kpis, kpis, overall
from feedback.models import Rating
from models_registry.domain.ramp import RampState
from models_registry.domain.rollout import RolloutSpec
from models_registry.domain.variants import ADVICE
from models_registry.models import Generation, Rollout
from models_registry.queries.rollout_specs import spec_of
from models_registry.services import ramp
from rag.models import Answer
from recommendations.models import Recommendation, RecommendationRun

WINDOW = timedelta(days=7)
MOST_TURNS = 20_000  # of a week; the newest count


@dataclass(frozen=True, slots=True)
class Arm:
    """The turns and votes of some variants of one rollout."""

    turns: tuple[Turn, ...]
    votes: Votes


@dataclass(frozen=True, slots=True)
class Judged:
    """What one rollout was found to be: the gates to everybody, and the figures of its week (advice only)."""

    rollout: str
    is_passed: bool | None
    gate: tuple[Finding, ...]
    kpis: tuple[Finding, ...]


def judge_all(*, at: datetime) -> tuple[Judged, ...]:
    """Judge every running rollout and note the verdict with it."""
    rows = Rollout.objects.filter(is_enabled=True, state=RampState.RUNNING.value)
    return tuple(judge(row, at=at) for row in rows)


def judge(row: Rollout, *, at: datetime) -> Judged:
    """Judge one rollout by the turns at its present share, at most a week of them, and note the verdict."""
    spec, since = spec_of(row), max(at - WINDOW, row.step_since or at - WINDOW)
    new = _arm(spec, [one.slug for one in spec.treated], since=since)
    old = _arm(spec, [spec.baseline], since=since)
    gate = judge_gate(new.turns, new=new.votes, old=old.votes)
    figures = judge_kpis(kpis(new.turns, new.votes)) if row.purpose == ADVICE else ()
    verdict = overall(gate)
    told = tuple(one.told for one in (*gate, *(one for one in figures if one.is_passed is False)))
    ramp.note_verdict(row.pk, is_passed=verdict, told=told, at=at)
    return Judged(row.slug, verdict, gate, figures)


def _arm(spec: RolloutSpec, variants: Iterable[str], *, since: datetime) -> Arm:
    names = [f"{spec.slug}:{variant}" for variant in variants]
    return _advice_arm(names, since=since) if spec.purpose == ADVICE else _answer_arm(names, since=since)


def _advice_arm(names: list[str], *, since: datetime) -> Arm:
    met = _any_of("rollout__experiments", names)
    runs = RecommendationRun.objects.filter(met, started_at__gte=since, outcome=RecommendationRun.Outcome.COMPLETED)
    rows = runs.order_by("-started_at").values_list("quality_score", "processing_ms", "response__counts")[:MOST_TURNS]
    advised = Recommendation.objects.filter(run__in=runs).values_list("pk", flat=True)
    return Arm(
        tuple(Turn(quality, latency_ms, **(counts or {})) for quality, latency_ms, counts in rows),
        _votes(Rating.Target.RECOMMENDATION, advised),
    )


def _answer_arm(names: list[str], *, since: datetime) -> Arm:
    """Answers have no score of their own: one is good when no sentence of it is doubted."""
    spoken = Generation.objects.filter(_any_of("plan__experiments", names), created_at__gte=since).values("pk")
    answers = Answer.objects.filter(generation_id__in=spoken, outcome=Answer.Outcome.COMPLETED, is_abstention=False)
    rows = answers.order_by("-asked_at").values_list("checks", "processing_ms")[:MOST_TURNS]
    return Arm(
        tuple(Turn(float(not checks), latency_ms) for checks, latency_ms in rows),
        _votes(Rating.Target.ANSWER, answers.values_list("pk", flat=True)),
    )


def _votes(target: str, keys: QuerySet[Recommendation, UUID] | QuerySet[Answer, UUID]) -> Votes:
    found = Rating.objects.filter(target=target, target_id__in=[str(key) for key in keys[:MOST_TURNS]])
    counted = found.aggregate(up=Count("pk", filter=Q(thumb=1)), down=Count("pk", filter=Q(thumb=-1)))
    return Votes(counted["up"], counted["down"])


def _any_of(field: str, names: list[str]) -> Q:
    found = Q(pk__in=())
    for name in names:
        found |= Q(**{f"{field}__contains": [name]})
    return found
