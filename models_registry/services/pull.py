"""Download a model onto a host, as a job in slices that shows how far it is. Two who want the same model share one."""

import logging
import time
from collections.abc import Callable
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any

from asgiref.sync import async_to_sync
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django_q.tasks import async_task

from models_registry.domain.errors import AnswerCutOff, ModelError, ProviderRejected, ProviderUnavailable
from models_registry.domain.residency import PullProgress
from models_registry.models import Provider, ProviderKind, Pull, validate_full_tag
from models_registry.providers import catalog
from models_registry.services.borrow import borrowing
from models_registry.services.discover import refresh

logger = logging.getLogger(__name__)
SLICE_S = 60.0  # well under half the queue's time-out, and others want a turn at its few workers
WRITE_EVERY_S = 1.0
ABANDONED_S = 600.0  # the queue's time-out: whoever gave no sign for so long was ended by it
DOWNLOADING = "pulling"  # only then does a slice end: hanging up on a host that checks 40 GB makes it check them again
LONGEST = timedelta(days=1)  # 40 GB at 4 Mbps; what takes longer never ends
INTERRUPTED = "Interrupted. Pull it again: what has arrived is kept."

Watcher = Callable[[PullProgress], None]


class _Canceled(Exception):
    """Somebody canceled the download in the admin."""


def request(provider: Provider, *, model: str, at: datetime) -> Pull:
    """Return the download of this model under way, or a new one with its job queued.

    :raises ValidationError: when the host cannot pull, or the name is no fixed tag (SE-08).
    """
    row, is_new = find_or_create(provider, model=model, at=at)
    if is_new or at - row.updated_at > timedelta(seconds=ABANDONED_S):
        enqueue(row.pk)
    return row


def find_or_create(provider: Provider, *, model: str, at: datetime) -> tuple[Pull, bool]:
    """Return the row of this download and whether it is new; nobody works on a new one yet.

    :raises ValidationError: when the host cannot pull, or the name is no fixed tag (SE-08).
    """
    if provider.kind != ProviderKind.OLLAMA:
        raise ValidationError(f"{provider} does not download models: only Ollama hosts do.")
    name = model.strip()
    validate_full_tag(name)
    under_way = Pull.objects.filter(provider=provider, model=name, state__in=Pull.UNDER_WAY)
    try:
        with transaction.atomic():
            if found := under_way.first():
                return found, False
            return Pull.objects.create(provider=provider, model=name, requested_at=at, updated_at=at), True
    except IntegrityError:  # somebody else asked at the same moment
        return under_way.get(), False


def enqueue(pull_id: int) -> None:
    """Queue the next slice of a download."""
    async_task("models_registry.tasks.pull_model", pull_id=pull_id)


def cancel(pull_ids: list[int], *, at: datetime) -> int:
    """Stop these downloads at their next sign of progress, and return how many; what has arrived stays on the host."""
    under_way = Pull.objects.filter(pk__in=pull_ids, state__in=Pull.UNDER_WAY)
    return under_way.update(state=Pull.State.CANCELED, status="Canceled.", updated_at=at, finished_at=at)


def run_slice(pull_id: int, *, slice_s: float | None = SLICE_S, watcher: Watcher | None = None) -> bool:
    """Work on a download for `slice_s` seconds (None: to its end) and return whether it needs another slice.

    Does nothing when it has ended, or when somebody else works on it.
    """
    row = _claim(pull_id, at=timezone.now())
    if row is None:
        return False
    try:
        is_done = async_to_sync(_pull)(row, slice_s, watcher)
    except _Canceled:
        return False
    except ModelError as exc:
        return _fail(row, exc)
    except BaseException:  # Ctrl-C at the terminal: nobody works on it any more, and nobody else should think so
        _finish(row, Pull.State.FAILED, INTERRUPTED)
        raise
    return _succeed(row) if is_done else _pause(row)


def carry_out(row: Pull, *, watcher: Watcher | None = None, sleep: Callable[[float], None] = time.sleep) -> Pull:
    """Download to the end and return the row as it ended; when a job is at it already, watch that one."""
    while True:
        run_slice(row.pk, slice_s=None, watcher=watcher)
        row.refresh_from_db()
        if not row.is_under_way:
            return row
        if watcher:
            watcher(PullProgress(row.status, completed_bytes=row.completed_bytes, total_bytes=row.total_bytes))
        sleep(WRITE_EVERY_S)


def _claim(pull_id: int, *, at: datetime) -> Pull | None:
    """Take the download over; a job may be delivered twice, and only one of them gets it."""
    abandoned = Q(state=Pull.State.RUNNING, updated_at__lt=at - timedelta(seconds=ABANDONED_S))
    free = Pull.objects.filter(Q(state=Pull.State.QUEUED) | abandoned, pk=pull_id)
    if not free.update(state=Pull.State.RUNNING, updated_at=at):
        return None
    return Pull.objects.select_related("provider").get(pk=pull_id)


async def _pull(row: Pull, slice_s: float | None, watcher: Watcher | None) -> bool:
    """Follow the host's progress; return whether the model has arrived. Hanging up keeps what came so far."""
    ollama = catalog.connect_ollama(row.provider.endpoint())
    if ollama is None:
        raise ProviderRejected("Only Ollama hosts download models.")
    began = written_at = time.monotonic()
    async with aclosing(ollama.pull(row.model)) as steps:
        async for step in steps:
            if watcher:
                watcher(step)
            if step.is_done:
                return True
            now = time.monotonic()
            if slice_s is not None and now - began >= slice_s and step.status.startswith(DOWNLOADING):
                return False
            if now - written_at >= WRITE_EVERY_S or step.total_bytes is None:
                await borrowing(_note, row.pk, step)
                written_at = now
    raise AnswerCutOff("The host ended the download without saying `success`.")


def _note(pull_id: int, step: PullProgress) -> None:
    """Write the progress down.

    :raises _Canceled: when the row is no longer running.
    """
    values: dict[str, Any] = {"status": step.status[:200], "updated_at": timezone.now()}
    if step.total_bytes is not None:
        values |= {"completed_bytes": step.completed_bytes or 0, "total_bytes": step.total_bytes}
    if not Pull.objects.filter(pk=pull_id, state=Pull.State.RUNNING).update(**values):
        raise _Canceled


def _succeed(row: Pull) -> bool:
    _finish(row, Pull.State.DONE, "")
    logger.info("models_registry.pull.completed", extra={"model": row.model, "host": row.provider.slug})
    refresh((row.provider,), at=timezone.now())
    return False


def _pause(row: Pull) -> bool:
    """Hand the download back for the next slice."""
    now = timezone.now()
    if now - row.requested_at > LONGEST:
        return _fail(row, ProviderUnavailable("It has not ended within a day."))
    paused = Pull.objects.filter(pk=row.pk, state=Pull.State.RUNNING)
    return bool(paused.update(state=Pull.State.QUEUED, updated_at=now))


def _fail(row: Pull, failure: ModelError) -> bool:
    _finish(row, Pull.State.FAILED, str(failure))
    logger.warning(
        "models_registry.pull.failed", extra={"model": row.model, "host": row.provider.slug, "code": failure.code}
    )
    return False


def _finish(row: Pull, state: Pull.State, words: str) -> None:
    now = timezone.now()
    running = Pull.objects.filter(pk=row.pk, state=Pull.State.RUNNING)
    running.update(state=state, status=words[:200], updated_at=now, finished_at=now)
