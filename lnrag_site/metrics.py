"""Metrics of the site itself, and the page that Prometheus reads.

Counters of the web process and of the workers add up through a shared folder, PROMETHEUS_MULTIPROC_DIR, set by `start`.
State gauges must hold across processes, so they are read from the machine and from rows at each scrape.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import psutil
from django.conf import settings
from django.db import connection
from django.utils import timezone
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from lnrag_site.schedules import ENQUEUED, TIMETABLE
from models_registry.domain.breaker import BreakerState
from models_registry.metrics import model_label
from models_registry.queries.breakers import BreakerStats, breaker_stats
from rag.queries.answers import doubted_share

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
CPU_SAMPLE_S = 0.1  # the first sample without a span would read 0, which is not "unknown"
KNOWN_TASKS = frozenset({entry.task for entry in TIMETABLE} | set(ENQUEUED))
STATE_NUMBERS = {BreakerState.CLOSED: 0, BreakerState.HALF_OPEN: 1, BreakerState.OPEN: 2}  # CB-07
BREAKER_TOTALS = (
    ("circuit_breaker_requests", "total_calls"),
    ("circuit_breaker_failures", "total_failures"),
    ("circuit_breaker_success", "total_successes"),
)
INDEX_TABLES = (("vectors", "rag_chunkembedding"), ("postings", "rag_posting"))

RESPONSE_TIME = Histogram(
    "lnrag_response_time_ms",
    "Time until a response starts, in milliseconds, by URL name.",
    labelnames=("endpoint",),
    buckets=(5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000),
)
JOBS = Counter("lnrag_jobs", "Jobs that ended.", labelnames=("task", "status"))


def count_job(sender: object, *, task: Mapping[str, Any], **_future: object) -> None:
    """Count a job that ended; only jobs of ours are named."""
    func = str(task.get("func"))
    JOBS.labels(
        task=func if func in KNOWN_TASKS else "other", status="success" if task.get("success") else "failure"
    ).inc()


class StateCollector(Collector):
    """Gauges of the machine and of rows, as they are at the moment of the scrape."""

    def collect(self) -> Iterator[Metric]:
        yield _gauge("rag_system_info", "The version that runs.", {(settings.VERSION,): 1}, "version")
        yield _gauge("system_cpu_percent", "Busy share of all cores.", {(): psutil.cpu_percent(interval=CPU_SAMPLE_S)})
        yield _gauge("system_memory_percent", "Used share of memory.", {(): psutil.virtual_memory().percent})
        yield _gauge(
            "system_disk_percent", "Used share of the disk.", {(): psutil.disk_usage(str(settings.VAR_DIR)).percent}
        )
        memory = psutil.Process().memory_info().rss
        yield _gauge("rag_memory_usage_bytes", "Resident memory.", {("web",): memory}, "component")
        yield _gauge("rag_index_size_bytes", "Size on disk, with indexes.", _index_sizes(), "index_type")
        if (share := doubted_share(at=timezone.now())) is not None:
            told = "Share of the latest day's answers by a model with a number, quote, command or citation nobody gave."
            yield _gauge("answer_hallucination_flag", told, {(): share})
        yield from _breaker_metrics()


def scrape() -> bytes:
    """Return every metric of every process in Prometheus' text format."""
    counters: CollectorRegistry = REGISTRY
    if os.environ.get(SHARED_FOLDER):
        counters = CollectorRegistry()
        MultiProcessCollector(counters)  # type: ignore[no-untyped-call]  # the library leaves it untyped
    state = CollectorRegistry()
    state.register(StateCollector())
    return generate_latest(counters) + generate_latest(state)


def _index_sizes() -> dict[tuple[str, ...], float]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s), pg_total_relation_size(%s)", [t for _, t in INDEX_TABLES])
        return {(kind,): size for (kind, _), size in zip(INDEX_TABLES, cursor.fetchone(), strict=True)}


def _breaker_metrics() -> Iterator[Metric]:
    """Yield what the breakers' rows say; every process writes to the same row, so its totals are everybody's."""
    found: dict[tuple[str, ...], list[BreakerStats]] = {}
    for one in breaker_stats(at=timezone.now()):
        found.setdefault((_breaker_label(one.name),), []).append(one)
    worst = {label: max(STATE_NUMBERS[one.state] for one in same) for label, same in found.items()}
    yield _gauge("circuit_breaker_state", "0 closed, 1 half-open, 2 open.", worst, "name")
    rates = {label: max(rates) for label, same in found.items() if (rates := _known(same, "failure_rate"))}
    yield _gauge("circuit_breaker_failure_rate", "Failed share of the last hour's calls.", rates, "name")
    means = {label: max(means) for label, same in found.items() if (means := _known(same, "mean_ms"))}
    yield _gauge("circuit_breaker_avg_duration_ms", "Mean time of a call.", means, "name")
    for name, field in BREAKER_TOTALS:
        family = CounterMetricFamily(name, f"{name.replace('_', ' ').capitalize()}, of all processes.", labels=["name"])
        for label, same in found.items():
            family.add_metric(label, sum(getattr(one, field) for one in same))
        yield family


def _breaker_label(name: str) -> str:
    """Return a bounded label: a model's raw tag is none. Two tags that look alike share one."""
    host, slash, model = name.partition("/")
    return f"{host}/{model_label(model)}" if slash else host


def _known(same: list[BreakerStats], field: str) -> list[float]:
    return [value for one in same if (value := getattr(one, field)) is not None]


def _gauge(name: str, documentation: str, samples: Mapping[tuple[str, ...], float], *labels: str) -> Metric:
    family = GaugeMetricFamily(name, documentation, labels=labels)
    for values, value in samples.items():
        family.add_metric(values, value)
    return family
