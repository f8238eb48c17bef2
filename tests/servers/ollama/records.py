"""What is remembered of each request, generation, wait, load and unload. Times are `time.monotonic()`, in seconds."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
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


class WaitCause(StrEnum):
    SLOT = "slot"  # the model is in memory and busy: no bound, no notice
    LOAD = "load"  # it must be loaded first, and others may be loading before it
    SHARED_LOAD = "shared_load"  # somebody else is loading it already


@dataclass(slots=True)
class Request:
    """One HTTP request. Header names are lower case."""

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
    tokens: Sequence[str] = ()
    token_times: Sequence[float] = ()
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
    failed: bool = False  # the scenario ended it


@dataclass(frozen=True, slots=True)
class Unload:
    """One model dropped from memory."""

    model: str
    cause: UnloadCause
    at: float = field(default_factory=time.monotonic)
    made_room_for: str = ""  # the model that needed it


@dataclass(slots=True)
class Wait:
    """One request that could not begin at once."""

    model: str
    cause: WaitCause
    request: int
    started_at: float = field(default_factory=time.monotonic)
    finished_at: float | None = None
    gave_up: bool = False  # the client left, or the load failed

    def seconds(self, now: float) -> float:
        return (self.finished_at or now) - self.started_at
