"""Take documents into the library. Idempotent: what did not change is not touched, what is gone is removed."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.db.models import F

from rag.domain.chunking import chunk_markdown
from rag.domain.documents import RawDocument, combined_sha256
from rag.domain.errors import DocumentInvalid, SourceUnreadable
from rag.domain.hygiene import CleanText, clean
from rag.metrics import DOCUMENTS_INDEXED, INDEX_OPERATIONS
from rag.models import Chunk, Document, IndexVersion, Source
from rag.services.postings import settle, update_source_sums, write_postings
from rag.services.reindex import current_version, ensure_active_index
from rag.sources.files import read_documents

Report = Callable[[str, int, int], None]  # (step, done, of)

LIBRARY_SLUG = "library"
LIBRARY_NAME = "Library"
KNOWLEDGE_DIR = Path(__file__).resolve().parent.parent / "knowledge"
BATCH = 100  # documents per transaction
ROW_FIELDS = (
    "title", "lang", "content", "content_sha256", "url", "tags", "references", "flags", "dated_at", "ingested_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one ingestion did, in documents, chunks and texts embedded; `flagged` documents show injection patterns."""

    source: str
    documents: int
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    chunks: int = 0
    embedded: int = 0
    flagged: int = 0
    seconds: float = 0.0
    index_version: str = ""

    @property
    def has_changed(self) -> bool:
        return bool(self.created or self.updated or self.deleted)


def load_library(*, at: datetime, report: Report | None = None) -> IngestReport:
    """Bring the built-in library up to date with the articles that ship.

    :raises DocumentInvalid: naming the article and the field.
    """
    source, _ = Source.objects.get_or_create(
        slug=LIBRARY_SLUG, defaults={"name": LIBRARY_NAME, "kind": Source.Kind.BUILT_IN, "is_public": True}
    )
    return ingest_documents(source, read_documents(KNOWLEDGE_DIR, origin=source.name), at=at, report=report)


def upload_source(name: str, *, slug: str, is_public: bool = False) -> Source:
    """Return the upload source of this slug, made when it is new; an existing one keeps its settings.

    :raises SourceUnreadable: when the slug belongs to the built-in library.
    """
    source, _ = Source.objects.get_or_create(
        slug=slug, defaults={"name": name, "kind": Source.Kind.UPLOAD, "is_public": is_public}
    )
    if source.kind != Source.Kind.UPLOAD:
        raise SourceUnreadable(f"{slug} is the built-in library: choose another name.")
    return source


def ingest_folder(path: Path, *, source: Source, at: datetime, report: Report | None = None) -> IngestReport:
    """Bring an upload source up to date with the files at or below `path`.

    :raises SourceUnreadable: naming the file.
    """
    return ingest_documents(source, read_documents(path), at=at, report=report)


def ingest_documents(
    source: Source, documents: Iterable[RawDocument], *, at: datetime, report: Report | None = None
) -> IngestReport:
    """Make `source` hold exactly `documents`, searchable by words and meaning; the embedder loads only when needed.

    :raises DocumentInvalid: when two documents have the same uid.
    """
    started = time.monotonic()
    incoming = _by_uid(documents)
    hashes = {uid: document.sha256() for uid, document in incoming.items()}
    combined = combined_sha256(hashes.values())
    if combined == source.content_sha256 and (version := _complete_version()):
        seconds = time.monotonic() - started
        size = len(incoming)
        return IngestReport(source.slug, size, unchanged=size, index_version=version, seconds=seconds)
    counts = _store_changes(source, incoming, hashes=hashes, combined=combined, at=at, report=report)
    version_row, embedded = ensure_active_index(at=at, report=_step(report, "embed"))
    settle()
    return IngestReport(
        source=source.slug,
        documents=len(incoming),
        embedded=embedded,
        seconds=time.monotonic() - started,
        index_version=version_row.slug,
        **counts,
    )


def _by_uid(documents: Iterable[RawDocument]) -> dict[str, RawDocument]:
    found: dict[str, RawDocument] = {}
    for document in documents:
        if document.uid in found:
            raise DocumentInvalid(f"{document.uid}: two documents of one source have the same uid.")
        found[document.uid] = document
    return found


def _complete_version() -> str | None:
    """Return the active space when it is the one of this process and no chunk lacks a vector in it, else None."""
    version = IndexVersion.objects.filter(is_active=True).first()
    if version is None or version.slug != current_version(at=version.created_at).slug:
        return None
    return None if Chunk.objects.exclude(embeddings__index_version=version).exists() else version.slug


