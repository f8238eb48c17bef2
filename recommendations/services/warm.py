"""Put the advice for the most viewed nodes into words before they are asked for, through the serving code itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from asgiref.sync import async_to_sync
from django_q.models import Schedule

from models_registry.services.health import ensure_fresh
from models_registry.services.plan import plan_generation
from rag.services.warm import WarmReport as QuestionReport
from rag.services.warm import warm_common_questions
from recommendations.domain.advice import Engine
from recommendations.domain.errors import RecommendationsError
from recommendations.models import WarmRun
from recommendations.queries import most_viewed_nodes
from recommendations.queries.popularity import connected_nodes
from recommendations.services.collect import advise_now
from recommendations.services.prepare import PURPOSE, AdviceRequest

UNIT = "warmer"
NODES_JOB, NODES_TASK = "warm popular nodes", "recommendations.tasks.warm_popular_nodes"
QUESTIONS_JOB, QUESTIONS_TASK = "warm common questions", "rag.tasks.warm_common_questions"
Progress = Callable[[int, int], None]  # (nodes looked at, of)


@dataclass(frozen=True, slots=True)
class WarmReport:
    """How many nodes were warmed, found warm already, left to the rules alone, or failed."""

    warmed: int = 0
    already_warm: int = 0
    degraded: int = 0  # no model was there for it: the rules answered, and no words are kept
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Warming:
    """What one run came to. Its row counts an answer without a model among the failed ones."""

    run: WarmRun
    nodes: WarmReport
    questions: QuestionReport

    @property
    def degraded(self) -> int:
        """Return how many answers the built-in engine made, because no model was there."""
        return self.nodes.degraded + self.questions.degraded


def warm_everything(*, nodes: int, at: datetime, progress: Progress | None = None) -> Warming:
    """Warm the `nodes` most viewed nodes, connected ones, and the common questions; store and return the figures."""
    began = monotonic()
    of_nodes = async_to_sync(warm_popular_nodes)(popular_nodes(limit=nodes), at=at, progress=progress)
    of_questions = async_to_sync(warm_common_questions)(at=at)
    run = WarmRun.objects.create(
        started_at=at,
        seconds=monotonic() - began,
        nodes_warmed=of_nodes.warmed,
        nodes_already_warm=of_nodes.already_warm,
        nodes_failed=of_nodes.failed + of_nodes.degraded,
        questions_warmed=of_questions.warmed,
        questions_already_warm=of_questions.already_warm,
        questions_failed=of_questions.failed + of_questions.degraded,
    )
    return Warming(run, of_nodes, of_questions)


def keep_warm(*, nodes: int, interval_min: int, at: datetime) -> None:
    """Let the timetable warm from now on, every `interval_min` minutes, as if its rows had been edited so."""
    for name, task, arguments in ((NODES_JOB, NODES_TASK, f"limit={nodes}"), (QUESTIONS_JOB, QUESTIONS_TASK, None)):
        Schedule.objects.update_or_create(
            name=name,
            defaults={
                "func": task,
                "schedule_type": Schedule.MINUTES,
                "minutes": interval_min,
                "repeats": -1,
                "kwargs": arguments,
                "next_run": at,
            },
        )


async def warm_popular_nodes(pubkeys: tuple[str, ...], *, at: datetime, progress: Progress | None = None) -> WarmReport:
    """Advise on each node as an unknown reader would be; one that fails does not stop the others."""
    warmed = already_warm = degraded = failed = 0
    for place, pubkey in enumerate(pubkeys):
        if progress:
            progress(place, len(pubkeys))
        try:
            advice = await advise_now(AdviceRequest(pubkey=pubkey, unit=UNIT, engine=Engine.V2), at=at)
        except RecommendationsError:
            failed += 1
            continue
        told = advice.completed
        already_warm += told["cached"]
        degraded += told["degraded"]
        warmed += not told["cached"] and not told["degraded"]
    return WarmReport(warmed, already_warm, degraded, failed)


def popular_nodes(*, limit: int = 100) -> tuple[str, ...]:
    """Return the most viewed nodes of the latest week, then connected ones; () when no model could speak of them."""
    ensure_fresh()
    request = AdviceRequest(pubkey="", unit=UNIT)
    if not plan_generation(request.query_type, purpose=PURPOSE, unit=UNIT).can_generate:
        return ()
    viewed = tuple(node.pubkey for node in most_viewed_nodes(days=7, limit=limit))
    return tuple(dict.fromkeys((*viewed, *connected_nodes())))
