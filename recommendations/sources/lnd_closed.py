"""Read from LND which channels were closed, and which are on their way there."""

from collections.abc import Mapping, Sequence

from recommendations.domain.graph_records import storable_chan_point
from recommendations.domain.readings import ClosedBy, ClosedReading, ClosingReading
from recommendations.sources.http import Caller
from recommendations.sources.ids import key_of, scid_of
from recommendations.sources.lnd_shapes import Closed, ClosedChannels, Pending, PendingChannels

CLOSED, PENDING = "/v1/channels/closed", "/v1/channels/pending"
CLOSED_BY: Mapping[str, ClosedBy] = {
    "COOPERATIVE_CLOSE": ClosedBy.COOPERATIVE,
    "LOCAL_FORCE_CLOSE": ClosedBy.LOCAL_FORCE,
    "REMOTE_FORCE_CLOSE": ClosedBy.REMOTE_FORCE,
    "BREACH_CLOSE": ClosedBy.BREACH,
    "FUNDING_CANCELED": ClosedBy.NEVER_OPENED,
    "ABANDONED": ClosedBy.NEVER_OPENED,
}
IS_OURS: Mapping[str, bool] = {"INITIATOR_LOCAL": True, "INITIATOR_REMOTE": False, "INITIATOR_BOTH": True}


async def closed(caller: Caller) -> tuple[ClosedReading, ...]:
    """Return the closed channels; those that never got a channel id were none."""
    listed = await caller.get(CLOSED, ClosedChannels)
    return closed_readings(listed.channels, record=CLOSED)


def closed_readings(rows: Sequence[Closed], *, record: str) -> tuple[ClosedReading, ...]:
    """Return the readings of closed channels.

    :raises SourceBroken: naming the record and the field.
    """
    return tuple(
        _closed(row, record=f"{record} channels[{n}]") for n, row in enumerate(rows) if row.number not in (0, "0")
    )


async def closing(caller: Caller) -> tuple[ClosingReading, ...]:
    """Return the channels that are being closed, in good manners, by force, or not known yet how."""
    pending = await caller.get(PENDING, PendingChannels)
    lists = (
        (pending.pending_closing_channels, ClosedBy.COOPERATIVE),
        (pending.pending_force_closing_channels, ClosedBy.FORCE),
        (pending.waiting_close_channels, ClosedBy.UNKNOWN),
    )
    return tuple(_closing(one, closed_by=closed_by) for listed, closed_by in lists for one in listed)


def _closed(row: Closed, *, record: str) -> ClosedReading:
    return ClosedReading(
        scid=scid_of(row.number, record=record, field="chan_id"),
        chan_point=storable_chan_point(row.channel_point) or None,
        peer_pubkey=key_of(row.remote_pubkey, record=record, field="remote_pubkey"),
        capacity_sat=row.capacity,
        settled_sat=row.settled_balance,
        closed_by=CLOSED_BY.get(row.close_type, ClosedBy.UNKNOWN),
        closed_at=None,  # LND tells the block, not the time
        close_block=row.close_height or None,
        is_initiator=IS_OURS.get(row.open_initiator),
    )


def _closing(one: Pending, *, closed_by: ClosedBy) -> ClosingReading:
    channel = one.channel
    return ClosingReading(
        scid=None,
        chan_point=storable_chan_point(channel.channel_point),
        peer_pubkey=key_of(channel.remote_node_pub, record=PENDING, field="remote_node_pub"),
        capacity_sat=channel.capacity,
        local_sat=channel.local_balance,
        closed_by=closed_by,
        closing_txid=one.closing_txid or None,
    )
