"""Keep the number of turns one user or key has open at once within its tier's limit, over all processes.

Each open turn holds one number of its owner's as an advisory lock, which dies with the process. A session may take the
same lock twice, hence this process counts its own. While the database is away, limits hold within this process only.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakKeyDictionary

from models_registry.domain.errors import QuotaExceeded
from models_registry.services import lease
from models_registry.services.lease import Lease, LeaseLost, forget_closed, space

RETRY_S = 2.0  # nobody knows when one of the others ends


class Turnstile:
    """What this event loop has open."""

    def __init__(self) -> None:
        self._lease: Lease = lease.current()
        self._held: defaultdict[str, set[int]] = defaultdict(set)
        self._taking = asyncio.Lock()  # two who ask at once would both get the same number
        self._freeing: set[asyncio.Task[None]] = set()

    async def take(self, owner: str, *, most: int) -> int | None:
        """Return a number from 1 to `most` that nobody else holds; None when all are held."""
        asking = asyncio.get_running_loop().create_task(self._take(owner, most))
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:  # the database may grant it all the same
            asking.add_done_callback(lambda done: self._unwanted(owner, done))
            raise

    async def _take(self, owner: str, most: int) -> int | None:
        async with self._taking:
            free = [number for number in range(1, most + 1) if number not in self._held[owner]]
            got = await self._locked(owner, free) if free else ()
            self._held[owner].update(got)
        self._tidy(owner)
        return got[0] if got else None

    def free(self, owner: str, number: int) -> None:
        """Give a number back, without waiting for it."""
        self._held[owner].discard(number)
        self._tidy(owner)
        task = asyncio.get_running_loop().create_task(self._lease.free(_space_of(owner), (number,)))
        self._freeing.add(task)
        task.add_done_callback(self._freeing.discard)

    def _unwanted(self, owner: str, done: asyncio.Task[int | None]) -> None:
        if not done.cancelled() and (number := done.result()) is not None:
            self.free(owner, number)

    async def _locked(self, owner: str, numbers: list[int]) -> tuple[int, ...]:
        try:
            await self._lease.ready()
            return await self._lease.take(_space_of(owner), numbers, count=1)
        except LeaseLost:
            return (numbers[0],)

    def _tidy(self, owner: str) -> None:
        if not self._held[owner]:
            del self._held[owner]


_turnstiles: WeakKeyDictionary[asyncio.AbstractEventLoop, Turnstile] = WeakKeyDictionary()


@asynccontextmanager
async def counted(unit: str, *, most: int | None) -> AsyncIterator[None]:
    """Count a turn, waiting or speaking, against its owner's limit while the block runs. None: there is no limit.

    :raises QuotaExceeded: when the owner has as many open already.
    """
    if most is None:
        yield
        return
    owner, turnstile = unit.partition("/")[0], _turnstile()  # whom a key serves shares its limit
    number = await turnstile.take(owner, most=most)
    if number is None:
        raise QuotaExceeded(_told(most), retry_after_s=RETRY_S)
    try:
        yield
    finally:
        turnstile.free(owner, number)


def _told(most: int) -> str:
    open_at_once = "one answer at a time is" if most == 1 else f"{most} answers at once are"
    return f"Too many are open: {open_at_once} allowed. Try again when one has ended."


def _turnstile() -> Turnstile:
    loop = asyncio.get_running_loop()
    found = _turnstiles.get(loop)
    if found is None:
        forget_closed(_turnstiles)
        found = _turnstiles[loop] = Turnstile()
    return found


def _space_of(owner: str) -> int:
    return space("open", owner)
