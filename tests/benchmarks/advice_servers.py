"""The product on a real socket over the real network of October 2025, for benchmarks of advice: one process, one key.

The words come from the echo host, which answers at once: what is measured is our own work.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from django.conf import settings
from django.db import connection
from django.utils import timezone

from models_registry.models import Provider, Strategy
from models_registry.services import defaults as model_defaults
from models_registry.services import keys
from rag.services import defaults as rag_defaults
from rag.services.ingest import load_library
from recommendations.models import NodeMetrics, Threshold
from recommendations.services import defaults
from recommendations.services.import_graph import import_graph
from recommendations.services.leave_channels import leave_channels
from tests.benchmarks.bench_retrieval import fresh_database
from tests.journeys.served import Served, database_url

SNAPSHOT = Path("shared") / "data" / "network" / "describegraph-2025-10-19.json.xz"
UNLIMITED = 1_000_000


def snapshot_path() -> Path:
    """Return where the real snapshot is, if it is there."""
    return Path(settings.BASE_DIR).parent / SNAPSHOT


@contextmanager
def furnished() -> Iterator[None]:
    """Work in a database of its own with shipped rows, the library, the real network, and the echo host."""
    now = timezone.now()
    with fresh_database():
        for floor in (model_defaults, rag_defaults, defaults):
            floor.load(at=now)
        load_library(at=now)
        leave_channels(import_graph(snapshot_path(), at=now).snapshot_id or 0)  # as the queue does after an import
        Provider.objects.exclude(slug="echo").update(is_enabled=False)
        Provider.objects.filter(slug="echo").update(is_enabled=True, checked_at=None)
        Strategy.objects.update(max_tokens=60_000)  # it repeats its whole prompt
        Threshold.objects.filter(rule="quality", name="min_score").update(value=0.0)  # its words are poor: one try
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        yield


@dataclass(frozen=True, slots=True)
class Server:
    """One served process and a client of it. What it computes is told apart: others may be at work."""

    client: httpx.Client
    process: psutil.Process

    def cpu_ms(self) -> float:
        """Return the processor time that the served process took so far; its database's is not in it."""
        used = self.process.cpu_times()
        return 1000 * float(used.user + used.system)


@contextmanager
def served() -> Iterator[Server]:
    """Serve it as `make run` does, with lent database connections, and a key."""
    key = keys.create("bench", requests_per_minute=UNLIMITED, requests_per_hour=UNLIMITED).text
    headers = {"Authorization": f"Bearer {key}", "X-API-Version": settings.API_VERSION}
    with (
        _lending(),
        tempfile.TemporaryDirectory() as folder,
        Served(dict(connection.settings_dict), Path(folder) / "daphne.log") as daphne,
        httpx.Client(base_url=daphne.url, headers=headers, timeout=60) as client,
    ):
        assert daphne.process
        yield Server(client, psutil.Process(daphne.process.pid))


@contextmanager
def _lending() -> Iterator[None]:
    """Have processes that are started now lend connections, as `lnrag_site.starting` has the web server do."""
    kept = os.environ.get("LNRAG_DB_POOL")
    os.environ["LNRAG_DB_POOL"] = "1"
    try:
        yield
    finally:
        os.environ.pop("LNRAG_DB_POOL")
        if kept is not None:
            os.environ["LNRAG_DB_POOL"] = kept


def managed(*words: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the product on the bench's database, in a process of its own."""
    environment = os.environ | {"DATABASE_URL": database_url(dict(connection.settings_dict)), "LOG_LEVEL": "ERROR"}
    command = (sys.executable, "manage.py", *words)
    return subprocess.run(command, cwd=settings.BASE_DIR, env=environment, text=True, capture_output=True, check=True)


def largest_nodes(limit: int) -> list[str]:
    """Return the keys of the nodes with the most live channels, largest first."""
    live = NodeMetrics.objects.filter(node__network__slug="mainnet", live_channel_count__gt=0)
    ordered = live.order_by("-live_channel_count", "node__pubkey")
    return list(ordered.values_list("node__pubkey", flat=True)[:limit])


def timed_ms(call: Callable[[], httpx.Response]) -> float:
    """Return how long a call took, which must succeed."""
    began = time.perf_counter()
    call().raise_for_status()
    return (time.perf_counter() - began) * 1000


def percentiles(times_ms: Sequence[float]) -> dict[str, float]:
    """Return the fastest, the middle, the 95th percentile, and the number of what was measured."""
    cuts = statistics.quantiles(times_ms, n=20)
    ends = {"fastest_ms": round(min(times_ms), 1), "p50_ms": round(cuts[9], 1), "p95_ms": round(cuts[18], 1)}
    return {"n": len(times_ms), **ends}


def at_rate(client: httpx.Client, paths: Sequence[str], *, per_s: float) -> list[tuple[float, dict[str, Any] | None]]:
    """Ask for the paths, so many each second whether answers come or not; return each one's ms and body, None: refused.

    A request that is sent late, because this process was busy, counts from when it should have been sent.
    """
    return asyncio.run(_at_rate(str(client.base_url), dict(client.headers), paths, per_s=per_s))


async def _at_rate(
    url: str, headers: dict[str, str], paths: Sequence[str], *, per_s: float
) -> list[tuple[float, dict[str, Any] | None]]:
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
        began = time.perf_counter()

        async def one(place: int) -> tuple[float, dict[str, Any] | None]:
            due = began + place / per_s
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            answer = await client.get(paths[place])
            took_ms = (time.perf_counter() - due) * 1000
            return took_ms, answer.json() if answer.is_success else None

        return list(await asyncio.gather(*(one(place) for place in range(len(paths)))))
