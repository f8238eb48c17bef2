"""Remember what happened, for assertions."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How a generation ended."""

    RUNNING = "running"
    DONE = "done"
    HUNG_UP = "hung_up"  # the client left first
    FAULT = "fault"  # the order ended it


@dataclass(slots=True)
class Request:
    """One HTTP request; header names are lower case."""

    connection: int
    method: str
    target: str
    headers: Mapping[str, str]
    body: Any  # parsed JSON, None when there is none
    status: int | None = None
    hung_up: bool = False

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(slots=True)
class Generation:
    """One streamed answer. Times are `time.monotonic()`, in seconds."""

    model: str
    outcome: Outcome = Outcome.RUNNING
    tokens: list[str] = field(default_factory=list)
    token_times: list[float] = field(default_factory=list)
    payload_bytes: int = 0  # without HTTP framing
    closed_at: float | None = None  # when the server saw the client leave

    @property
    def text(self) -> str:
        return "".join(self.tokens)

    def note_token(self, token: str) -> None:
        self.tokens.append(token)
        self.token_times.append(time.monotonic())

    def tokens_after(self, moment: float) -> int:
        """Return the tokens generated after a `time.monotonic()` of the test's own."""
        return sum(at > moment for at in self.token_times)
