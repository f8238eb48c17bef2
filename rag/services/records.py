"""Take documents in that a program hands over as records: at once, since their number is small, and written down."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from rag.domain.documents import RawDocument
from rag.models import Ingestion, Source
from rag.services.ingest import ingest_documents

COUNTS = ("documents", "created", "updated", "unchanged", "renamed", "deleted", "failed", "chunks", "embedded")


def take_records(
    source: Source,
    documents: Sequence[RawDocument],
    *,
    user: AbstractBaseUser | AnonymousUser | None,
    unit: str,
    at: datetime,
) -> Ingestion:
    """Add the documents to `source`, or bring them up to date, and return the finished intake. Others stay."""
    intake = Ingestion.objects.create(
        source=source,
        requested_by_id=user.pk if user else None,
        unit=unit,
        state=Ingestion.State.RUNNING,
        created_at=at,
        started_at=at,
    )
    try:
        told = asdict(ingest_documents(source, documents, at=at, keeps_others=True))
    except BaseException:
        intake.state, intake.message, intake.finished_at = Ingestion.State.FAILED, "It broke off. Send it again.", at
        intake.save()
        raise
    intake.report = {name: told[name] for name in COUNTS}
    intake.state, intake.finished_at = Ingestion.State.DONE, at + timedelta(seconds=told["seconds"])
    intake.done = intake.total = told["documents"]
    intake.save()
    return intake
