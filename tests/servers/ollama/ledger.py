"""Keep the records of one server. Written by its thread, read as copies by any other."""

import threading
import time
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from typing import Any

from tests.servers.ollama.records import Generation, Load, Outcome, Request, Unload, Wait, WaitCause

Record = Request | Generation | Load | Unload | Wait
KINDS: tuple[type[Record], ...] = (Request, Generation, Load, Unload, Wait)


def count_in(record: Record, totals: Counter[str]) -> None:
    """Add one record to the totals. Called thousands of times for a report, hence no counter per record."""
    if isinstance(record, Request):
        totals["requests"] += 1
        totals["hung_up"] += record.hung_up
    elif isinstance(record, Generation):
        totals[f"generations_{record.outcome}"] += 1
        totals["tokens"] += record.tokens_generated
        totals["tokens_after_close"] += record.tokens_after_close
    elif isinstance(record, Load):
        totals["loads_aborted" if record.aborted else "loads_failed" if record.failed else "loads"] += 1
        totals[f"loads_{record.cause}"] += 1
    else:
        totals[f"{'unloads' if isinstance(record, Unload) else 'waits'}_{record.cause}"] += 1


class Ledger:
    """Everything that happened, or the latest `history` records of each kind. Totals count what was dropped too."""

    def __init__(self, *, history: int | None = None) -> None:
        self.began_at = time.monotonic()
        self.connections = 0
        self.open_connections = 0
        self.crashes: list[BaseException] = []
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._shelves: dict[type[Record], deque[Any]] = {kind: deque() for kind in KINDS}
        self._history = history
        self._dropped: Counter[str] = Counter()
        self._active: Counter[str] = Counter()
        self._peaks: Counter[str] = Counter()

    def add(self, record: Record) -> None:
        """Keep a record; its owner may go on filling it in."""
        with self._lock:
            shelf = self._shelves[type(record)]
            shelf.append(record)
            if self._history is not None and len(shelf) > self._history:
                count_in(shelf.popleft(), self._dropped)

    def next_number(self) -> int:
        """Return a number no other record of this server has."""
        return next(self._numbers)

    @contextmanager
    def counting(self, *keys: str) -> Iterator[None]:
        """Count something as in progress under these keys, for the peaks."""
        for key in keys:
            self._active[key] += 1
            if self._active[key] > self._peaks[key]:
                self._peaks[key] = self._active[key]
        try:
            yield
        finally:
            for key in keys:
                self._active[key] -= 1

    @contextmanager
    def waiting(self, model: str, cause: WaitCause, *, request: int) -> Iterator[None]:
        """Record a wait, and whether it was given up."""
        wait = Wait(model, cause, request)
        self.add(wait)
        try:
            with self.counting("waiting", f"waiting {model}"):
                yield
        except BaseException:
            wait.gave_up = True
            raise
        finally:
            wait.finished_at = time.monotonic()

    def active(self, key: str = "") -> int:
        """Return how many are in progress now under a key of `counting`."""
        return self._active[key]

    def peak(self, key: str = "") -> int:
        """Return the most ever in progress together, for one key or for all requests."""
        return self._peaks[key]

    def totals(self) -> Counter[str]:
        """Return the counts since the start or the latest `clear`."""
        with self._lock:
            found = Counter(self._dropped)
            records = [record for shelf in self._shelves.values() for record in shelf]
        for record in records:
            count_in(record, found)
        return +found

    def requests(self) -> tuple[Request, ...]:
        return tuple(map(replace, self._kept(Request)))

    def generations(self) -> tuple[Generation, ...]:
        found: Iterable[Generation] = self._kept(Generation)
        return tuple(replace(one, tokens=tuple(one.tokens), token_times=tuple(one.token_times)) for one in found)

    def running(self) -> int:
        """Return how many generations have not ended."""
        return sum(record.outcome is Outcome.RUNNING for record in self._kept(Generation))

    def loads(self) -> tuple[Load, ...]:
        return tuple(map(replace, self._kept(Load)))

    def unloads(self) -> tuple[Unload, ...]:
        return tuple(self._kept(Unload))

    def waits(self) -> tuple[Wait, ...]:
        return tuple(map(replace, self._kept(Wait)))

    def clear(self) -> None:
        """Forget the past; what is in progress still finishes its own records."""
        with self._lock:
            for shelf in self._shelves.values():
                shelf.clear()
            self._dropped.clear()
            self._peaks = Counter(self._active)
            self.began_at = time.monotonic()

    def _kept(self, kind: type[Record]) -> tuple[Any, ...]:
        with self._lock:
            return tuple(self._shelves[kind])
