"""Keep the ledger's rows in memory for a moment, and store them together. Nothing leaves memory before it is stored."""

import atexit
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from django.conf import settings
from django.db import DataError, Error, IntegrityError

from models_registry.models import Generation
from models_registry.services.behind import Behind
from models_registry.services.borrow import give_back

logger = logging.getLogger(__name__)
MOST_WAITING = 20_000  # rows; about 100 MB, and minutes of the busiest gateway
MOST_AT_ONCE = 500
GIVE_UP_S = 120.0  # a database that is away for longer is an outage; the log then has what the ledger lacks
LAST_PAUSES_S = (0.1, 0.25, 0.5, 1.0, 2.0)  # between attempts of a process that ends: supervisors wait for ten seconds

RowMaker = Callable[[], Generation]


class LedgerQueue:
    """Rows that wait for a common insert. A row that cannot be stored is written to the log instead, never dropped."""

    def __init__(self, *, most_waiting: int = MOST_WAITING, clock: Callable[[], float] = time.monotonic) -> None:
        self._most_waiting = most_waiting
        self._clock = clock
        self._begin()
        self._behind = Behind(self._write, name="ledger")
        os.register_at_fork(after_in_child=self._begin)  # the parent's rows are the parent's to store
        atexit.register(self._end)

    def put(self, make_row: RowMaker) -> None:
        """Have this row stored soon; it is made by the thread that stores it."""
        if len(self._waiting) >= self._most_waiting:
            _lost(make_row(), why="too many rows wait for the database")
            return
        self._waiting.append(make_row)
        if settings.WRITE_BEHIND_S:
            self._behind.soon()
        else:
            self._write_now()

    def flush(self) -> None:
        """Store what waits, in this thread. What the database refuses stays, and is tried again."""
        with self._writing:
            while self._waiting and self._store_some():
                pass

    def _end(self) -> None:
        """Store what waits before the process is gone. A database may refuse for a moment: when it is full, or busy."""
        for pause_s in LAST_PAUSES_S:
            self.flush()
            if not self._waiting:
                return
            give_back()
            time.sleep(pause_s)
        self.flush()
        while self._waiting:
            _lost(self._waiting.popleft()(), why="the database was away when the process ended")

    def _begin(self) -> None:
        self._waiting: deque[RowMaker] = deque()
        self._writing = threading.Lock()
        self._failing_since: float | None = None

    def _write_now(self) -> None:
        """Store in another thread and wait for it: this one may be an event loop's, which has no connection."""
        thread = threading.Thread(target=self._flush_and_give_back, name="ledger")
        thread.start()
        thread.join()

    def _flush_and_give_back(self) -> None:
        try:
            self.flush()
        finally:
            give_back()

    def _write(self) -> None:
        self.flush()
        if self._waiting:
            self._behind.soon()

    def _store_some(self) -> bool:
        """Store the oldest rows and let go of them; return whether the database took part."""
        makers = [self._waiting[at] for at in range(min(MOST_AT_ONCE, len(self._waiting)))]
        rows = [make_row() for make_row in makers]
        try:
            _insert(rows)
        except Error:
            return self._noted_failure(rows)
        self._failing_since = None
        self._let_go(len(rows))
        return True

    def _noted_failure(self, rows: Sequence[Generation]) -> bool:
        now = self._clock()
        if self._failing_since is None:
            self._failing_since = now
            logger.warning("The ledger cannot be written", extra={"waiting": len(self._waiting)}, exc_info=True)
        if now - self._failing_since < GIVE_UP_S:
            return False
        for row in rows:
            _lost(row, why="the database was away for too long")
        self._let_go(len(rows))
        return True

    def _let_go(self, count: int) -> None:
        for _ in range(count):
            self._waiting.popleft()


def _insert(rows: Sequence[Generation]) -> None:
    """Store rows together; where one of them cannot be stored at all, the others one by one.

    A row that arrived though its answer got lost is not stored twice: its id is known.
    """
    try:
        Generation.objects.bulk_create(rows, ignore_conflicts=True)
    except (DataError, IntegrityError):
        for row in rows:
            try:
                Generation.objects.bulk_create([row], ignore_conflicts=True)
            except (DataError, IntegrityError) as exc:
                _lost(row, why=type(exc).__name__)


def _lost(row: Generation, *, why: str) -> None:
    told = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    kept = {name: value for name, value in told.items() if name not in ("plan", "decision", "created_at")}
    logger.error("models_registry.generation.not_stored", extra={"why": why, "row": {**kept, "id": str(row.pk)}})
