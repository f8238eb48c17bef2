"""See what is due: intakes that somebody was killed at, dead letters whose time has come, sources to be read again."""

from datetime import datetime, timedelta

from django.db.models import F, Q

from rag.models import DeadLetter, Ingestion, Parcel, Source
from rag.services.intake import enqueue, read_again, retry
from rag.services.take_in import abandoned

KEPT = timedelta(days=7)
FORGOTTEN = timedelta(minutes=15)  # a queued intake whose job was lost: the queue was emptied, or its row deleted


def refresh_due(*, at: datetime) -> tuple[int, int, int]:
    """Queue everything that is due; return how many intakes are taken up again, letters retried, sources read again."""
    _forget_parcels(at=at)
    return _resume(at=at), _retry_letters(at=at), _refresh_sources(at=at)


def _forget_parcels(*, at: datetime) -> None:
    """Delete the bytes of intakes that failed as a whole, long after anybody could want to look at them."""
    old = Parcel.objects.filter(ingestion__state=Ingestion.State.FAILED, received_at__lt=at - KEPT)
    old.exclude(pk__in=DeadLetter.objects.exclude(parcel=None).values("parcel_id")).delete()


def _resume(*, at: datetime) -> int:
    forgotten = Q(state=Ingestion.State.QUEUED) & Q(created_at__lt=at - FORGOTTEN)
    lost = list(Ingestion.objects.filter(abandoned(at=at) | forgotten).values_list("pk", flat=True)[:100])
    for pk in lost:
        enqueue(pk)
    return len(lost)


def _retry_letters(*, at: datetime) -> int:
    due = DeadLetter.objects.filter(state=DeadLetter.State.WAITING, next_at__lte=at, source__is_enabled=True)
    due = due.filter(Q(parcel__isnull=False) | Q(source__kind__in=(Source.Kind.FOLDER, Source.Kind.WEB)))
    ids = list(due.values_list("pk", flat=True)[:1000])
    retry(ids, at=at)
    return len(ids)


def _refresh_sources(*, at: datetime) -> int:
    due = Source.objects.filter(
        Q(checked_at=None) | Q(checked_at__lte=at - F("refresh_every_h") * timedelta(hours=1)),
        kind__in=(Source.Kind.FOLDER, Source.Kind.WEB),
        refresh_every_h__gt=0,
        is_enabled=True,
    )
    rows = list(due.exclude(ingestions__state=Ingestion.State.RUNNING))
    for row in rows:
        read_again(row, at=at)
    return len(rows)
