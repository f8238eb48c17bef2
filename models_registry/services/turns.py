"""Know every streamed turn by its id, so that whoever began it may stop it, from any process. Never starts one.

A turn is found at once by the process that runs it. For the others a row is written behind it, over the connection
that dies with the process (lease.py): a dead process leaves no turn behind. A turn that is over sooner has no row.
"""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from weakref import WeakKeyDictionary, ref

import psycopg
from django.db import connection
from django.utils import timezone

from models_registry.domain.errors import GenerationCanceled
from models_registry.models import RunningTurn
from models_registry.services import lease
from models_registry.services.lease import Lease, LeaseLost
from models_registry.services.lease_sql import BURY_THE_DEAD

logger = logging.getLogger(__name__)

STOPPED = "This turn was stopped."
CHANNEL = "lnrag_turns"  # the payload is the id of a turn that its process shall stop
LONGEST_UNIT = 80  # characters of the column
SHOWN_AFTER_S = 0.1  # nobody stops from elsewhere what is over sooner, and rows of one moment are one statement
LIST = """
INSERT INTO models_registry_runningturn (id, process_id, unit, purpose, started_at)
SELECT id, %s, unit, purpose, started_at
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::timestamptz[]) AS fresh(id, unit, purpose, started_at)
ON CONFLICT (id) DO NOTHING
"""
UNLIST = "DELETE FROM models_registry_runningturn WHERE id = ANY(%s::uuid[])"


class Stopped(StrEnum):
    """What became of the wish to stop a turn."""

    HERE = "here"
    ELSEWHERE = "elsewhere"  # the process that runs it was told
    UNKNOWN = "unknown"


@dataclass(slots=True, eq=False)
class Ticket:
    """One turn: its id, known before anything is done for it, and the stop that ends it. One use only."""

    id: uuid.UUID = field(default_factory=uuid.uuid4)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    unit: str = "nobody"
    purpose: str = ""
    started_at: datetime = field(default_factory=timezone.now)
    loop: asyncio.AbstractEventLoop | None = None

    def check(self) -> None:
        """Do nothing while the turn may go on.

        :raises GenerationCanceled: once it was stopped.
        """
        if self.stop.is_set():
            raise GenerationCanceled(STOPPED)

    def end(self) -> None:
        """Tell the turn to stop. May be called from any thread, and again."""
        if self.loop is not None:
            with contextlib.suppress(RuntimeError):  # its loop is closed: so is the turn
                self.loop.call_soon_threadsafe(self.stop.set)


_OPEN: dict[uuid.UUID, Ticket] = {}


@contextmanager
def opened(ticket: Ticket, *, unit: str, purpose: str) -> Iterator[Ticket]:
    """Let this turn be found and stopped while the block runs. `unit` alone may stop it, and staff."""
    ticket.unit, ticket.purpose, ticket.loop = unit[:LONGEST_UNIT], purpose, asyncio.get_running_loop()
    board = _board()
    _OPEN[ticket.id] = ticket
    board.show(ticket)
    try:
        yield ticket
    finally:
        del _OPEN[ticket.id]
        board.remove(ticket)


def stop(key: uuid.UUID, *, unit: str, is_staff: bool = False) -> Stopped:
    """Tell a turn to stop, wherever it runs. Somebody else's turn is as unknown as one that is over."""
    ticket, own = _OPEN.get(key), unit[:LONGEST_UNIT]
    if ticket is not None:
        if not (is_staff or ticket.unit == own):
            return Stopped.UNKNOWN
        ticket.end()
        return Stopped.HERE
    if not any(row.pk == key and (is_staff or row.unit == own) for row in running()):
        return Stopped.UNKNOWN
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(key)])
    return Stopped.ELSEWHERE


def running() -> tuple[RunningTurn, ...]:
    """Return the turns of all processes that live, the oldest first. The rows of dead ones go."""
    with connection.cursor() as cursor:
        cursor.execute(BURY_THE_DEAD)
    return tuple(RunningTurn.objects.order_by("started_at"))


class Board:
    """What the other processes see of one event loop's turns. Written behind them: no turn waits for its row."""

    def __init__(self, own: Lease) -> None:
        self._lease = own
        self._shown: dict[uuid.UUID, Ticket] = {}
        self._fresh: dict[uuid.UUID, Ticket] = {}
        self._gone: set[uuid.UUID] = set()
        self._writing: asyncio.Task[None] | None = None
        self._lease.when(gained=self._show_all, lost=lambda: None)
        self._lease.subscribe(CHANNEL, self._told)

    def show(self, ticket: Ticket) -> None:
        self._shown[ticket.id] = self._fresh[ticket.id] = ticket
        self._write_soon()

    def remove(self, ticket: Ticket) -> None:
        del self._shown[ticket.id]
        if self._fresh.pop(ticket.id, None) is None:
            self._gone.add(ticket.id)
            self._write_soon()

    def _told(self, payload: str) -> None:
        with contextlib.suppress(ValueError):
            if ticket := self._shown.get(uuid.UUID(payload)):
                ticket.stop.set()

    def _show_all(self) -> None:
        """Show every turn again: whoever took us for dead meanwhile has removed its row."""
        self._fresh = dict(self._shown)
        self._write_soon()

    def _write_soon(self) -> None:
        if self._writing is None and self._lease.is_held:
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def _write(self) -> None:
        try:
            await asyncio.sleep(SHOWN_AFTER_S)  # in a task: one that a timer began while the loop ended would be lost
            while self._fresh or self._gone:
                (fresh, self._fresh), (gone, self._gone) = (self._fresh, {}), (self._gone, set())
                await self._write_rows(tuple(fresh.values()), gone)
        except LeaseLost:
            pass  # all are shown again once the connection is back
        except psycopg.Error as exc:
            logger.warning("models_registry.turns.not_shown", extra={"why": type(exc).__name__})
        finally:
            self._writing = None

    async def _write_rows(self, fresh: tuple[Ticket, ...], gone: set[uuid.UUID]) -> None:
        if fresh:
            columns = zip(*((one.id, one.unit, one.purpose, one.started_at) for one in fresh), strict=True)
            await self._lease.fetch(LIST, (self._lease.process_id, *map(list, columns)))
        if gone:
            await self._lease.fetch(UNLIST, (list(gone),))


_BOARDS: WeakKeyDictionary[Lease, "ref[Board]"] = WeakKeyDictionary()


def _board() -> Board:
    """Return the running loop's board. Its lease alone keeps it: both go with the loop."""
    ours = lease.current()
    known = _BOARDS.get(ours)
    board = known() if known else None
    if board is None:
        board = Board(ours)
        _BOARDS[ours] = ref(board)
    return board
