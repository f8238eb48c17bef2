"""Remember what happened, for assertions. Written by the server's thread, read as copies by any other."""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import count
from typing import Any


class Outcome(StrEnum):
    """How a generation ended."""

    RUNNING = "running"
    DONE = "done"
    HUNG_UP = "hung_up"  # the client left first
    FAULT = "fault"  # the scenario ended it
    REFUSED = "refused"  # an error status instead of an answer


class LoadCause(StrEnum):
    COLD = "cold"
    RELOAD = "reload"  # a load-time option, or `shift`, changed


class UnloadCause(StrEnum):
    EVICTED = "evicted"  # another model needed the room
    EXPIRED = "expired"  # keep_alive ran out
    ASKED = "asked"  # keep_alive 0
    RELOADED = "reloaded"


@dataclass(slots=True)
class Request:
    """One HTTP request. Times are `time.monotonic()`, in seconds; header names are lower case."""

    number: int
    connection: int
    method: str
    path: str
    headers: Mapping[str, str]
    raw: bytes
    body: Any = None  # the parsed JSON, None when there is none
    scenario: str = "normal"
    started_at: float = field(default_factory=time.monotonic)
    finished_at: float | None = None
    status: int | None = None  # None while nothing was answered
    hung_up: bool = False

    def answered(self, status: int) -> None:
        """Note the status, just before it goes out."""
        self.status = status

    def finished(self) -> None:
        """Note the time, just before the last bytes go out or when nothing more will."""
        self.finished_at = self.finished_at or time.monotonic()


@dataclass(slots=True)
class Generation:
    """One call of chat or generate that speaks (a preload is none)."""

    number: int
    request: int
    path: str
    model: str
    scenario: str
    streamed: bool
    num_ctx: int
    prompt_tokens: int
    unknown_options: tuple[str, ...] = ()
    outcome: Outcome = Outcome.RUNNING
    tokens: tuple[str, ...] = ()
    token_times: tuple[float, ...] = ()
    payload_bytes: int = 0  # NDJSON or JSON, without HTTP framing
    asked_at: float = field(default_factory=time.monotonic)
    started_at: float | None = None  # it got its slot
    finished_at: float | None = None
    closed_by_client: bool = False
    closed_at: float | None = None  # when the server saw the client leave

    @property
    def tokens_generated(self) -> int:
        return len(self.tokens)

    @property
    def text(self) -> str:
        return "".join(self.tokens)

    @property
    def tokens_after_close(self) -> int:
        """Return the tokens wasted on a client that had left: 0 or 1 unless the scenario is DEAF."""
        return 0 if self.closed_at is None else self.tokens_after(self.closed_at)

    def tokens_after(self, moment: float) -> int:
        """Return the tokens generated after a `time.monotonic()` of the test's own."""
        return sum(at > moment for at in self.token_times)


@dataclass(slots=True)
class Load:
    """One model brought into memory, or the attempt."""

    model: str
    cause: LoadCause
    options: Mapping[str, Any]
    request: int
    started_at: float = field(default_factory=time.monotonic)
    finished_at: float | None = None
    aborted: bool = False  # the client that caused it left


@dataclass(frozen=True, slots=True)
class Unload:
    """One model dropped from memory."""

    model: str
    cause: UnloadCause
    at: float = field(default_factory=time.monotonic)


class Ledger:
    """Everything that happened. Records stay mutable inside; whoever asks gets copies."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._requests: list[Request] = []
        self._generations: list[Generation] = []
        self._loads: list[Load] = []
        self._unloads: list[Unload] = []
        self._active: Counter[str] = Counter()
        self._peaks: Counter[str] = Counter()
        self.connections = 0
        self.open_connections = 0
        self.crashes: list[BaseException] = []

    def add(self, record: Request | Generation | Load | Unload) -> None:
        """Keep a record; its owner may go on filling it in."""
        shelves: dict[type, list[Any]] = {
            Request: self._requests,
            Generation: self._generations,
            Load: self._loads,
            Unload: self._unloads,
        }
        with self._lock:
            shelves[type(record)].append(record)

    def next_number(self) -> int:
        """Return a number no other record of this server has."""
        return next(self._numbers)

    @contextmanager
    def counting(self, path: str) -> Iterator[None]:
        """Count a request as in progress, for the peaks."""
        keys = ("", path)
        self._active.update(keys)
        self._peaks |= self._active
        try:
            yield
        finally:
            self._active.subtract(keys)

    def peak(self, path: str = "") -> int:
        """Return the most requests ever in progress together, for one path or for all."""
        return self._peaks[path]

    def requests(self) -> tuple[Request, ...]:
        with self._lock:
            return tuple(replace(record) for record in self._requests)

    def generations(self) -> tuple[Generation, ...]:
        with self._lock:
            return tuple(replace(record) for record in self._generations)

    def loads(self) -> tuple[Load, ...]:
        with self._lock:
            return tuple(replace(record) for record in self._loads)

    def unloads(self) -> tuple[Unload, ...]:
        with self._lock:
            return tuple(self._unloads)

    def clear(self) -> None:
        """Forget the past; what is in progress still finishes its own records."""
        with self._lock:
            for records in (self._requests, self._generations, self._loads, self._unloads):
                records.clear()
            self._peaks.clear()
