"""Tell a kept answer again without leaving the event loop: the body that was sent, with the moments of this request.

Only what goes its usual way passes here, as with `models_registry.services.entrance`: the same key asked for the same
address before, was answered from memory (`replay`), and nothing that this rests on has changed since. Whatever else
comes is None, and is answered (or refused) as if nothing were kept here.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Final
from uuid import UUID

from models_registry.domain.errors import QuotaExceeded, ScopeMissing
from models_registry.domain.scopes import Scope
from models_registry.models import ApiKey
from models_registry.services import entrance, lease
from models_registry.services.borrow import borrowing_aside
from recommendations.models import RecommendationRun
from recommendations.queries.standing import STATEMENT, in_week, names_for
from recommendations.services import replay
from recommendations.services.store import Result

MOST_BYTES: Final = 32 * 1024 * 1024  # of bodies, in each process; the turns beside them take about as much again


@dataclass(frozen=True, slots=True)
class Asker:
    """What of a key the answer depends on."""

    key_id: int
    user_id: int | None
    tier: str

    @classmethod
    def of(cls, key: ApiKey) -> "Asker":
        return cls(key.pk, key.user_id, str(key.tier))


@dataclass(frozen=True, slots=True)
class Answer:
    """A turn as it was sent, what it rests on, and whom it is for. `body` is made of the parts between the moments."""

    pubkey: str
    standing: str
    asker: Asker
    turn: replay.Kept
    until: datetime
    size_bytes: int
    body: Callable[["Telling"], bytes]


@dataclass(frozen=True, slots=True)
class Telling:
    """What differs each time: when it was asked for, under which run, and how long it took."""

    at: datetime
    run_id: UUID
    processing_ms: int


class Memory:
    """Answers by who asked for which address; beyond so many bytes the one that was told longest ago goes."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._size_bytes = 0
        self._answers: OrderedDict[str, Answer] = OrderedDict()
        self._lock = threading.Lock()  # answers are kept from threads, and told in the event loop

    def __contains__(self, place: str) -> bool:
        return place in self._answers

    def get(self, place: str) -> Answer | None:
        with self._lock:
            answer = self._answers.get(place)
            if answer is not None:
                self._answers.move_to_end(place)
            return answer

    def keep(self, place: str, answer: Answer) -> None:
        self.drop(place)
        with self._lock:
            self._answers[place] = answer
            self._size_bytes += answer.size_bytes
            while self._size_bytes > self._most_bytes:
                _, oldest = self._answers.popitem(last=False)
                self._size_bytes -= oldest.size_bytes

    def drop(self, place: str) -> None:
        with self._lock:
            answer = self._answers.pop(place, None)
            self._size_bytes -= 0 if answer is None else answer.size_bytes


memory: Final = Memory(MOST_BYTES)


async def told_again(
    place: str, authorization: str, *, at: datetime, clock: Callable[[], float] = monotonic
) -> bytes | None:
    """Return the answer kept for this place, its request counted and its run written; None when it must be made anew.

    Three statements: what it rests on and whether this key may ask, over the process's own connection, and the run.
    """
    begun, answer = clock(), memory.get(place)
    if answer is None:
        return None
    if at >= answer.until or not await _stands(answer, at=at):
        memory.drop(place)
        return None
    if not await _may_ask(answer, authorization, at=at):
        return None
    processing_ms = round((clock() - begun) * 1000)
    result = Result(outcome=RecommendationRun.Outcome.COMPLETED, error_code="", processing_ms=processing_ms)
    # In a thread: a row that somebody holds must keep nobody waiting who needs the process's connection.
    run_id = await borrowing_aside(replay.record, answer.turn, result, user_id=answer.asker.user_id, at=at)
    return answer.body(Telling(at, run_id, processing_ms))


async def _stands(answer: Answer, *, at: datetime) -> bool:
    """Return whether nothing has changed that the answer rests on, as far as can be told."""
    try:
        rows = await lease.current().fetch(STATEMENT, names_for(answer.pubkey))
    except lease.LeaseLost:
        return False
    return in_week(rows[0][0], at=at) == answer.standing


async def _may_ask(answer: Answer, authorization: str, *, at: datetime) -> bool:
    """Count the request and return True; False where a thread must decide that, or has to refuse: nothing is counted.

    (A key whose user or tier was edited since is counted here and there, once: the answer is not kept for it any more.)
    """
    try:
        admitted = await entrance.admit(authorization, scope=Scope.ADVICE, at=at)
    except (QuotaExceeded, ScopeMissing):
        return False
    return admitted is not None and Asker.of(admitted.key) == answer.asker
