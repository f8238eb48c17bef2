"""Page through Core Lightning's forwards so that no reading loses or repeats one, even if it settles days later.

A forward is numbered when it is created and numbered again whenever it changes. One that was offered and then settled
or failed is read by its number of change, when it changed; one that failed at once never changes, and is read by its
number of creation. So each is read exactly once, whenever it ends, and the two cursors only move forward.

There is no way to ask for a moment. Where a first reading begins is searched for, since a large node has millions of
forwards and nobody wants those of years ago.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from recommendations.domain.readings import FailedAt, FailureReading, ForwardReading, HistoryPage
from recommendations.domain.source_errors import SourceBroken
from recommendations.sources.cln_shapes import Forward, Forwards
from recommendations.sources.http import Caller
from recommendations.sources.ids import moment, scid_of

PATH = "/v1/listforwards"
CREATED, UPDATED = "created", "updated"
FAILED: Mapping[str, FailedAt] = {"local_failed": FailedAt.HERE, "failed": FailedAt.DOWNSTREAM}
LONGEST_REASON = 80  # characters
# An HTLC may be under way for 2,016 blocks. One that changed without an end has only the time when it came.
LONGEST_UNDER_WAY_S = 15 * 86_400


@dataclass(frozen=True, slots=True)
class _Place:
    """The number to go on from, of each kind."""

    created: int
    updated: int

    def after_created(self, rows: Sequence[Forward]) -> "_Place":
        """Return where to go on after these, asked for by their number of creation."""
        return replace(self, created=max((row.created_index + 1 for row in rows), default=self.created))

    def after_updated(self, rows: Sequence[Forward]) -> "_Place":
        """Return where to go on after these, asked for by their number of change."""
        return replace(self, updated=max(((row.updated_index or 0) + 1 for row in rows), default=self.updated))

    def cursor(self) -> dict[str, int | str]:
        """Return what the next reading is asked with."""
        return {CREATED: self.created, UPDATED: self.updated}


async def pages(
    caller: Caller, cursor: Mapping[str, int | str], *, since: datetime, size: int
) -> AsyncIterator[HistoryPage]:
    """Yield what failed at once, then what changed, each oldest first. Nothing from before `since`.

    :raises SourceError: when the node does not answer as it should.
    """
    place = _Place(int(cursor[CREATED]), int(cursor[UPDATED])) if cursor else await _begin(caller, since=since)
    rows = await _asked(caller, CREATED, start=place.created, size=size)
    place = place.after_created(rows)
    while len(rows) >= size:
        yield _page(_unchanged(rows), place, since=since, is_last=False)
        rows = await _asked(caller, CREATED, start=place.created, size=size)
        place = place.after_created(rows)
    # The latest of these goes with the first of the changed: a reading that is resumed after every page moves on.
    held, is_last = _unchanged(rows), False
    while not is_last:
        rows = await _asked(caller, UPDATED, start=place.updated, size=size)
        place, is_last = place.after_updated(rows), len(rows) < size
        changed = [row for row in rows if row.updated_index is not None]
        yield _page([*held, *changed], place, since=since, is_last=is_last)
        held = []


def readings(
    rows: Sequence[Forward], *, since: datetime | None, record: str
) -> tuple[tuple[ForwardReading, ...], tuple[FailureReading, ...]]:
    """Return what settled and what failed; what is still under way is neither.

    :raises SourceBroken: naming the record and the field.
    """
    forwards: list[ForwardReading] = []
    failures: list[FailureReading] = []
    for number, row in enumerate(rows):
        place = f"{record} forwards[{number}]"
        at = moment(row.resolved_time or row.received_time, record=place, field="resolved_time")
        if since is not None and at < since:
            continue
        if row.status == "settled":
            forwards.append(_settled(row, at=at, record=place))
        elif row.status in FAILED:
            failures.append(_failed(row, at=at, record=place))
    return tuple(forwards), tuple(failures)


async def _begin(caller: Caller, *, since: datetime) -> _Place:
    """Return where the first reading begins: at or somewhat before `since`."""
    before_s = since.timestamp() - LONGEST_UNDER_WAY_S
    return _Place(
        await _first(caller, CREATED, before_s=before_s),
        await _first(caller, UPDATED, before_s=before_s),
    )


async def _first(caller: Caller, index: str, *, before_s: float) -> int:
    """Return the number of the first forward that is not before a moment: by doubling, then by halving."""
    low, high = 1, 1
    while (found := await _number_before(caller, index, high, before_s=before_s)) is not None:
        low, high = found + 1, found * 2 + 1
    while low < high:
        middle = (low + high) // 2
        found = await _number_before(caller, index, middle, before_s=before_s)
        low, high = (low, middle) if found is None else (found + 1, max(high, found + 1))
    return low


async def _number_before(caller: Caller, index: str, start: int, *, before_s: float) -> int | None:
    """Return the number of the first forward from `start` on; None when there is none, or it is not before."""
    for row in await _asked(caller, index, start=start, size=1):
        if (row.resolved_time or row.received_time) < before_s:
            return (row.created_index if index == CREATED else row.updated_index) or start
    return None


def _unchanged(rows: Sequence[Forward]) -> list[Forward]:
    return [row for row in rows if row.updated_index is None]


async def _asked(caller: Caller, index: str, *, start: int, size: int) -> list[Forward]:
    return (await caller.post(PATH, {"index": index, "start": start, "limit": size}, Forwards)).forwards


def _page(rows: Sequence[Forward], place: _Place, *, since: datetime, is_last: bool) -> HistoryPage:
    forwards, failures = readings(rows, since=since, record=PATH)
    return HistoryPage(forwards, failures, place.cursor(), is_last)


def _settled(row: Forward, *, at: datetime, record: str) -> ForwardReading:
    if row.out_channel is None or row.out_msat is None:
        raise SourceBroken(record=record, field="out_channel", reason="it is missing in a settled forward")
    return ForwardReading(
        at=at,
        incoming_scid=scid_of(row.in_channel, record=record, field="in_channel"),
        outgoing_scid=scid_of(row.out_channel, record=record, field="out_channel"),
        amount_in_msat=row.in_msat,
        amount_out_msat=row.out_msat,
        fee_msat=row.fee_msat if row.fee_msat is not None else max(0, row.in_msat - row.out_msat),
    )


def _failed(row: Forward, *, at: datetime, record: str) -> FailureReading:
    return FailureReading(
        at=at,
        incoming_scid=scid_of(row.in_channel, record=record, field="in_channel"),
        outgoing_scid=scid_of(row.out_channel, record=record, field="out_channel") if row.out_channel else None,
        amount_msat=row.out_msat if row.out_msat is not None else row.in_msat,
        fee_msat=row.fee_msat,
        failed_at=FAILED[row.status],
        reason=(row.failreason or "").removeprefix("WIRE_")[:LONGEST_REASON],
    )
