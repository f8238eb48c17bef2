"""Take in what people hand over: files wait as parcels, a job makes documents of them; addresses join their source."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import F
from django_q.tasks import async_task

from rag.domain.documents import short_uid
from rag.domain.errors import AddressRefused, DocumentTooLarge, SourceUnreadable
from rag.models import DeadLetter, Document, Ingestion, Parcel, Source
from rag.services.dead_letters import forget_letters
from rag.services.postings import update_source_sums
from rag.services.store import begin_change
from rag.sources.addresses import checked
from rag.sources.reading import MOST_BYTES, clean_uid

TASK = "rag.tasks.take_in"
MOST_FILES = 1_000  # at once; an archive holds more
MOST_ADDRESSES = 1_000  # of one source
User = AbstractBaseUser | AnonymousUser | None


def receive(
    files: Iterable[tuple[str, str, bytes]], *, source: Source, user: User, unit: str, at: datetime
) -> Ingestion:
    """Keep uploaded files (name, media type, bytes) and queue the job that takes them in. One file is held at a time.

    :raises DocumentTooLarge: when one of them, or their number, is too large; then none is kept.
    :raises SourceUnreadable: when the source is not for uploads.
    """
    if source.kind != Source.Kind.UPLOAD:
        raise SourceUnreadable(
            f"{source} follows files or addresses of its own. Choose, or make, a source for uploads."
        )
    with transaction.atomic():
        row = _ordered(source, user=user, unit=unit, at=at)
        for number, (name, media_type, content) in enumerate(files, 1):
            if len(content) > MOST_BYTES:
                raise DocumentTooLarge(f"{clean_uid(name)} is larger than {MOST_BYTES >> 20} MB. Divide it.")
            if number > MOST_FILES:
                raise DocumentTooLarge(f"More than {MOST_FILES} files at once. Pack them into an archive.")
            _keep(row, clean_uid(name), media_type, content, at=at)
        enqueue(row.pk)  # beside the write: it commits or vanishes with it
    return row


def add_addresses(addresses: Sequence[str], *, source: Source, user: User, unit: str, at: datetime) -> Ingestion:
    """Add web addresses to a source of them, and queue the job that reads them; those it has are read again.

    :raises AddressRefused: naming the address that is none.
    :raises SourceUnreadable: when the source holds no web addresses.
    """
    with transaction.atomic():
        list_addresses(addresses, source=source)
        row = _ordered(source, user=user, unit=unit, at=at)
        enqueue(row.pk)
    return row


def list_addresses(addresses: Sequence[str], *, source: Source) -> None:
    """Add web addresses to a source of them; nothing is read yet.

    :raises AddressRefused: naming the address that is none.
    :raises SourceUnreadable: when the source holds no web addresses.
    """
    if source.kind != Source.Kind.WEB:
        raise SourceUnreadable(f"{source} holds no web addresses. Choose, or make, a source of that kind.")
    new = [_named(address) for address in addresses if address.strip()]
    with transaction.atomic():
        locked = Source.objects.select_for_update(no_key=True).get(pk=source.pk)
        listed = tuple(dict.fromkeys((*addresses_of(locked), *new)))
        if len(listed) > MOST_ADDRESSES:
            raise AddressRefused(f"A source holds at most {MOST_ADDRESSES} addresses. Make another one.")
        Source.objects.filter(pk=source.pk).update(location="\n".join(listed))
    source.location = "\n".join(listed)


def read_again(source: Source, *, at: datetime, user: User = None, unit: str = "") -> Ingestion:
    """Queue the job that reads a folder's files or a source's addresses again, unless one waits already.

    :raises SourceUnreadable: when nothing can be read again: uploads and the built-in library.
    """
    if source.kind not in (Source.Kind.FOLDER, Source.Kind.WEB):
        raise SourceUnreadable(f"{source} has no origin that can be read again. Upload its files anew.")
    waiting = source.ingestions.filter(state=Ingestion.State.QUEUED, parcels=None).first()
    if waiting:
        return waiting
    with transaction.atomic():
        row = _ordered(source, user=user, unit=unit, at=at)
        enqueue(row.pk)
    return row


def retry(dead_letter_ids: Sequence[int], *, at: datetime, user: User = None, unit: str = "") -> tuple[Ingestion, ...]:
    """Queue another try of these dead letters, one intake per source; given-up ones wait again until it is over."""
    letters = DeadLetter.objects.filter(pk__in=dead_letter_ids).select_related("source")
    by_source: dict[Source, list[DeadLetter]] = {}
    for letter in letters:
        by_source.setdefault(letter.source, []).append(letter)
    return tuple(_retried(source, these, at=at, user=user, unit=unit) for source, these in by_source.items())


def remove_document(document: Document, *, at: datetime) -> None:
    """Delete a document with its passages, vectors and dead letter; an address leaves its source's list.

    :raises SourceUnreadable: when it would return with the next reading of its folder or of the built-in library.
    """
    source = document.source
    if source.kind in (Source.Kind.FOLDER, Source.Kind.BUILT_IN):
        raise SourceUnreadable(f"{source} follows its files: delete the file there, and it leaves the library.")
    with transaction.atomic():
        begin_change(source)
        source.refresh_from_db(fields=("location",))  # somebody may have added an address meanwhile
        document.delete()
        forget_letters(source, uid=document.uid)
        kept = [address for address in addresses_of(source) if short_uid(address) != document.uid]
        update_source_sums(source.pk)
        Source.objects.filter(pk=source.pk).update(
            location="\n".join(kept), content_sha256="", revision=F("revision") + 1, ingested_at=at
        )
    source.refresh_from_db()


def addresses_of(source: Source) -> tuple[str, ...]:
    """Return the web addresses of a source, in order, each once."""
    if source.kind != Source.Kind.WEB:
        return ()
    return tuple(dict.fromkeys(line.strip() for line in source.location.splitlines() if line.strip()))


def enqueue(ingestion_id: uuid.UUID) -> None:
    """Queue the job of an intake."""
    async_task(TASK, ingestion_id=str(ingestion_id))


def _ordered(source: Source, *, user: User, unit: str, at: datetime) -> Ingestion:
    person = user.pk if user is not None and user.is_authenticated else None
    return Ingestion.objects.create(source=source, requested_by_id=person, unit=unit[:80], created_at=at)


def _keep(row: Ingestion, name: str, media_type: str, content: bytes, *, at: datetime) -> None:
    """Keep a file's bytes; a newer file of the same name takes the place of one that waits or failed."""
    Parcel.objects.filter(source=row.source, name=name).exclude(ingestion__state=Ingestion.State.RUNNING).delete()
    Parcel.objects.create(
        source=row.source, ingestion=row, name=name, media_type=media_type[:80], content=content, received_at=at
    )


def _named(address: str) -> str:
    try:
        return checked(address)
    except AddressRefused as exc:
        raise AddressRefused(f"{address.strip()[:120]}: {exc}") from exc


def _retried(source: Source, letters: Sequence[DeadLetter], *, at: datetime, user: User, unit: str) -> Ingestion:
    DeadLetter.objects.filter(pk__in=[letter.pk for letter in letters]).update(
        state=DeadLetter.State.WAITING, next_at=None
    )
    parcels = [letter.parcel_id for letter in letters if letter.parcel_id]
    if not parcels:
        return read_again(source, at=at, user=user, unit=unit)
    with transaction.atomic():
        row = _ordered(source, user=user, unit=unit, at=at)
        Parcel.objects.filter(pk__in=parcels).update(ingestion=row)
        enqueue(row.pk)
    return row
