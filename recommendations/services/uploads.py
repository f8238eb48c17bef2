"""Graph files handed in on the page: kept under a random name, imported by a job, deleted when the import ends."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from secrets import token_hex
from time import monotonic
from types import TracebackType
from typing import Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django_q.tasks import async_task

from models_registry.services.borrow import give_back
from recommendations.domain.errors import GraphError, GraphFileTooLarge
from recommendations.domain.graph_records import storable
from recommendations.models import GraphUpload
from recommendations.services.import_graph import MAINNET, ImportReport, import_graph

IMPORT_TASK = "recommendations.tasks.import_uploaded_graph"
WAITING = "Waiting for the job queue"
LOST = "The uploaded file is no longer there. Nothing was stored. Upload it again."
UNEXPECTED = "Something unexpected went wrong; the log says what. Nothing was stored. Try again, or use import_graph."
LEAST_PAUSE_S = 0.5  # between two notes of progress
Sender = AbstractBaseUser | AnonymousUser | None


def receive(file: "UploadedFile[bytes]", *, user: Sender, at: datetime, network: str = MAINNET) -> GraphUpload:
    """Keep an uploaded graph file and queue its import. What is in it is judged by the import.

    :raises GraphFileTooLarge: when it is larger than GRAPH_UPLOAD_MAX_BYTES; nothing is kept.
    """
    stored_name = token_hex(16)  # never the sender's name: that is a stranger's text
    path = _path(stored_name)
    try:
        _keep(file, path)
        with transaction.atomic():
            upload = GraphUpload.objects.create(
                user_id=getattr(user, "pk", None),
                file_name=storable(file.name or "graph.json")[0][:200],
                stored_name=stored_name,
                network_slug=network,
                message=WAITING,
                created_at=at,
            )
            async_task(IMPORT_TASK, upload_id=upload.pk)  # beside the write: it commits or vanishes with it
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return upload


def import_upload(upload_id: int, *, at: datetime, clock: Callable[[], float] = monotonic) -> None:
    """Import an uploaded file and write down how it went. Once finished, doing it again does nothing."""
    upload = GraphUpload.objects.filter(pk=upload_id).first()
    if upload is None or upload.is_finished:
        return
    GraphUpload.objects.filter(pk=upload_id).update(state=GraphUpload.State.RUNNING)
    path = _path(upload.stored_name)
    if not path.is_file():
        _fail(upload_id, LOST, at=at)
        return
    try:
        with _Diary(upload_id, clock=clock) as diary:
            report = import_graph(
                path, at=at, network=upload.network_slug, source_name=upload.file_name, progress=diary.note
            )
    except GraphError as exc:
        _fail(upload_id, str(exc), at=at)
    else:
        _finish(upload_id, report, at=at)
    finally:
        path.unlink(missing_ok=True)


def give_up(upload_id: int, *, at: datetime) -> None:
    """Mark an import that failed for no reason we know, so that nobody waits for it."""
    _fail(upload_id, UNEXPECTED, at=at)


def _path(stored_name: str) -> Path:
    return Path(settings.UPLOAD_DIR) / stored_name


def _keep(file: "UploadedFile[bytes]", path: Path) -> None:
    """Write the file beside the others; its announced size is not believed."""
    limit, written = settings.GRAPH_UPLOAD_MAX_BYTES, 0
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("xb") as target:
        path.chmod(0o600)
        for chunk in file.chunks():
            written += len(chunk)
            if written > limit:
                raise GraphFileTooLarge(limit_bytes=limit)
            target.write(chunk)


def _finish(upload_id: int, report: ImportReport, *, at: datetime) -> None:
    words = f"{report.nodes:,} nodes and {report.channels:,} channels, as of {report.as_of:%Y-%m-%d %H:%M} UTC"
    GraphUpload.objects.filter(pk=upload_id).update(
        state=GraphUpload.State.DONE,
        progress_percent=100,
        message=f"Imported {words}." if report.created else f"Imported before, nothing changed: {words}.",
        error="",
        report=report.as_json(),
        finished_at=at,
    )


def _fail(upload_id: int, error: str, *, at: datetime) -> None:
    GraphUpload.objects.filter(pk=upload_id).exclude(state=GraphUpload.State.DONE).update(
        state=GraphUpload.State.FAILED, message="Not imported.", error=error, finished_at=at
    )


class _Diary:
    """Writes progress over a connection of its own: the import's transaction hides what is written within it."""

    def __init__(self, upload_id: int, *, clock: Callable[[], float]) -> None:
        self._upload_id, self._clock = upload_id, clock
        self._latest_s: float | None = None
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="upload-progress")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._writer.submit(give_back)
        self._writer.shutdown(wait=True)  # a late note must not overwrite the outcome

    def note(self, percent: int, message: str) -> None:
        now_s = self._clock()
        if self._latest_s is None or now_s - self._latest_s >= LEAST_PAUSE_S:
            self._latest_s = now_s
            self._writer.submit(self._write, percent, message)

    def _write(self, percent: int, message: str) -> None:
        running = GraphUpload.objects.filter(pk=self._upload_id, state=GraphUpload.State.RUNNING)
        running.update(progress_percent=min(percent, 99), message=message[:300])
