"""Build a space beside the one that is searched: embed, index, check. A job in slices that shows how far it is.

Whoever is killed loses one batch. Two who build the same space share the work.
"""

import logging
import time
from collections.abc import Callable
from datetime import datetime

from django.utils import timezone
from django_q.tasks import async_task

from models_registry.domain.errors import ModelError
from rag import metrics
from rag.domain.errors import SpaceNotReady
from rag.domain.spaces import LEAST_RECALL
from rag.models import IndexVersion
from rag.services.build_index import build_index
from rag.services.index_sql import BuiltElsewhere
from rag.services.probe_space import probe
from rag.services.reindex import embed_missing, is_complete
from rag.services.space_rows import switch_to

logger = logging.getLogger(__name__)
SLICE_S = 60.0  # well under half the queue's time-out, and others want a turn at its few workers
WRITE_EVERY_S = 1.0
SHORT_S = 0.2
SHORT = "Its index finds less than it should, whatever the knob. Raise m, or force the exact scan, and build it again."
INTERRUPTED = "Interrupted. Build it again: what is embedded is kept."
State = IndexVersion.State
Watcher = Callable[[str, int, int], None]  # (step, done, of)


def enqueue(space_id: int, *, afresh: bool = False) -> None:
    """Queue the next slice of building a space; with `afresh` its index is built also when one is there."""
    async_task("rag.tasks.build_space", space_id=space_id, afresh=afresh)


def run_slice(
    space_id: int, *, slice_s: float | None = SLICE_S, watcher: Watcher | None = None, afresh: bool = False
) -> bool:
    """Work on a space for `slice_s` seconds (None: to its end) and return whether it needs another slice.

    The index is built in one go. A space that is gone needs nothing.
    """
    row = IndexVersion.objects.filter(pk=space_id).first()
    if row is None:
        return False
    try:
        return _work(row, slice_s=slice_s, watcher=watcher, afresh=afresh)
    except BuiltElsewhere:  # whoever does will finish it
        return False
    except ModelError as exc:
        _fail(row, exc)
        return False
    except BaseException:
        _note(row, state=_state_after(row), message=INTERRUPTED, alive_at=None)
        raise


def carry_out(row: IndexVersion, *, watcher: Watcher | None = None, afresh: bool = False) -> IndexVersion:
    """Build a space to the end, here, and return the row as it ended."""
    while run_slice(row.pk, slice_s=None, watcher=watcher, afresh=afresh):
        time.sleep(SHORT_S)  # others are at the last passages
    row.refresh_from_db()
    return row


def activate(row: IndexVersion, *, at: datetime) -> None:
    """Search in this space from the next question on, complete: what came since it was built is embedded first.

    :raises SpaceNotReady: when it has not been built.
    :raises ModelError: when what is missing cannot be embedded.
    """
    if row.state != State.READY:
        raise SpaceNotReady(f"{row} is not ready. Build it first.")
    if not row.is_active:
        embed_missing(row)
        switch_to(row, at=at)
        logger.info("rag.space.activated", extra={"space": row.slug})


def _work(row: IndexVersion, *, slice_s: float | None, watcher: Watcher | None, afresh: bool) -> bool:
    began = time.monotonic()
    tell = _Teller(row, watcher)
    now = timezone.now()
    _note(row, state=State.BUILDING, message="", started_at=row.started_at or now, alive_at=now, finished_at=None)
    probe(row)
    is_over = (lambda: False) if slice_s is None else (lambda: time.monotonic() - began > slice_s)
    embed_missing(row, report=lambda done, of: tell("embed", done, of), until=is_over)
    if not is_complete(row):
        return True
    build_index(row, report=tell, afresh=afresh)
    _finish(row)
    return False


def _finish(row: IndexVersion) -> None:
    is_short = row.measured_recall is not None and row.measured_recall < LEAST_RECALL
    _note(
        row,
        state=State.READY,
        message=SHORT if is_short else "",
        step="",
        done=0,
        total=0,
        alive_at=None,
        finished_at=timezone.now(),
    )
    metrics.INDEX_OPERATIONS.labels(operation="build", status="ok").inc()
    logger.info("rag.space.built", extra={"space": row.slug, "kind": row.index_kind})
    if row.activates_when_ready and not row.is_active:
        activate(row, at=timezone.now())


def _fail(row: IndexVersion, failure: ModelError) -> None:
    """Write down what keeps the space from being ready. A host that is away is tried again by the timetable."""
    state = State.BUILDING if failure.retryable and not row.is_active else _state_after(row)
    _note(row, state=state, message=str(failure)[:300] or failure.code, alive_at=None)
    metrics.INDEX_OPERATIONS.labels(operation="build", status="error").inc()
    logger.warning("rag.space.failed", extra={"space": row.slug, "code": failure.code})


def _state_after(row: IndexVersion) -> str:
    """Return the state of a space whose build did not end: one that is searched still serves."""
    return State.READY if row.is_active else State.FAILED


def _note(row: IndexVersion, **values: object) -> None:
    IndexVersion.objects.filter(pk=row.pk).update(**values)
    row.refresh_from_db()


class _Teller:
    """Writes the progress into the row, once a second at most, and passes it on."""

    def __init__(self, row: IndexVersion, watcher: Watcher | None) -> None:
        self._row, self._watcher = row, watcher
        self._step, self._written_at = "", 0.0

    def __call__(self, step: str, done: int, of: int) -> None:
        if self._watcher:
            self._watcher(step, done, of)
        now = time.monotonic()
        if step != self._step or now - self._written_at >= WRITE_EVERY_S:
            self._step, self._written_at = step, now
            IndexVersion.objects.filter(pk=self._row.pk).update(step=step, done=done, total=of, alive_at=timezone.now())
