"""Take documents into a collection that only the run that made it can search, and that goes when the run ends.

A run that was killed leaves its collection behind; the next one sweeps it. Who is alive is told by a lock of the
database that belongs to a connection: the system gives it back even for a process that was killed.
"""

import contextlib
import secrets
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import DatabaseError, connection, transaction

from rag.domain.documents import Unread
from rag.domain.errors import SourceUnreadable
from rag.models import Chunk, ChunkEmbedding, Document, GlossaryEntry, IndexVersion, LibraryPolicy, Posting, Source
from rag.services import defaults
from rag.services.ingest import Report, ingest_folder
from rag.services.postings import settle

LOCKS = 0x6576616C  # "eval": the first half of the locks' numbers
SLUG = "evaluation-"
DELETE_QUARANTINE = """
DELETE FROM rag_quarantine q USING rag_chunk c, rag_document d
WHERE q.chunk_id = c.id AND c.document_id = d.id AND d.source_id = %s
"""
DELETE_CHUNKS = """
DELETE FROM rag_chunk c USING rag_document d WHERE c.document_id = d.id AND d.source_id = %s
"""


@dataclass(frozen=True, slots=True)
class Collection:
    """What is searched: one source, and who may read it. `failures`: files that could not be taken in."""

    source_id: int
    name: str
    documents: int
    passages: int
    uids: frozenset[str]
    reader: AbstractBaseUser
    failures: tuple[Unread, ...] = ()
    ingest_s: float | None = None


@contextlib.contextmanager
def gathered(folder: Path, *, at: datetime, report: Report | None = None) -> Iterator[Collection]:
    """Take the documents of `folder` in for as long as the context lasts; nobody else finds them.

    :raises SourceUnreadable: when there is no such folder, or nothing in it can be read.
    """
    sweep()
    spaces = frozenset(IndexVersion.objects.values_list("pk", flat=True))
    slug = SLUG + secrets.token_hex(8)
    with _held(slug):
        try:
            source = Source.objects.create(slug=slug, name=slug, kind=Source.Kind.TEMPORARY, is_public=True)
            told = ingest_folder(folder, source=source, at=at, report=report)
            if not told.documents:
                raise SourceUnreadable(f"{folder} holds no document that can be read.")
            yield _collection(source, name=folder.name, failures=told.failures, ingest_s=told.seconds)
        finally:
            _remove_surely(slug, spaces=spaces)


def existing(slug: str) -> Collection:
    """Return a source as it stands, read as its owner would.

    :raises SourceUnreadable: when there is no such source, or nothing in it.
    """
    source = Source.objects.filter(slug=slug, is_enabled=True).first()
    if source is None:
        known = ", ".join(Source.objects.exclude(kind=Source.Kind.TEMPORARY).values_list("slug", flat=True))
        raise SourceUnreadable(f"There is no enabled source {slug}. There are: {known or 'none'}.")
    if not source.documents.exists():
        raise SourceUnreadable(f"{slug} holds no documents: run manage.py load_knowledge, or ingest some.")
    return _collection(source, name=source.name)


def load_first_rows(*, at: datetime) -> bool:
    """Load the shipped glossary and policy into a database that has never seen them; tell whether it was one."""
    if LibraryPolicy.objects.exists() or GlossaryEntry.objects.exists():
        return False
    defaults.load(at=at)
    return True


def sweep() -> int:
    """Remove what runs left behind that were killed; return how many collections."""
    swept = 0
    for slug in Source.objects.filter(kind=Source.Kind.TEMPORARY).values_list("slug", flat=True):
        with _lock_connection() as own:
            if _asks(own, "SELECT pg_try_advisory_lock(%s, %s)", slug):
                _remove(slug)
                _asks(own, "SELECT pg_advisory_unlock(%s, %s)", slug)
                swept += 1
    return swept


def _collection(
    source: Source, *, name: str, failures: tuple[Unread, ...] = (), ingest_s: float | None = None
) -> Collection:
    uids = frozenset(Document.objects.filter(source=source).values_list("uid", flat=True))
    source.refresh_from_db(fields=("chunk_count",))
    return Collection(
        source_id=source.pk,
        name=name,
        documents=len(uids),
        passages=source.chunk_count,
        uids=uids,
        reader=get_user_model()(pk=source.owner_id),
        failures=failures,
        ingest_s=ingest_s,
    )


def _remove_surely(slug: str, *, spaces: frozenset[int]) -> None:
    """Remove it also when the order to end comes in between, or a statement was cut off: then on a new connection."""
    try:
        _remove(slug, spaces=spaces)
    except (KeyboardInterrupt, SystemExit, DatabaseError):
        if not connection.in_atomic_block:
            connection.close()
            _remove(slug, spaces=spaces)
        raise


def _remove(slug: str, *, spaces: frozenset[int] | None = None) -> None:
    """Delete a collection with everything in it, and the space that was made for it in an empty house."""
    source = Source.objects.filter(slug=slug, kind=Source.Kind.TEMPORARY).first()
    if source is None:
        return
    with transaction.atomic():
        # Millions of rows: Django's cascade would fetch them, these statements do not.
        Posting.objects.filter(source=source).delete()
        ChunkEmbedding.objects.filter(source=source).delete()
        with connection.cursor() as cursor:
            cursor.execute(DELETE_QUARANTINE, [source.pk])
            cursor.execute(DELETE_CHUNKS, [source.pk])
        source.delete()
    if spaces is not None and not Chunk.objects.exists():
        IndexVersion.objects.exclude(pk__in=spaces).delete()
    settle()


@contextlib.contextmanager
def _held(slug: str) -> Iterator[None]:
    """Hold the lock of a collection on a connection of its own."""
    with _lock_connection() as own:
        _asks(own, "SELECT pg_advisory_lock(%s, %s)", slug)
        try:
            yield
        finally:
            _asks(own, "SELECT pg_advisory_unlock(%s, %s)", slug)


@contextlib.contextmanager
def _lock_connection() -> Iterator[Any]:
    own = connection.copy()
    try:
        yield own
    finally:
        own.close()


def _asks(own: Any, statement: str, slug: str) -> bool:
    with own.cursor() as cursor:
        cursor.execute(statement, [LOCKS, zlib.crc32(slug.encode()) - 2**31])
        row = cursor.fetchone()
    return bool(row and row[0])
