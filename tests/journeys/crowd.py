"""Many at once: job queues in processes of their own, callers that start together, and rows held still meanwhile."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import connection, connections, transaction
from django.utils import timezone
from django_q.models import OrmQ, Task
from django_q.tasks import async_task

from tests.journeys.served import database_url, wait_until

T = TypeVar("T")
PATIENCE_S = 30.0
BLOCKED = """
SELECT application_name FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@dataclass(slots=True)
class Queue:
    """One job queue with one worker, as `manage.py qcluster` runs it. The database knows it by its name."""

    name: str
    database: dict[str, Any]  # settings of the connection it shall use
    log: Path
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> Self:
        environment = {
            "DATABASE_URL": database_url(self.database),
            "DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE,
            "LNRAG_VAR": str(settings.VAR_DIR),
            "PGAPPNAME": self.name,
            "QUEUE_WORKERS": "1",
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                (sys.executable, "manage.py", "qcluster"),
                cwd=settings.BASE_DIR,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self

    def kill(self) -> None:
        """Kill it with its worker, as the power does."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def together(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Make the calls in as many threads, which start at once; return what each came to, in their order."""
    start = Barrier(len(calls))

    def alone(call: Callable[[], T]) -> T:
        start.wait(PATIENCE_S)
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(alone, calls))


@contextmanager
def held(rows: Any) -> Iterator[None]:
    """Hold these rows locked during the block: who wants to change one of them waits."""
    with transaction.atomic():
        assert list(rows.select_for_update(of=("self",)))
        yield


def while_held(rows: Any, call: Callable[[], T], *, until: Callable[[], object]) -> T:
    """Make the call in another thread while the rows are locked, let go of them once it is so; return its result."""
    with ThreadPoolExecutor(1) as thread:
        with held(rows):
            future = thread.submit(call)
            wait_until(until, patience_s=PATIENCE_S)
        return future.result(PATIENCE_S)


def blocked() -> list[str]:
    """Return the names of the programs that wait for a lock of this database, one for each connection."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # else a transaction sees one moment all the time
        cursor.execute(BLOCKED)
        return sorted(name for (name,) in cursor.fetchall())


def enqueue(task: str, *, times: int = 1) -> list[str]:
    """Give the queues the same job so many times, past a transaction that is open here; return the jobs' ids."""
    (jobs,) = together([lambda: [async_task(task) for _ in range(times)]])
    return jobs


def results(jobs: Sequence[str]) -> list[Any]:
    """Return what the jobs came to once all are over."""
    rows = Task.objects.filter(pk__in=jobs)
    wait_until(lambda: rows.count() == len(jobs), patience_s=PATIENCE_S)
    failures = [row.result for row in rows if not row.success]
    assert not failures, failures
    return [row.result for row in rows]


def let_the_queue_retry() -> None:
    """Let the time pass after which a job that nobody reported back is given out again."""
    OrmQ.objects.update(lock=timezone.now() - timedelta(seconds=1))
