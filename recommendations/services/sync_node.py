"""Read a connected node: in slices, so that no job outlives the queue's patience, and safe to run twice or half.

Only one reading of a node runs at a time. What says so is a lock of the database session, which ends with the process
that holds it: a killed reading holds nobody up, and the next one goes on at the stored cursor.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django_q.tasks import async_task

from recommendations.domain.errors import NodeAddressRefused, SealBroken
from recommendations.domain.refreshing import is_interrupted, next_reading_at
from recommendations.domain.source_errors import (
    SourceBroken,
    SourceError,
    SourceMismatch,
    SourceUnreachable,
)
from recommendations.models import NodeConnection
from recommendations.queries.connections import LIVE
from recommendations.services import uptime_log
from recommendations.services.node_line import endpoint_of, line_to
from recommendations.services.sync_steps import STEPS, Reading, Stage
from recommendations.services.watch import watch

logger = logging.getLogger(__name__)
TASK = "recommendations.tasks.sync_node"
LOCK = 0x6E6F6465  # "node": the lock's first half; the second is the connection
SLICE_S = 60.0  # well under half the queue's time-out, and others want a turn at its few workers
WRITE_EVERY_S = 0.5
UNEXPECTED = "Something unexpected went wrong; the log says what. What was read stays. It is tried again."
ELSEWHERE = "Another node answers at this address than the one that was connected. Correct the address."
Trouble = (SourceError, SealBroken, NodeAddressRefused)
State = NodeConnection.State
Watcher = Callable[[int, str], None]  # percent, what is being done


def ask_for(row: NodeConnection, *, at: datetime) -> None:
    """Queue a reading of this node."""
    with transaction.atomic():
        NodeConnection.objects.filter(pk=row.pk).update(state=State.WAITING, tried_at=at, step="", progress_percent=0)
        enqueue(row.pk)  # beside the write: it commits or vanishes with it


def ask_for_due(*, at: datetime) -> int:
    """Queue a reading of every node that is due, or whose reading was interrupted; return how many."""
    rows = NodeConnection.objects.filter(kind__in=LIVE, is_paused=False).order_by("pk")
    due = [row for row in rows if _is_due(row, at=at)]
    for row in due:
        ask_for(row, at=at)
    return len(due)


def enqueue(connection_id: int, *, stage: Stage = Stage.CHANNELS) -> None:
    """Queue the next slice of a reading."""
    async_task(TASK, connection_id=connection_id, stage=stage.value)


def run_slice(
    connection_id: int,
    *,
    at: datetime,
    stage: Stage = Stage.CHANNELS,
    slice_s: float | None = SLICE_S,
    watcher: Watcher | None = None,
) -> Stage | None:
    """Read a node for about `slice_s` seconds (None: to the end); return where the next slice goes on, None when done.

    What goes wrong with the node is written into its row. Does nothing while somebody else is at it.
    """
    with _alone(connection_id) as is_mine:
        row = _live_row(connection_id) if is_mine else None
        if row is None:
            return None
        try:
            rest = _read(row, at=at, stage=stage, slice_s=slice_s, tell=_Diary(row, watcher))
        except Trouble as exc:
            _note_trouble(row, exc, at=at)
            rest = None
        except DatabaseError:
            if _live_row(connection_id):
                raise
            return None  # disconnected meanwhile: its rows have nowhere to go
    if rest is None:
        watch(connection_id, at=at)
    return rest


def give_up(connection_id: int, *, at: datetime) -> None:
    """Mark a reading that failed for no reason we know; it is tried again like any other."""
    row = NodeConnection.objects.filter(pk=connection_id).first()
    if row is not None:
        _fail(row, State.BROKEN, UNEXPECTED, at=at)


def _read(row: NodeConnection, *, at: datetime, stage: Stage, slice_s: float | None, tell: "_Diary") -> Stage | None:
    began = time.monotonic()
    tell(2, "Connecting")
    with line_to(endpoint_of(row)) as line:
        node = line.ask(line.source.node())
        if node.pubkey != row.node.pubkey:
            raise SourceMismatch(ELSEWHERE)
        if stage is Stage.CHANNELS:
            uptime_log.note_node(row.pk, has_answered=True, at=at)
        NodeConnection.objects.filter(pk=row.pk).update(version=node.version[:80], implementation=row.kind)
        over = (lambda: False) if slice_s is None else (lambda: time.monotonic() - began > slice_s)
        rest = _do_steps(Reading(row, line, node, at, tell, over), first=stage)
    if rest is None:
        _finish(row)
    return rest


def _do_steps(reading: Reading, *, first: Stage) -> Stage | None:
    """Do the steps from `first` on, and return the one at which time was up."""
    stages = list(Stage)
    for stage in stages[stages.index(first) :]:
        if (stage is not first and reading.is_over()) or not STEPS[stage](reading):
            return stage
    return None


def _finish(row: NodeConnection) -> None:
    NodeConnection.objects.filter(pk=row.pk).update(
        state=State.READY, message="", step="", progress_percent=100, failures_in_row=0, tried_at=timezone.now()
    )
    logger.info("recommendations.node.read", extra={"connection": row.pk})


def _note_trouble(row: NodeConnection, trouble: Exception, *, at: datetime) -> None:
    if isinstance(trouble, SourceUnreachable):
        uptime_log.note_node(row.pk, has_answered=False, at=at)
    _fail(row, _state_of(trouble), str(trouble), at=at)
    code = getattr(trouble, "code", "source_error")
    logger.warning("recommendations.node.not_read", extra={"connection": row.pk, "code": code})


def _state_of(trouble: Exception) -> State:
    if isinstance(trouble, SourceUnreachable):
        return State.UNREACHABLE
    return State.BROKEN if isinstance(trouble, SourceBroken | SourceMismatch) else State.REFUSED


def _fail(row: NodeConnection, state: State, message: str, *, at: datetime) -> None:
    """Write down what went wrong; what was read stays, and its age tells."""
    NodeConnection.objects.filter(pk=row.pk).update(
        state=state, message=message[:300], step="", tried_at=at, failures_in_row=row.failures_in_row + 1
    )


def _live_row(connection_id: int) -> NodeConnection | None:
    rows = NodeConnection.objects.select_related("node__network", "owner")
    return rows.filter(pk=connection_id, kind__in=LIVE).first()


def _is_due(row: NodeConnection, *, at: datetime) -> bool:
    if row.state in (State.WAITING, State.SYNCING):
        return is_interrupted(tried_at=row.tried_at, at=at)
    due_at = next_reading_at(
        tried_at=row.tried_at, every_min=row.refresh_every_min, failures=row.failures_in_row, at=at
    )
    return due_at is not None and due_at <= at


@contextmanager
def _alone(connection_id: int) -> Iterator[bool]:
    """Hold the node's lock, or tell that somebody else does."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, connection_id])
        is_mine = bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK, connection_id])


class _Diary:
    """Writes how far a reading is into its row, twice a second at most, which is also the sign of life."""

    def __init__(self, row: NodeConnection, watcher: Watcher | None) -> None:
        self._row, self._watcher = row, watcher
        self._step, self._written_s = "", 0.0

    def __call__(self, percent: int, step: str) -> None:
        if self._watcher:
            self._watcher(percent, step)
        now_s = time.monotonic()
        if step != self._step or now_s - self._written_s >= WRITE_EVERY_S:
            self._step, self._written_s = step, now_s
            NodeConnection.objects.filter(pk=self._row.pk).update(
                state=State.SYNCING, step=step, progress_percent=percent, tried_at=timezone.now()
            )
