"""The requests that wait, of all processes: ours are written down, the others' are read. Decides nothing."""

import asyncio
import contextlib
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from models_registry.domain.line import Waiting
from models_registry.services.lease import Lease, LeaseLost
from models_registry.services.lease_sql import OTHERS, PUBLISH, TELL, WITHDRAW

CHANNEL = "lnrag_line"
READ_AGAIN_S = 0.3  # without news: a process that died says nothing
READ_APART_S = 0.02  # with news: a storm of them is read together


class Said(StrEnum):
    """What processes tell each other about the line of a model."""

    JOINED = "joined"
    LEFT = "left"
    FREED = "freed"  # a slot


@dataclass(frozen=True, slots=True)
class Entry:
    """One of our waiting requests, as it is written down."""

    model: str
    purpose: str
    waiting: Waiting


class Roster:
    """What is known of the others, and what the others know of us."""

    def __init__(self, lease: Lease, *, told: Callable[[Said, str], None]) -> None:
        self._lease = lease
        self._told = told
        self._loop = asyncio.get_running_loop()
        self._others: dict[str, tuple[Waiting, ...]] = {}
        self._read_at: float | None = None
        self._has_news = True
        lease.subscribe(CHANNEL, self._heard)

    def others(self, model: str) -> tuple[Waiting, ...]:
        """Return the requests of other processes in this line, as of the latest reading."""
        return self._others.get(model, ())

    def models(self) -> Collection[str]:
        """Return the models for which other processes wait."""
        return self._others.keys()

    def is_fresh(self) -> bool:
        """Return whether the latest reading still holds."""
        if self._read_at is None:
            return False
        age_s = self._loop.time() - self._read_at
        if self._has_news:
            return age_s < READ_APART_S
        # Where nobody else waited, whoever comes says so; where somebody did, silence may mean that he died.
        return not self._others or age_s < READ_AGAIN_S

    def is_settled(self) -> bool:
        """Return whether there is no news that was not read yet."""
        return not self._has_news

    async def read(self) -> None:
        """Read the others' requests; those of dead processes are deleted on the way."""
        self._has_news = False
        try:
            rows = await self._lease.fetch(OTHERS, (self._lease.process_id,))
            if any(not row[-1] for row in rows):
                await self._lease.bury_the_dead()
        except LeaseLost:
            rows = []
        found: dict[str, list[Waiting]] = defaultdict(list)
        for key, model, unit, arrived_us, tokens, turn, is_alive in rows:
            if is_alive:
                found[model].append(Waiting(key, unit, arrived_us, tokens, turn, is_ours=False))
        self._others = {model: tuple(line) for model, line in found.items()}
        self._read_at = self._loop.time()

    async def publish(self, entries: Collection[Entry]) -> bool:
        """Write these requests down and say so; return whether that worked."""
        lines = [entry.waiting for entry in entries]
        owner = (self._lease.process_id, self._lease.lock_key, os.getpid(), self._lease.process_id)
        columns = (
            [line.id for line in lines],
            [entry.model for entry in entries],
            [line.unit for line in lines],
            [entry.purpose for entry in entries],
            [line.arrived_us for line in lines],
            [line.tokens for line in lines],
            [line.turn for line in lines],
        )
        try:
            await self._lease.fetch(PUBLISH, (*owner, *columns))
        except LeaseLost:
            return False
        await self.say(Said.JOINED, {entry.model for entry in entries})
        return True

    async def withdraw(self, keys: Collection[UUID], *, models: Iterable[str]) -> None:
        """Delete these requests and say so."""
        with contextlib.suppress(LeaseLost):
            await self._lease.fetch(WITHDRAW, (list(keys),))
            await self.say(Said.LEFT, models)

    async def say(self, said: Said, models: Iterable[str]) -> None:
        """Tell the other processes what happened in these lines."""
        payloads = [f"{self._lease.process_id} {said} {model}" for model in models]
        with contextlib.suppress(LeaseLost):
            await self._lease.fetch(TELL, (CHANNEL, payloads))

    def _heard(self, payload: str) -> None:
        sender, _, rest = payload.partition(" ")
        said, _, model = rest.partition(" ")
        if sender != str(self._lease.process_id) and said in set(Said):
            self._has_news = True
            self._told(Said(said), model)
