"""Page through LND's forwarding history, oldest first, so that no reading loses or repeats an event.

LND counts its offset from the start time that is asked for. The cursor therefore holds both, and moves the start up
to the second of the newest event: a long history is not counted through again at each page, and events that an
operator deletes at the old end shift nothing.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime

from recommendations.domain.readings import ForwardReading, HistoryPage
from recommendations.sources.http import Caller
from recommendations.sources.ids import moment, scid_of
from recommendations.sources.lnd_shapes import Forward, Forwards

PATH = "/v1/switch"
START, OFFSET = "start_s", "index_offset"
NANO = 1_000_000_000


async def pages(
    caller: Caller, cursor: Mapping[str, int | str], *, since: datetime, size: int
) -> AsyncIterator[HistoryPage]:
    """Yield the pages after `cursor`; the latest page may be empty.

    :raises SourceError: when the node does not answer as it should.
    """
    start_s, offset = int(cursor.get(START, int(since.timestamp()))), int(cursor.get(OFFSET, 0))
    while True:
        events = await _asked(caller, start_s=start_s, offset=offset, size=size)
        start_s, offset = _advanced(events, start_s=start_s, offset=offset)
        is_last = len(events) < size
        readings = tuple(forward_reading(event, record=f"{PATH} event {n}") for n, event in enumerate(events))
        yield HistoryPage(readings, (), {START: start_s, OFFSET: offset}, is_last)
        if is_last:
            return


def forward_reading(event: Forward, *, record: str) -> ForwardReading:
    """Return one settled forward.

    :raises SourceBroken: when a channel or a moment is none.
    """
    at_s = event.timestamp_ns / NANO if event.timestamp_ns else event.timestamp
    return ForwardReading(
        at=moment(at_s, record=record, field="timestamp"),
        incoming_scid=scid_of(event.chan_id_in, record=record, field="chan_id_in"),
        outgoing_scid=scid_of(event.chan_id_out, record=record, field="chan_id_out"),
        amount_in_msat=event.amt_in_msat,
        amount_out_msat=event.amt_out_msat,
        fee_msat=event.fee_msat,
    )


async def _asked(caller: Caller, *, start_s: int, offset: int, size: int) -> list[Forward]:
    body = {"start_time": str(start_s), "index_offset": offset, "num_max_events": size, "peer_alias_lookup": False}
    return (await caller.post(PATH, body, Forwards)).forwarding_events


def _advanced(events: Sequence[Forward], *, start_s: int, offset: int) -> tuple[int, int]:
    """Return the second of the newest event, and how many events of that second were read."""
    if not events:
        return start_s, offset
    newest_s = _second(events[-1])
    if newest_s <= start_s:
        return start_s, offset + len(events)
    return newest_s, sum(_second(event) == newest_s for event in events)


def _second(event: Forward) -> int:
    return event.timestamp_ns // NANO if event.timestamp_ns else event.timestamp
