"""The rows of embedding spaces: the one of the built-in embedder, which ones are filled, and which one is searched."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from models_registry.services.embed import embedding_space
from rag.metrics import INDEX_OPERATIONS
from rag.models import IndexVersion, Source

ABANDONED = timedelta(minutes=10)  # the queue's time-out: whoever gave no sign for so long was ended by it


def built_in_row(*, at: datetime) -> IndexVersion:
    """Return the row of the space that the embedder of this process writes in, created when it is new."""
    space = embedding_space()
    row, _ = IndexVersion.objects.get_or_create(
        slug=space.slug,
        defaults={
            "model": space.model,
            "digest": space.digest,
            "dimension": space.dimension,
            "prefix_scheme": space.prefix_scheme,
            "version": space.version,
            "state": IndexVersion.State.PLANNED,
            "created_at": at,
        },
    )
    return row


def is_built_in(row: IndexVersion) -> bool:
    """Return whether the bundled embedder, of this release or another, made this space."""
    return bool(row.model == embedding_space().model)


def searched_row(*, at: datetime) -> IndexVersion:
    """Return the space that is to be searched: the active one, or that of this release's embedder instead of an older.

    While nothing is active it is the built-in one.
    """
    row = IndexVersion.objects.filter(is_active=True).first()
    return row if row and not is_built_in(row) else built_in_row(at=at)


def is_alive(row: IndexVersion, *, at: datetime) -> bool:
    """Return whether somebody works on this space, or is about to."""
    return row.alive_at is not None and at - row.alive_at < ABANDONED


@transaction.atomic
def switch_to(row: IndexVersion, *, at: datetime) -> None:
    """Make `row` the space that is searched. One transaction: there is never none and never two.

    Every source gets a new revision, so that answers kept from the former space expire.
    """
    IndexVersion.objects.filter(is_active=True).exclude(pk=row.pk).update(is_active=False)
    IndexVersion.objects.filter(pk=row.pk).update(
        is_active=True, activated_at=at, activates_when_ready=False, state=IndexVersion.State.READY
    )
    Source.objects.update(revision=F("revision") + 1)
    INDEX_OPERATIONS.labels(operation="activate", status="ok").inc()
    row.refresh_from_db()
