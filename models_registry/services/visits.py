"""One request on its way to a slot, as it is seen by who waits for it. Decides nothing; see usher.py for that."""

import asyncio
import math
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Protocol

from models_registry.domain.chat import Candidate, Loading, Queued
from models_registry.domain.errors import ModelError
from models_registry.domain.line import Waiting
from models_registry.services.residency import LoadView

NEWS_APART_S = 0.3  # at most about three pieces of news per second
QUIET_LOAD_S = 0.25  # a load shorter than this is not worth a word
LOADING_APART_S = 1.0
MUCH = 0.2  # an expected wait that changed by less is no news


@dataclass(frozen=True, slots=True)
class Ask:
    """What a request wants: one model, on any of these hosts. Tokens include the prompt's share; times in seconds."""

    candidates: tuple[Candidate, ...]  # one per host, in the plan's order
    unit: str
    purpose: str
    tokens: int
    deadline_s: float | None = None  # it makes no sense to begin later than this


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a waiting request may be told. Times in seconds."""

    position: int
    expected_wait_s: float | None
    load: LoadView | None = None  # the model comes to `host` for it
    host: str = ""


class Doorkeeper(Protocol):
    """Whoever let the request in, and wants to know when it leaves."""

    def left(self, visit: "Visit", *, tokens: int | None, is_well: bool | None) -> None: ...


@dataclass(slots=True, eq=False)
class Visit:
    """A stay from the door to the end of the answer. `candidate` is whom to ask, None while it waits."""

    ask: Ask
    model: str
    waiting: Waiting
    arrived_at: float  # by the loop's clock, as all times here
    usher: Doorkeeper
    candidates: dict[str, Candidate]
    candidate: Candidate | None = None
    slot: int | None = None
    placed_at: float | None = None
    is_over: bool = False
    is_joined: bool = False  # it has its turn in the line
    is_published: bool = False  # and other processes see it
    outlook: Outlook | None = None
    failures: list[tuple[Candidate, ModelError]] = field(default_factory=list)  # hosts that could not load it
    is_held_up: bool = False  # no host holds the model: a load has to end first
    loading_s: float = 0.0  # spent so, which is not counted as waiting in line
    _failure: Exception | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _told: Outlook | None = None
    _told_at: float = 0.0

    @property
    def is_waiting(self) -> bool:
        return self.candidate is None and self._failure is None and not self.is_over

    @property
    def queue_limit(self) -> int:
        return max(candidate.endpoint.admission.queue_limit for candidate in self.ask.candidates)

    @property
    def max_wait_s(self) -> float:
        return max(candidate.endpoint.admission.max_wait_s for candidate in self.ask.candidates)

    @property
    def deadline_s(self) -> float:
        return math.inf if self.ask.deadline_s is None else self.ask.deadline_s

    @property
    def queue_s(self) -> float:
        """Return how long it stood in line, loads not counted."""
        return max(0.0, (self.placed_at or self.arrived_at) - self.arrived_at - self.loading_s)

    async def pieces(self) -> AsyncGenerator[Queued | Loading, None]:
        """Yield what there is to know while it waits; it is placed when this ends.

        :raises QueueFull: when too many wait already.
        :raises WaitTooLong: when it would start, or has waited, too late.
        :raises ModelError: when no host could load the model.
        """
        loop = asyncio.get_running_loop()
        while self.candidate is None:
            if self._failure is not None:
                raise self._failure
            if (piece := self._news(loop.time())) is not None:
                yield piece
                continue
            self._changed.clear()
            await self._changed.wait()

    def leave(self, *, tokens: int | None = None, is_well: bool | None = None) -> None:
        """Go, from wherever it stands: the slot is free, or its place in line. A second call does nothing.

        `tokens` were generated; `is_well` tells whether the host did its work, None when that is not known.
        """
        if not self.is_over:
            self.is_over = True
            self.usher.left(self, tokens=tokens, is_well=is_well)

    def place(self, candidate: Candidate, *, slot: int | None, at: float) -> None:
        """It may speak to this host now."""
        self.candidate, self.slot, self.placed_at = candidate, slot, at
        self._changed.set()

    def fail(self, failure: Exception) -> None:
        """It will not be served."""
        self._failure = failure
        self._changed.set()

    def tell(self, outlook: Outlook) -> None:
        """Note where it stands. A position never grows, whatever the clocks of other processes say."""
        if self.outlook is not None and outlook.position > self.outlook.position:
            outlook = Outlook(self.outlook.position, outlook.expected_wait_s, outlook.load, outlook.host)
        self.outlook = outlook
        self._changed.set()

    def _news(self, now: float) -> Queued | Loading | None:
        outlook = self.outlook
        if outlook is None:
            return None
        if outlook.load is not None:
            return self._load_news(outlook, outlook.load, now)
        if self._told is not None and (now - self._told_at < NEWS_APART_S or not _differs(self._told, outlook)):
            return None
        self._told, self._told_at = outlook, now
        wait_ms = None if outlook.expected_wait_s is None else round(outlook.expected_wait_s * 1000)
        return Queued(model=self.ask.candidates[0].model, position=outlook.position, expected_wait_ms=wait_ms)

    def _load_news(self, outlook: Outlook, load: LoadView, now: float) -> Loading | None:
        was_loading = self._told is not None and self._told.load is not None
        if now - load.since < QUIET_LOAD_S or (was_loading and now - self._told_at < LOADING_APART_S):
            return None
        self._told, self._told_at = outlook, now
        return Loading(
            model=self.ask.candidates[0].model,
            endpoint=outlook.host,
            elapsed_ms=round((now - load.since) * 1000),
            expected_ms=None if load.expected_s is None else round(load.expected_s * 1000),
        )


def _differs(told: Outlook, outlook: Outlook) -> bool:
    if told.position != outlook.position or told.load is not None:
        return True
    before, after = told.expected_wait_s, outlook.expected_wait_s
    if before is None or after is None:
        return before is not after
    return abs(after - before) > max(1.0, MUCH * before)