def _step(report: Report | None, name: str) -> Callable[[int, int], None] | None:
    return None if report is None else lambda done, of: report(name, done, of)


def _store_changes(
    source: Source,
    incoming: dict[str, RawDocument],
    *,
    hashes: dict[str, str],
    combined: str,
    at: datetime,
    report: Report | None,
) -> dict[str, int]:
    known = dict(source.documents.values_list("uid", "content_sha256"))
    changed = [uid for uid, sha in hashes.items() if known.get(uid) != sha]
    gone = known.keys() - incoming.keys()
    chunks, flagged = _store_all(source, [incoming[uid] for uid in changed], hashes=hashes, at=at, report=report)
    with transaction.atomic():
        source.documents.filter(uid__in=gone).delete()
        update_source_sums(source.pk)
        _close(source, combined=combined, has_changed=bool(changed or gone), at=at)
    DOCUMENTS_INDEXED.labels(collection=source.kind).inc(len(changed))
    INDEX_OPERATIONS.labels(operation="ingest", status="ok").inc()
    updated = sum(uid in known for uid in changed)
    return {
        "created": len(changed) - updated,
        "updated": updated,
        "unchanged": len(incoming) - len(changed),
        "deleted": len(gone),
        "chunks": chunks,
        "flagged": flagged,
    }


def _store_all(
    source: Source, changed: Sequence[RawDocument], *, hashes: dict[str, str], at: datetime, report: Report | None
) -> tuple[int, int]:
    """Store documents in batches, each in a transaction; return how many chunks, and how many were flagged."""
    chunks = flagged = 0
    for start in range(0, len(changed), BATCH):
        batch = changed[start : start + BATCH]
        with transaction.atomic():
            new_chunks, new_flagged = _store_batch(source, batch, hashes=hashes, at=at)
        chunks, flagged = chunks + new_chunks, flagged + new_flagged
        if report:
            report("store", start + len(batch), len(changed))
    return chunks, flagged


def _close(source: Source, *, combined: str, has_changed: bool, at: datetime) -> None:
    """Note what the source now holds; a new revision makes every kept answer that rests on it expire."""
    Source.objects.filter(pk=source.pk).update(
        content_sha256=combined, revision=F("revision") + int(has_changed), ingested_at=at
    )
    source.refresh_from_db()


def _store_batch(
    source: Source, batch: Sequence[RawDocument], *, hashes: dict[str, str], at: datetime
) -> tuple[int, int]:
    """Write documents, chunks and postings of a batch; return how many chunks, and how many documents were flagged."""
    cleaned = [clean(raw.content) for raw in batch]
    rows = [
        _document_row(source, raw, text, sha=hashes[raw.uid], at=at) for raw, text in zip(batch, cleaned, strict=True)
    ]
    Document.objects.bulk_create(rows, update_conflicts=True, unique_fields=["source", "uid"], update_fields=ROW_FIELDS)
    ids = dict(source.documents.filter(uid__in=[raw.uid for raw in batch]).values_list("uid", "pk"))
    Chunk.objects.filter(document_id__in=ids.values()).delete()
    chunks = Chunk.objects.bulk_create(
        [
            Chunk(
                document_id=ids[raw.uid],
                ordinal=one.ordinal,
                breadcrumb=one.breadcrumb,
                text=one.text,
                word_count=one.word_count,
            )
            for raw, text in zip(batch, cleaned, strict=True)
            for one in chunk_markdown(text.text, origin=raw.origin, title=clean(raw.title).text)
        ],
        batch_size=1000,
    )
    write_postings([chunk.pk for chunk in chunks])
    return len(chunks), sum(bool(text.flags) for text in cleaned)


def _document_row(source: Source, raw: RawDocument, text: CleanText, *, sha: str, at: datetime) -> Document:
    return Document(
        source=source,
        uid=raw.uid,
        title=clean(raw.title).text,
        lang=raw.lang,
        content=text.text,
        content_sha256=sha,
        url=raw.url,
        tags=[clean(tag).text for tag in raw.tags],
        references=[{"name": item.name, "url": item.url} for item in raw.references],
        flags=list(text.flags),
        dated_at=raw.dated_at,
        ingested_at=at,
    )
