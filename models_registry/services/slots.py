"""The slots of the hosts: taken as locks that all processes see, handed on within this one without asking anybody.

A session may take the same advisory lock twice, hence this process counts its own. A slot that became free is kept
for a moment, so that the next request need not ask the database; it is given back at once when others wait.
"""

import asyncio
import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from models_registry.services.lease import Lease, LeaseLost, space

logger = logging.getLogger(__name__)

KEEP_IDLE_S = 1.0
ASK_AGAIN_S = 0.25  # the others hold the rest: asked again then, or when one of them says that a slot is free
Key = tuple[str, str]  # host, model


@dataclass(slots=True)
class _Shelf:
    """This process's slots of one model on one host, by number."""

    space: int
    running: set[int] = field(default_factory=set)
    idle: dict[int, float] = field(default_factory=dict)  # since when
    unlocked: set[int] = field(default_factory=set)  # running, but counted by us alone
    full_until: float = 0.0

    @property
    def own(self) -> int:
        return len(self.running) + len(self.idle)


class Slots:
    """All slots this event loop holds."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._loop = asyncio.get_running_loop()
        self._shelves: dict[Key, _Shelf] = {}
        self._retaking: asyncio.Task[None] | None = None
        lease.when(gained=self._gained, lost=self._lost)

    def idle(self, key: Key) -> int:
        """Return how many slots can be taken at once."""
        shelf = self._shelves.get(key)
        return len(shelf.idle) if shelf else 0

    def running(self, key: Key) -> int:
        """Return how many generations of this process run there."""
        shelf = self._shelves.get(key)
        return len(shelf.running) if shelf else 0

    def is_full(self, key: Key, *, capacity: int) -> bool:
        """Return whether asking for another slot is in vain, as far as is known."""
        shelf = self._shelves.get(key)
        return shelf is not None and (shelf.own >= capacity or self._loop.time() < shelf.full_until)

    def take_idle(self, key: Key) -> int | None:
        """Return the number of a kept slot, which is in use now; None when there is none."""
        shelf = self._shelves.get(key)
        if shelf is None or not shelf.idle:
            return None
        number, _ = shelf.idle.popitem()
        shelf.running.add(number)
        return number

    def release(self, key: Key, number: int) -> None:
        """Keep a slot whose generation is over, for the next one."""
        shelf = self._shelves[key]
        shelf.running.discard(number)
        if number in shelf.unlocked:
            shelf.unlocked.discard(number)
        else:
            shelf.idle[number] = self._loop.time()

    async def reserve(self, key: Key, *, capacity: int, count: int) -> None:
        """Have up to `count` more idle slots, as far as the host's capacity over all processes allows."""
        shelf = self._shelves.setdefault(key, _Shelf(space("slot", *key)))
        taken = shelf.running | shelf.idle.keys()
        missing = [number for number in range(1, capacity + 1) if number not in taken]
        wanted = min(count, capacity - shelf.own)
        if wanted <= 0 or not missing:
            return
        got = await self._lock(shelf, missing, count=wanted)
        now = self._loop.time()
        shelf.idle.update(dict.fromkeys(got, now))
        if len(got) < wanted:
            shelf.full_until = now + ASK_AGAIN_S

    async def _lock(self, shelf: _Shelf, numbers: list[int], *, count: int) -> Collection[int]:
        try:
            return await self._lease.take(shelf.space, numbers, count=count)
        except LeaseLost:
            return numbers[:count]  # limits hold within this process only: better than to refuse everybody

    def note_free(self, model: str) -> None:
        """Somebody gave a slot of this model back: it is worth asking again."""
        for (_, held), shelf in self._shelves.items():
            if held == model:
                shelf.full_until = 0.0

    def expired(self) -> dict[Key, tuple[int, ...]]:
        """Return the slots that were kept long enough."""
        limit = self._loop.time() - KEEP_IDLE_S
        old = {
            key: tuple(number for number, since in shelf.idle.items() if since <= limit)
            for key, shelf in self._shelves.items()
        }
        return {key: numbers for key, numbers in old.items() if numbers}

    def kept_for(self, models: Collection[str]) -> dict[Key, tuple[int, ...]]:
        """Return the idle slots of these models."""
        return {key: tuple(shelf.idle) for key, shelf in self._shelves.items() if key[1] in models and shelf.idle}

    def has_idle(self) -> bool:
        return any(shelf.idle for shelf in self._shelves.values())

    async def give_back(self, slots: dict[Key, tuple[int, ...]]) -> None:
        """Free these idle slots for other processes."""
        for key, numbers in slots.items():
            shelf = self._shelves[key]
            for number in numbers:
                shelf.idle.pop(number, None)
            await self._lease.free(shelf.space, numbers)

    def _lost(self) -> None:
        """The server freed every lock. What runs goes on, counted by us alone until the connection is back."""
        for shelf in self._shelves.values():
            shelf.idle.clear()
            shelf.unlocked |= shelf.running

    def _gained(self) -> None:
        self._lost()  # what was taken while the database was away is locked nowhere either
        self._retaking = self._loop.create_task(self._retake(list(self._shelves.values())))

    async def _retake(self, shelves: Iterable[_Shelf]) -> None:
        """Lock again what runs, as far as nobody else took it meanwhile."""
        for shelf in shelves:
            numbers = sorted(shelf.unlocked)
            if not numbers:
                continue
            try:
                got = await self._lease.take(shelf.space, numbers, count=len(numbers))
            except LeaseLost:
                return
            over = [number for number in got if number not in shelf.unlocked]  # ended while we asked
            shelf.unlocked.difference_update(got)
            await self._lease.free(shelf.space, over)
