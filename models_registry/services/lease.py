"""One dedicated connection per process and event loop: locks that die with the process, and news from the others.

A session-level advisory lock tells everybody that this process lives, and others that it holds a slot. The connection
comes from DATABASES, or from the setting DATABASE_DIRECT_URL where the usual one goes through a pooler: a pooler would
hand the session, and its locks, to somebody else. When the database is away, nothing here waits for it.
"""

import asyncio
import contextlib
import logging
import os
import uuid
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping, MutableMapping, Sequence
from hashlib import blake2b
from random import SystemRandom
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from django.conf import settings

from models_registry.services.lease_sql import BURY_THE_DEAD, FREE, LEAVE, OPEN, PROCESSES, REGISTER, TAKE

logger = logging.getLogger(__name__)

CONNECT_S = 3.0
BACKOFF_S = (0.25, 0.5, 1.0, 2.0, 5.0)  # between attempts to reach the database again
KEEPALIVES = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
OURS_ALONE = ("pool", "server_side_binding", "isolation_level", "assume_role")  # options that are Django's, not libpq's
Callback = Callable[[str], None]
Values = Sequence[Any] | Mapping[str, Any]


class LeaseLost(Exception):
    """The database is away: limits hold within this process only until it comes back."""


class Lease:
    """The connection of one event loop. `process_id` is the ProcessLease row's, which exists once `ready` was True."""

    def __init__(self) -> None:
        self.process_id = uuid.uuid4()
        self.lock_key = SystemRandom().randrange(1, 2**31)
        self.clock_offset_us = 0  # what to add to the loop's own microseconds to have the database's
        self._loop = asyncio.get_running_loop()
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._watched: int | None = None  # our own descriptor of the connection's socket
        self._connecting: asyncio.Task[None] | None = None
        self._failures = 0
        self._retry: asyncio.TimerHandle | None = None
        self._subscribers: dict[str, list[Callback]] = defaultdict(list)
        self._on_lost: list[Callable[[], None]] = []
        self._on_gained: list[Callable[[], None]] = []
        self._is_closed = False

    @property
    def is_held(self) -> bool:
        return self._connection is not None and not self._connection.closed

    def when(self, *, gained: Callable[[], None], lost: Callable[[], None]) -> None:
        """Call one of these whenever the connection came, or went with every lock it held."""
        self._on_gained.append(gained)
        self._on_lost.append(lost)

    async def ready(self, *, within_s: float = 1.0) -> bool:
        """Return whether the connection stands. Waits at most `within_s`, and not at all between two attempts."""
        if not self.is_held:
            self._connect_soon()
        if self._connecting is not None:
            await asyncio.wait({self._connecting}, timeout=within_s)
        return self.is_held

    async def fetch(self, query: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """Run one statement to its end, also when the caller is canceled, and return its rows.

        :raises LeaseLost: when the database is away.
        """
        connection = self._connection
        if connection is None or connection.closed:
            raise LeaseLost("There is no connection.")
        try:
            return await asyncio.shield(self._loop.create_task(_run(connection, query, values)))
        except psycopg.OperationalError as exc:
            self._lose(connection)
            raise LeaseLost("The connection broke.") from exc
        except psycopg.Error as exc:  # such as tables that are not migrated yet
            logger.debug("models_registry.lease.refused", extra={"why": type(exc).__name__})
            raise LeaseLost("The database refused.") from exc

    async def take(self, space: int, numbers: Sequence[int], *, count: int) -> tuple[int, ...]:
        """Return up to `count` of these numbers whose lock in this space was free and is now ours.

        :raises LeaseLost: when the database is away.
        """
        return tuple(row[0] for row in await self.fetch(TAKE, (list(numbers), space, count)))

    async def free(self, space: int, numbers: Sequence[int]) -> None:
        """Give locks back. When the database is away they are free already."""
        with contextlib.suppress(LeaseLost):
            await self.fetch(FREE, (space, list(numbers)))

    async def notify(self, channel: str, payload: str) -> None:
        """Tell every process that listens, this one included. Nobody is told while the database is away."""
        if await self.ready():
            with contextlib.suppress(LeaseLost):
                await self.fetch("SELECT pg_notify(%s, %s)", (channel, payload))

    def subscribe(self, channel: str, callback: Callback) -> Callable[[], None]:
        """Call back with each payload sent on this channel, in this loop; return how to end that."""
        is_new = not self._subscribers[channel]
        self._subscribers[channel].append(callback)
        if not self.is_held:
            self._connect_soon()
        elif is_new:
            _keep(self._loop.create_task(self._listen((channel,))))
        return lambda: self._subscribers[channel].remove(callback)

    async def bury_the_dead(self) -> None:
        """Delete the rows of processes whose lock nobody holds anymore."""
        await self.fetch(BURY_THE_DEAD)

    async def close(self) -> None:
        """Leave: the row goes, and the server frees every lock. It happens by itself when the loop shuts down."""
        self._is_closed = True
        if self._retry:
            self._retry.cancel()
        if self._connecting:
            self._connecting.cancel()
            await asyncio.wait({self._connecting})
        connection = self._connection
        if connection is not None:
            self._forget(connection)
            with contextlib.suppress(psycopg.Error, TimeoutError):
                async with asyncio.timeout(CONNECT_S):
                    await connection.execute(LEAVE, {"process": self.process_id})
            await connection.close()

    def _connect_soon(self) -> None:
        if self._connecting is None and self._retry is None and not self._is_closed:
            self._connecting = self._loop.create_task(self._connect())

    async def _connect(self) -> None:
        try:
            connection = await psycopg.AsyncConnection.connect(**connection_settings(), autocommit=True)
        except psycopg.Error as exc:
            self._note_failure(exc)
            return
        finally:
            self._connecting = None
        try:
            await self._move_in(connection)
        except psycopg.Error as exc:
            await connection.close()
            self._note_failure(exc)
        except asyncio.CancelledError:
            await connection.close()
            raise

    async def _move_in(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Lock first, register then: a row without a lock would be taken for a dead process's."""
        ((_, _, now_us),) = await _run(connection, OPEN, (PROCESSES, self.lock_key))
        self.clock_offset_us = now_us - round(self._loop.time() * 1e6)
        with contextlib.suppress(psycopg.errors.UndefinedTable):  # not migrated yet: locks still work
            values = {"process": self.process_id, "lock_key": self.lock_key, "pid": os.getpid()}
            await connection.execute(REGISTER, values)
        self._connection, self._failures = connection, 0
        connection.add_notify_handler(self._heard)
        # A descriptor of our own: psycopg takes its reader off the loop after each statement.
        self._watched = os.dup(connection.fileno())
        self._loop.add_reader(self._watched, self._readable, connection)
        await self._listen(tuple(self._subscribers))
        for callback in self._on_gained:
            callback()

    async def _listen(self, channels: Sequence[str]) -> None:
        with contextlib.suppress(LeaseLost):
            for channel in channels:
                await self.fetch(f'LISTEN "{channel}"')

    def _readable(self, connection: psycopg.AsyncConnection[Any]) -> None:
        """Read news that came between two statements; during one, psycopg reads."""
        if connection.lock.locked():
            return
        try:
            connection.pgconn.consume_input()
        except psycopg.OperationalError:
            self._lose(connection)
            return
        while (news := connection.pgconn.notifies()) is not None:
            self._told(news.relname.decode(), news.extra.decode())

    def _heard(self, news: psycopg.Notify) -> None:
        self._told(news.channel, news.payload)

    def _told(self, channel: str, payload: str) -> None:
        for callback in tuple(self._subscribers[channel]):
            callback(payload)

    def _lose(self, connection: psycopg.AsyncConnection[Any]) -> None:
        if self._connection is not connection:
            return
        self._forget(connection)
        _keep(self._loop.create_task(connection.close()))
        logger.warning("models_registry.lease.lost")
        for callback in self._on_lost:
            callback()
        self._connect_soon()

    def _forget(self, connection: psycopg.AsyncConnection[Any]) -> None:
        self._connection = None
        connection.remove_notify_handler(self._heard)
        if self._watched is not None:
            self._loop.remove_reader(self._watched)
            os.close(self._watched)
            self._watched = None

    def _note_failure(self, failure: psycopg.Error) -> None:
        if not self._failures:
            logger.warning("models_registry.lease.unavailable", extra={"why": type(failure).__name__})
        pause_s = BACKOFF_S[min(self._failures, len(BACKOFF_S) - 1)]
        self._failures += 1
        if not self._is_closed:
            self._retry = self._loop.call_later(pause_s, self._again)

    def _again(self) -> None:
        self._retry = None
        self._connect_soon()


_leases: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[Lease, AsyncGenerator[None, None]]] = WeakKeyDictionary()
_kept: set[asyncio.Task[Any]] = set()  # the loop itself holds tasks weakly


def current() -> Lease:
    """Return the lease of the running loop; its connection is opened by the first who needs it."""
    loop = asyncio.get_running_loop()
    found = _leases.get(loop)
    if found is None:
        forget_closed(_leases)
        lease = Lease()
        found = _leases[loop] = (lease, _caretaker(lease))
        with contextlib.suppress(StopIteration):  # run it to its first yield: it awaits nothing before
            found[1].__anext__().send(None)
    return found[0]


def forget_closed(kept: MutableMapping[asyncio.AbstractEventLoop, Any]) -> None:
    """Drop what is kept for loops that ended: a value that holds its own loop would keep both for ever."""
    for ended in [loop for loop in kept if loop.is_closed()]:
        del kept[ended]


async def close() -> None:
    """Close the running loop's lease, if it has one."""
    found = _leases.pop(asyncio.get_running_loop(), None)
    if found:
        await found[1].aclose()


def space(*names: str) -> int:
    """Return the lock space of these names: the same number in every process."""
    return int.from_bytes(blake2b("\0".join(names).encode(), digest_size=4).digest(), "big") & 0x7FFF_FFFF


def connection_settings() -> dict[str, Any]:
    """Return how the dedicated connection is opened, in libpq's words."""
    usual = {"connect_timeout": int(CONNECT_S), "application_name": "lnrag lease", **KEEPALIVES}
    if direct := getattr(settings, "DATABASE_DIRECT_URL", ""):
        return {"conninfo": direct, **usual}
    given = settings.DATABASES["default"]
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    options = {key: value for key, value in given.get("OPTIONS", {}).items() if key not in OURS_ALONE}
    return {**usual, **options, **{key: given[name] for key, name in names.items() if given.get(name)}}


async def _run(connection: psycopg.AsyncConnection[Any], query: str, values: Values = ()) -> list[tuple[Any, ...]]:
    cursor = await connection.execute(query.encode(), values or None)
    return await cursor.fetchall() if cursor.description else []


async def _caretaker(lease: Lease) -> AsyncGenerator[None, None]:
    """Close the lease when the loop shuts down: every runner closes the loop's async generators last."""
    try:
        yield
    finally:
        await lease.close()


def _keep(task: asyncio.Task[Any]) -> None:
    _kept.add(task)
    task.add_done_callback(_kept.discard)
