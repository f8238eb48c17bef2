"""Take uploaded files and web addresses in: kept as parcels, read by a job."""

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import transaction
from django_q.tasks import async_task

from rag.models import Document, Ingestion, Parcel, Source

TAKE_IN = "rag.tasks.take_in"
Sender = AbstractBaseUser | AnonymousUser | None


def receive(
    files: Sequence[tuple[str, str, bytes]], *, source: Source, user: Sender, unit: str, at: datetime
) -> Ingestion:
    """Keep the files and queue the job that reads them."""
    with transaction.atomic():
        intake = Ingestion.objects.create(
            source=source, requested_by_id=user.pk if user else None, unit=unit, created_at=at
        )
        for name, media_type, content in files:
            Parcel.objects.create(
                source=source, ingestion=intake, name=name, media_type=media_type, content=content, received_at=at
            )
        async_task(TAKE_IN, ingestion_id=str(intake.pk))
    return intake


def add_addresses(addresses: Sequence[str], *, source: Source, user: Sender, unit: str, at: datetime) -> Ingestion:
    """Add web addresses to a source and queue the job that reads them."""
    known = source.location.splitlines()
    source.location = "\n".join(dict.fromkeys([*known, *addresses]))
    source.save(update_fields=["location"])
    return receive((), source=source, user=user, unit=unit, at=at)


def retry(dead_letter_ids: Sequence[int], *, at: datetime) -> None:
    """Try again what could not be taken in."""


def remove_document(document: Document, *, at: datetime) -> None:
    """Delete a document."""
    document.delete()
