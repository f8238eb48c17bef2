"""Remember what could not be taken in: twice it is tried again by itself, then it waits for a person (IX-17)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from rag.domain.documents import Unread
from rag.models import DeadLetter, Parcel, Source

WAITS = (timedelta(minutes=10), timedelta(hours=2))  # before the second and the third try
MOST_TRIES = len(WAITS) + 1
INSIDE = ("/", "#")  # what follows a file's name in the uids of what is in it


def settle_letters(
    source: Source,
    failures: Iterable[Unread],
    *,
    tried: Iterable[str] | None,
    at: datetime,
    parcels: dict[str, Parcel] | None = None,
) -> None:
    """Write a letter for each failure, and delete those of what was `tried` and did not fail; None: all was tried.

    `parcels`, by the uid of their file, keep the bytes for the next try.
    """
    failed = {item.uid: item for item in failures}
    letters = {letter.uid: letter for letter in source.dead_letters.select_for_update()}
'''
