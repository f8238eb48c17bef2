"""Metrics of the site itself, and the page that Prometheus reads.

Counters of the web process and of the workers add up through a shared folder, PROMETHEUS_MULTIPROC_DIR, set by `start`.
State gauges must hold across processes, so they are read from the database and the machine at each scrape.
"""

import os
from collections.abc import Iterator

import psutil
from django.conf import settings
from django.db.models import Count
from django_q.models import Task
from prometheus_client import REGISTRY, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from lnrag_site.schedules import ENQUEUED, TIMETABLE

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
KNOWN_TASKS = frozenset({entry.task for entry in TIMETABLE} | set(ENQUEUED))
RESPONSE_TIME = Histogram(
    "lnrag_response_time_ms",
    "Time until a response starts, in milliseconds, by URL name.",
    labelnames=("endpoint",),
    buckets=(5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000),
)


class StateCollector(Collector):
    """Gauges of the machine and of rows, as they are at the moment of the scrape."""

    def collect(self) -> Iterator[Metric]:
        yield _gauge("rag_system_info", "The version that runs.", 1, version=settings.VERSION)
        yield _gauge("system_cpu_percent", "Busy share of all cores.", psutil.cpu_percent())
        yield _gauge("system_memory_percent", "Used share of memory.", psutil.virtual_memory().percent)
        yield _gauge("system_disk_percent", "Used share of the disk.", psutil.disk_usage(str(settings.VAR_DIR)).percent)
        memory = psutil.Process().memory_info().rss
        yield _gauge("rag_memory_usage_bytes", "Resident memory of a component.", memory, component="web")
        yield self._jobs()

    def _jobs(self) -> Metric:
        family = CounterMetricFamily("lnrag_jobs", "Finished jobs that are still kept.", labels=("task", "status"))
        counts: dict[tuple[str, str], int] = {}
        for func, success, count in Task.objects.values_list("func", "success").annotate(Count("pk")).order_by():
            key = (func if func in KNOWN_TASKS else "other", "success" if success else "failure")
            counts[key] = counts.get(key, 0) + count
        for labels, count in sorted(counts.items()):
            family.add_metric(labels, count)
        return family


def scrape() -> bytes:
    """Return every metric of every process in Prometheus' text format."""
    registry = CollectorRegistry()
    if os.environ.get(SHARED_FOLDER):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the library leaves its constructor untyped
        counters = generate_latest(registry)
    else:
        counters = generate_latest(REGISTRY)
    state = CollectorRegistry()
    state.register(StateCollector())
    return counters + generate_latest(state)


def _gauge(name: str, documentation: str, value: float, **labels: str) -> Metric:
    family = GaugeMetricFamily(name, documentation, labels=tuple(labels))
    family.add_metric(tuple(labels.values()), value)
    return family
