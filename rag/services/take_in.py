"""Carry an intake out: in slices, so that no job outlives the queue's patience, and safe to run twice or half."""

import logging
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path

from django.db.models import Q, QuerySet
from django.utils import timezone

from rag.domain.documents import Outcome
from rag.domain.errors import RagError, SourceUnreadable
from rag.domain.ingesting import IngestReport, together
from rag.models import Ingestion, Parcel, Source
from rag.services.dead_letters import settle_letters
from rag.services.fetch import WebPages
from rag.services.ingest import Report, ingest_documents, ingest_folder
from rag.services.intake import addresses_of, enqueue
from rag.sources.reading import read_file

logger = logging.getLogger(__name__)
SLICE_S = 240.0  # under half the queue's time-out
MOST_S = 500.0  # the queue ends a job after 600 s
ABANDONED = timedelta(seconds=180)  # the longest step, a costly PDF, takes 90 s: who is silent for so long is gone
WRITE_EVERY_S = 0.25
PARCELS_AT_ONCE = 50
FAILURES_TOLD = 100  # in the row; the dead letters have them all
TOO_SLOW = "It makes no headway within the time of a job. Divide the file or folder, and hand in the parts."
UNEXPECTED = "Something unexpected went wrong; the log says what. What was taken in stays. Try again."
ADDED = ("created", "updated", "renamed", "deleted", "embedded")  # of all slices; the other figures are the latest ones


def take_in(ingestion_id: uuid.UUID, *, at: datetime, slice_s: float = SLICE_S) -> None:
    """Work on an intake for about `slice_s` seconds and queue the next slice when it needs one.

    Does nothing when it has ended, or when somebody else is at it.
    """
    row = _claim(ingestion_id, at=at)
    if row is None:
        return
    try:
        report = _carry_out(row, at=at, until=_patience(slice_s))
    except RagError as exc:
        _finish(row, Ingestion.State.FAILED, str(exc))
        return
    _add(row, report)
    if report.is_complete or report.without_vectors:
        _finish(row, Ingestion.State.DONE, _words(row, report))
    else:
        _of(row).update(state=Ingestion.State.QUEUED, report=row.report)
        enqueue(row.pk)


def give_up(ingestion_id: uuid.UUID) -> None:
    """Mark an intake that failed for no reason we know, so that nobody waits for it."""
    Ingestion.objects.filter(pk=ingestion_id).exclude(state=Ingestion.State.DONE).update(
        state=Ingestion.State.FAILED, message=UNEXPECTED, finished_at=timezone.now()
    )


def abandoned(*, at: datetime) -> Q:
    """Return which intakes nobody works on any more although their row says so."""
    silent = Q(alive_at__lt=at - ABANDONED) | Q(alive_at=None)
    return Q(state=Ingestion.State.RUNNING) & silent


def _claim(ingestion_id: uuid.UUID, *, at: datetime) -> Ingestion | None:
    """Take the intake over; a job may be delivered twice, and only one of them gets it."""
    free = Ingestion.objects.filter(Q(state=Ingestion.State.QUEUED) | abandoned(at=at), pk=ingestion_id)
    now = timezone.now()
    if not free.update(state=Ingestion.State.RUNNING, alive_at=now):
        return None
    Ingestion.objects.filter(pk=ingestion_id, started_at=None).update(started_at=now)
    return Ingestion.objects.select_related("source").get(pk=ingestion_id)


def _patience(slice_s: float) -> Callable[[], bool]:
    """Return what tells that a slice is over; it raises once a slice without headway nears the queue's time-out."""
    began = time.monotonic()

    def is_over() -> bool:
        elapsed_s = time.monotonic() - began
        if elapsed_s > MOST_S:
            raise SourceUnreadable(TOO_SLOW)
        return elapsed_s > slice_s

    return is_over


def _carry_out(row: Ingestion, *, at: datetime, until: Callable[[], bool]) -> IngestReport:
    """Read what the intake is about.

    :raises SourceUnreadable: when a folder is not there.
    """
    diary = _Diary(row)
    if row.parcels.exists():
        return _take_parcels(row, at=at, until=until, diary=diary)
    if row.source.kind == Source.Kind.WEB:
        return read_addresses(row.source, at=at, report=diary.note, until=until)
    if row.source.kind != Source.Kind.FOLDER:
        return IngestReport(row.source.slug, documents=0)
    told = ingest_folder(Path(row.source.location), source=row.source, at=at, report=diary.note, until=until)
    if told.is_complete:
        Source.objects.filter(pk=row.source_id).update(checked_at=at)
    return told


