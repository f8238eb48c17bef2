"""Remember what could not be taken in: twice it is tried again by itself, then it waits for a person (IX-17)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction

from rag.domain.documents import Unread, enclosing
from rag.models import DeadLetter, Parcel, Source

WAITS = (timedelta(minutes=10), timedelta(hours=2))  # before the second and the third try


def settle_letters(
    source: Source,
    failures: Iterable[Unread],
    *,
    tried: Collection[str] | None,
    at: datetime,
    parcels: Mapping[str, Parcel] | None = None,
) -> None:
    """Write a letter for each failure, and delete those of what was `tried` and did not fail; None: all was tried.

    `parcels`, by the name of their file, keep the bytes for the next try.
    """
    failed = {item.uid: item for item in failures}
    with transaction.atomic():
        letters = {letter.uid: letter for letter in source.dead_letters.select_for_update()}
        delivered = [letter.pk for uid, letter in letters.items() if uid not in failed and _is_of(uid, tried)]
        DeadLetter.objects.filter(pk__in=delivered).delete()
        for item in failed.values():
            letter = letters.get(item.uid) or DeadLetter(source=source, uid=item.uid, tries=0, first_at=at)
            _fill(letter, item, at=at, parcel=_parcel_of(item.uid, parcels or {}))


def forget_letters(source: Source, *, uid: str) -> None:
    """Delete the letter of a document, and those of what was in it."""
    for letter in source.dead_letters.filter(uid__startswith=uid):
        if _is_of(letter.uid, {uid}):
            letter.delete()


def _fill(letter: DeadLetter, item: Unread, *, at: datetime, parcel: Parcel | None) -> None:
    letter.tries += 1
    letter.code, letter.message, letter.latest_at = item.code[:40], item.message[:300], at
    letter.parcel = parcel or letter.parcel
    is_dead = letter.tries > len(WAITS)
    letter.state = DeadLetter.State.DEAD if is_dead else DeadLetter.State.WAITING
    letter.next_at = None if is_dead else at + WAITS[letter.tries - 1]
    letter.save()


def _is_of(uid: str, tried: Collection[str] | None) -> bool:
    return tried is None or any(name in tried for name in enclosing(uid))


def _parcel_of(uid: str, parcels: Mapping[str, Parcel]) -> Parcel | None:
    return next((parcels[name] for name in enclosing(uid) if name in parcels), None)
