"""The timetable: what runs by itself, how often, and why.

Syncing adds what is missing, by name. It never touches a cadence or `repeats` (0 = off) that an administrator changed.
"""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django_q.models import Schedule

LOCK = 0x6C6E7261  # "lnra": two starts at once must not add a job twice, for a schedule has no unique name


@dataclass(frozen=True, slots=True)
class Entry:
    """One job of the timetable. `minutes` is its first cadence; the row decides from then on.

    `arguments` are the task's, as django-q2 keeps them: `limit=100`.
    """

    name: str
    task: str
    minutes: int
    why: str
    is_on: bool = True
    arguments: str = ""


TIMETABLE = (
    Entry(
        "warm popular nodes",
        "recommendations.tasks.warm_popular_nodes",
        minutes=max(settings.CACHE_WARM_INTERVAL // 60, 1),
        why="the most viewed nodes answer from the cache",
        is_on=settings.CACHE_WARM_ENABLED,
        arguments=f"limit={settings.CACHE_WARM_NODES}",
    ),
    Entry(
        "warm common questions",
        "rag.tasks.warm_common_questions",
        minutes=max(settings.CACHE_WARM_INTERVAL // 60, 1),
        why="what everybody asks is answered from the cache",
        is_on=settings.CACHE_WARM_ENABLED,
    ),
    Entry(
        "forget answers",
        "rag.tasks.forget_answers",
        minutes=60,
        why="rows of kept answers that have expired find nothing any more",
    ),
    Entry(
        "measure due impacts",
        "feedback.tasks.measure_due_impacts",
        minutes=60,
        why="applied advice is measured when its waiting time is over",
    ),
    Entry(
        "detect applied advice",
        "feedback.tasks.detect_applied",
        minutes=10,
        why="what an operator did on the node itself counts as applied, and is measured",
    ),
    Entry(
        "expire recommendations",
        "recommendations.tasks.expire_recommendations",
        minutes=24 * 60,
        why="advice that nobody acted on for 30 days leaves the inbox",
    ),
    Entry(
        "watch nodes",
        "recommendations.tasks.watch_nodes",
        minutes=5,
        why="an offline peer, a force close or stale data becomes an alert even where no reading succeeds",
    ),
    Entry(
        "send alerts",
        "recommendations.tasks.send_alerts",
        minutes=1,
        why="alerts of one minute go out together, after quiet hours, and again when they did not arrive",
    ),
    Entry(
        "sync nodes",
        "recommendations.tasks.sync_nodes",
        minutes=1,
        why="each connected node is read when its own cadence says so, and later each time it fails",
    ),
    Entry(
        "prune graph history",
        "recommendations.tasks.prune_graph_history",
        minutes=24 * 60,
        why="a graph read every day would otherwise fill the disk with what no longer stands",
    ),
    Entry(
        "sample on-chain fees",
        "recommendations.tasks.sample_onchain_fees",
        minutes=10,
        why="whether a transaction is cheap now is judged by the fees of the latest 30 days",
    ),
    Entry(
        "refresh outside facts",
        "recommendations.tasks.refresh_outside_facts",
        minutes=10,
        why="what optional services say of viewed nodes is kept, so that no page waits for them",
    ),
    Entry(
        "refresh hosts",
        "models_registry.tasks.refresh_hosts",
        minutes=5,
        why="a host that comes or goes is known before somebody waits for it",
    ),
    Entry(
        "watch rollouts",
        "models_registry.tasks.watch_rollouts",
        minutes=1,
        why="outcomes left uncounted are counted, and the next step opens when its gates do",
    ),
    Entry(
        "judge rollouts",
        "feedback.tasks.judge_rollouts",
        minutes=60,
        why="a step to everybody asks for a verdict on quality, speed and satisfaction",
    ),
    Entry(
        "evaluate nightly",
        "rag.tasks.evaluate_nightly",
        minutes=24 * 60,
        why="while a rollout changes retrieval, finding too little takes it back",
    ),
    Entry(
        "run shadows",
        "recommendations.tasks.run_shadows",
        minutes=1,
        why="what is tried in the shadow is asked while nobody else needs a model",
    ),
    Entry(
        "run shadows of answers",
        "rag.tasks.run_shadows",
        minutes=1,
        why="answers from the library are tried in the shadow by the same rule",
    ),
    Entry(
        "refresh observations",
        "models_registry.tasks.refresh_observations",
        minutes=10,
        why="measured latency, speed and quality take the place of what was declared",
    ),
    Entry(
        "keep spaces",
        "rag.tasks.keep_spaces",
        minutes=10,
        why="a re-index that was interrupted goes on, and an index follows the size of the library",
    ),
    Entry(
        "forget requests",
        "models_registry.tasks.forget_requests",
        minutes=24 * 60,
        why="how often somebody asked two hours ago limits nobody any more",
    ),
    Entry(
        "forget breakers",
        "models_registry.tasks.forget_breakers",
        minutes=24 * 60,
        why="the open breaker of a model that is gone would lower the health for ever",
    ),
    Entry(
        "refresh sources",
        "rag.tasks.refresh_sources",
        minutes=5,
        why="folders and addresses are read again when due, failed files tried again, interrupted intakes taken up",
    ),
)
ENQUEUED = (  # by somebody who asked, not by the clock
    "recommendations.tasks.compute_betweenness",
    "recommendations.tasks.leave_large_nodes",
    "recommendations.tasks.import_uploaded_graph",
    "recommendations.tasks.advise_all_nodes",
    "recommendations.tasks.sync_node",
    "models_registry.tasks.load_model",
    "models_registry.tasks.pull_model",
    "rag.tasks.take_in",
    "rag.tasks.build_space",
)


def sync(*, at: datetime) -> tuple[str, ...]:
    """Add the jobs that have no row yet, due at once; return their names."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        known = dict(Schedule.objects.filter(name__in=[e.name for e in TIMETABLE]).values_list("name", "func"))
        for entry in TIMETABLE:
            if entry.name in known and known[entry.name] != entry.task:  # the task moved: the job follows it
                Schedule.objects.filter(name=entry.name).update(func=entry.task)
        missing = tuple(entry for entry in TIMETABLE if entry.name not in known)
        Schedule.objects.bulk_create(_row(entry, at=at) for entry in missing)
    return tuple(entry.name for entry in missing)


def _row(entry: Entry, *, at: datetime) -> Schedule:
    return Schedule(
        name=entry.name,
        func=entry.task,
        schedule_type=Schedule.MINUTES,
        minutes=entry.minutes,
        repeats=-1 if entry.is_on else 0,
        kwargs=entry.arguments or None,
        next_run=at,
    )