def read_addresses(
    source: Source,
    *,
    at: datetime,
    report: Report | None = None,
    until: Callable[[], bool] | None = None,
    lang: str = "",
) -> IngestReport:
    """Bring a source of web addresses up to date; what fails is listed, and keeps its documents."""
    pages = WebPages(source, addresses_of(source), lang=lang)
    told = ingest_documents(source, pages, at=at, report=report, until=until)
    if told.is_complete:
        Source.objects.filter(pk=source.pk).update(validators=pages.validators, checked_at=at)
        settle_letters(source, told.failures, tried=None, at=at)
    return told


def _take_parcels(row: Ingestion, *, at: datetime, until: Callable[[], bool], diary: "_Diary") -> IngestReport:
    """Make documents of the files that wait, a group at a time; bytes whose documents are stored are deleted."""
    total = IngestReport(row.source.slug, documents=0)
    while group := list(row.parcels.defer("content").order_by("received_at", "pk")[:PARCELS_AT_ONCE]):
        files = _Files(group)
        report = ingest_documents(
            row.source, files, at=at, report=diary.note, keeps_others=True, files=files.names, until=until
        )
        total = together(total, report)
        if not report.is_complete and not report.without_vectors:
            return total
        parcels = {parcel.name: parcel for parcel in group}
        settle_letters(row.source, report.failures, tried=frozenset(parcels), at=at, parcels=parcels)
        _release(row.source, group)
        if until():
            return total if not row.parcels.exists() else together(total, IngestReport("", 0, is_complete=False))
    return total


class _Files:
    """The documents of some parcels, whose bytes are fetched one by one."""

    def __init__(self, parcels: list[Parcel]) -> None:
        self._parcels = parcels

    def __iter__(self) -> Iterator[Outcome]:
        for parcel in self._parcels:
            content = bytes(Parcel.objects.values_list("content", flat=True).get(pk=parcel.pk))
            yield from read_file(content, uid=parcel.name, claimed=parcel.media_type)

    def __length_hint__(self) -> int:
        return len(self._parcels)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(parcel.name for parcel in self._parcels)


def _release(source: Source, group: list[Parcel]) -> None:
    """Delete the bytes that no dead letter waits for; the others belong to no intake any more."""
    Parcel.objects.filter(pk__in=[parcel.pk for parcel in group]).update(ingestion=None)
    held = source.dead_letters.exclude(parcel=None).values("parcel_id")
    Parcel.objects.filter(source=source, ingestion=None).exclude(pk__in=held).delete()


def _add(row: Ingestion, report: IngestReport) -> None:
    """Add a slice to what the row tells: an upload goes on with other files, a folder reads the same ones again."""
    told = asdict(replace(report, failures=report.failures[:FAILURES_TOLD]))
    for name in ADDED:
        told[name] += row.report.get(name, 0)
    told["seconds"] = round(told["seconds"] + row.report.get("seconds", 0), 2)
    row.report = told


def _words(row: Ingestion, report: IngestReport) -> str:
    if report.without_vectors:
        return f"Stored, and found by its words. Vectors follow when the model answers: {report.without_vectors}"
    added, failed = row.report["created"] + row.report["updated"], row.report["failed"]
    taken = f"{added} documents taken in, {row.report['unchanged']} unchanged, {row.report['deleted']} removed."
    return f"{taken} {failed} failed: see the dead letters." if failed else taken


def _finish(row: Ingestion, state: Ingestion.State, words: str) -> None:
    _of(row).update(state=state, message=words[:300], report=row.report, finished_at=timezone.now())
    logger.info("rag.intake.finished", extra={"ingestion": str(row.pk), "state": state.value})


def _of(row: Ingestion) -> QuerySet[Ingestion]:
    return Ingestion.objects.filter(pk=row.pk, state=Ingestion.State.RUNNING)


class _Diary:
    """Writes progress down at most four times a second, which is also the sign of life."""

    def __init__(self, row: Ingestion) -> None:
        self._row = row
        self._written_s = 0.0

    def note(self, step: str, done: int, of: int) -> None:
        now_s = time.monotonic()
        if now_s - self._written_s >= WRITE_EVERY_S:
            self._written_s = now_s
            _of(self._row).update(step=step[:40], done=done, total=of, alive_at=timezone.now())
