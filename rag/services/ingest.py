"""Take documents into the library. Idempotent: what did not change is not touched, what is gone is removed."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from operator import length_hint
from pathlib import Path

from rag.domain.documents import Outcome, batches
from rag.domain.errors import SourceUnreadable
from rag.domain.ingesting import IngestReport
from rag.metrics import DOCUMENTS_INDEXED, INDEX_OPERATIONS
from rag.models import Source
from rag.services import telemetry
from rag.services.changes import Changes
from rag.services.dead_letters import settle_letters
from rag.services.embed_behind import EmbedBehind
from rag.services.postings import settle
from rag.sources.files import Folder

Report = Callable[[str, int, int], None]  # (step, done, of)

LIBRARY_SLUG = "library"
LIBRARY_NAME = "Library"
KNOWLEDGE_DIR = Path(__file__).resolve().parent.parent / "knowledge"
BATCH = 100  # documents per transaction
FIRST_BATCH = 16  # so that the embedder begins at once
BATCH_CHARACTERS = 1_000_000  # and in memory at once


def load_library(*, at: datetime, report: Report | None = None) -> IngestReport:
    """Bring the built-in library up to date with the articles that ship."""
    source, _ = Source.objects.get_or_create(
        slug=LIBRARY_SLUG, defaults={"name": LIBRARY_NAME, "kind": Source.Kind.BUILT_IN, "is_public": True}
    )
    return ingest_documents(source, Folder(KNOWLEDGE_DIR, origin=source.name), at=at, report=report)


def upload_source(name: str, *, slug: str, is_public: bool = False, kind: str = Source.Kind.UPLOAD) -> Source:
    """Return the source of this slug, made when it is new; an existing one keeps its settings.

    :raises SourceUnreadable: when the slug belongs to the built-in library.
    """
    source, _ = Source.objects.get_or_create(slug=slug, defaults={"name": name, "kind": kind, "is_public": is_public})
    if source.kind == Source.Kind.BUILT_IN:
        raise SourceUnreadable(f"{slug} is the built-in library: choose another name.")
    return source


def ingest_folder(
    path: Path,
    *,
    source: Source,
    at: datetime,
    report: Report | None = None,
    lang: str = "",
    keeps_others: bool = False,
    until: Callable[[], bool] | None = None,
) -> IngestReport:
    """Bring a source up to date with the files at or below `path`; one that fails is listed, and keeps its documents.

    :raises SourceUnreadable: when there is no such path.
    """
    folder = Folder(path, lang=lang)
    told = ingest_documents(source, folder, at=at, report=report, keeps_others=keeps_others, until=until)
    if told.is_complete:
        settle_letters(source, told.failures, tried=None if not keeps_others else folder.uids(), at=at)
    return told


def ingest_documents(
    source: Source,
    documents: Iterable[Outcome],
    *,
    at: datetime,
    report: Report | None = None,
    keeps_others: bool = False,
    files: frozenset[str] = frozenset(),
    until: Callable[[], bool] | None = None,
) -> IngestReport:
    """Make `source` hold exactly `documents`, searchable by words and meaning; the embedder loads only when needed.

    With `keeps_others` nothing is removed but what is no longer in the `files` that these documents are of. Once
    `until()` says so, and something was done, it stops between two batches; a further run goes on.
    Read lazily, a batch at a time: any number of documents needs the memory of one batch.
    """
    started = time.monotonic()
    changes = Changes(source, at=at, keeps_others=keeps_others, files=files)
    expected, seen = length_hint(documents, 0), 0
    with EmbedBehind(at=at, report=report, until=until) as embedding:
        for batch in batches(documents, most=BATCH, most_characters=BATCH_CHARACTERS, first=FIRST_BATCH):
            embedding.add(changes.take(batch))
            seen += len(batch)
            if report:
                report("store", seen, max(expected, seen))
            if until and until() and changes.counts.has_changed:  # else a run that finds all as it was would never end
                break
        else:
            embedding.add(changes.complete())
        changes.close()
        version, embedded = embedding.finish()
    if changes.counts.has_changed or embedded:
        settle()
        source.refresh_from_db()
    _count(source, changes)
    took_s = time.monotonic() - started
    told: dict[str, str | int | bool] = {
        "lnrag.source": source.slug,
        "lnrag.documents": seen,
        "lnrag.embedded": embedded,
    }
    telemetry.send("ingest", (), began_at=at, ms=round(took_s * 1000), attributes=told)
    return replace(
        changes.report(),
        embedded=embedded,
        seconds=took_s,
        index_version=version,
        without_vectors=str(embedding.failure or ""),
        is_complete=changes.is_complete and embedding.is_complete,
    )


def _count(source: Source, changes: Changes) -> None:
    DOCUMENTS_INDEXED.labels(collection=source.kind).inc(changes.counts.created + changes.counts.updated)
    status = "partial" if changes.failed else "ok"
    INDEX_OPERATIONS.labels(operation="ingest", status=status).inc()
