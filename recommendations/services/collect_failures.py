"""Listen to nodes that tell of failed forwards only while somebody listens (LND), and keep what they tell.

One task per node; it connects anew when the node goes away. Rows are written in batches. What is missed while nobody
listens cannot be had again: after a longer gap the failures are known only from then on (`failures_from`).
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asgiref.sync import sync_to_async
from django.db import Error
from django.db.models import Case, DateTimeField, F, Q, Value, When
from django.utils import timezone

from models_registry.services.borrow import borrowing_aside
from recommendations.domain.errors import NodeAddressRefused, SealBroken
from recommendations.domain.readings import Endpoint, FailureReading
from recommendations.domain.source_errors import SourceError, SourceLacks
from recommendations.models import NodeConnection
from recommendations.services.node_line import check_address, endpoint_of
from recommendations.services.store_history import store_failures
from recommendations.sources.base import FailureSource
from recommendations.sources.catalog import connect

logger = logging.getLogger(__name__)
LONGEST_GAP = timedelta(minutes=15)  # of a month; a node that restarts is back by then
LIFE_SIGN = timedelta(minutes=1)
Trouble = (SourceError, SealBroken, NodeAddressRefused)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a listener does what, in seconds."""

    look_s: float = 30.0  # for nodes that came or went
    write_s: float = 3.0
    shortest_wait_s: float = 5.0  # before it connects anew; doubled up to the longest
    longest_wait_s: float = 300.0


async def collect_failures(stop: asyncio.Event, *, pace: Pace | None = None) -> None:
    """Listen to every connected node that wants a listener until `stop` is set; then write what is left."""
    pace = pace or Pace()
    listeners: dict[int, asyncio.Task[None]] = {}
    try:
        while not stop.is_set():
            wanted = await _looked(otherwise=set(listeners))
            for key in listeners.keys() - wanted:
                await _end(listeners.pop(key))
            for key in wanted - {key for key, task in listeners.items() if not task.done()}:
                listeners[key] = asyncio.create_task(_Listener(key, pace=pace).run())
            await _pause(stop, seconds=pace.look_s)
    finally:
        for task in listeners.values():
            await _end(task)


class _Listener:
    """Who listens to one node: what was heard and is not written yet, and when was last written that we listen."""

    def __init__(self, key: int, *, pace: Pace) -> None:
        self._key, self._pace = key, pace
        self._heard: list[FailureReading] = []
        self._written_at: datetime | None = None

    async def run(self) -> None:
        wait_s = self._pace.shortest_wait_s
        while True:
            try:
                await self._listen(await borrowing_aside(_endpoint, self._key))
                wait_s = self._pace.shortest_wait_s
            except SourceLacks:
                return  # it has nothing to tell; the next look tries again
            except Trouble as exc:
                code = getattr(exc, "code", "source_error")
                logger.warning("recommendations.node.not_heard", extra={"connection": self._key, "code": code})
                wait_s = min(wait_s * 2, self._pace.longest_wait_s)
            await asyncio.sleep(wait_s)

    async def _listen(self, endpoint: Endpoint) -> None:
        await sync_to_async(check_address, thread_sensitive=False)(endpoint.address)
        async with connect(endpoint) as source:
            if not isinstance(source, FailureSource):
                return
            await source.node()  # another node must not be heard in its place
            writer = asyncio.create_task(self._write_again_and_again())
            try:
                await self._hear(source.failures())
            finally:
                await _end(writer)
                await self._write()

    async def _hear(self, failures: AsyncIterator[FailureReading]) -> None:
        async for failure in failures:
            self._heard.append(failure)

    async def _write_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(self._pace.write_s)
            await self._write()

    async def _write(self) -> None:
        now = timezone.now()
        if not self._heard and self._written_at is not None and now - self._written_at < LIFE_SIGN:
            return
        heard, self._heard, self._written_at = self._heard, [], now
        await asyncio.shield(asyncio.ensure_future(borrowing_aside(_keep, self._key, heard, at=now)))


async def _looked(*, otherwise: set[int]) -> set[int]:
    """Return the nodes that want a listener; those there are while the database is away."""
    try:
        return await borrowing_aside(nodes_wanted)
    except Error:
        logger.warning("recommendations.listeners.not_looked_up", exc_info=True)
        return otherwise


def nodes_wanted() -> set[int]:
    """Return the connections, by key, that tell of failed forwards only while somebody listens."""
    rows = NodeConnection.objects.filter(kind=NodeConnection.Kind.LND, is_paused=False)
    return set(rows.values_list("pk", flat=True))


def _endpoint(key: int) -> Endpoint:
    return endpoint_of(NodeConnection.objects.select_related("node").get(pk=key))


def _keep(key: int, heard: Sequence[FailureReading], *, at: datetime) -> None:
    """Write what was heard, and that we listened until now."""
    if not NodeConnection.objects.filter(pk=key).exists():
        return  # disconnected meanwhile
    store_failures(key, heard)
    is_gap = Q(listened_at=None) | Q(failures_from=None) | Q(listened_at__lt=at - LONGEST_GAP)
    begins = Case(When(is_gap, then=Value(at)), default=F("failures_from"), output_field=DateTimeField())
    NodeConnection.objects.filter(pk=key).update(failures_from=begins, listened_at=at)


async def _pause(stop: asyncio.Event, *, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


async def _end(task: "asyncio.Task[None]") -> None:
    """Cancel a task and wait until it has cleaned up; why it ended is its own affair."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
