"""Read Core Lightning's channels: open, being closed, closed. The state of a channel says which.

The policy in force stands in `updates`; whether it is disabled, and since when it holds, only in the gossip, which
is asked for both directions of our own channels.
"""

from collections.abc import Mapping, Sequence

from recommendations.domain.graph_records import PolicyRecord, storable_chan_point, storable_limit
from recommendations.domain.readings import ChannelReading, ClosedBy, ClosedReading, ClosingReading
from recommendations.domain.source_errors import SourceBroken
from recommendations.sources.cln_shapes import (
    ClosedChannel,
    PeerChannel,
    PeerChannels,
    Row,
    Rows,
    Update,
    Updates,
)
from recommendations.sources.http import Caller
from recommendations.sources.ids import key_of, moment, scid_of

OPEN = frozenset({"CHANNELD_NORMAL", "CHANNELD_AWAITING_SPLICE"})
CLOSING: Mapping[str, ClosedBy | None] = {  # None: by whoever closed
    "CHANNELD_SHUTTING_DOWN": ClosedBy.COOPERATIVE,
    "CLOSINGD_SIGEXCHANGE": ClosedBy.COOPERATIVE,
    "CLOSINGD_COMPLETE": ClosedBy.COOPERATIVE,
    "AWAITING_UNILATERAL": None,
    "FUNDING_SPEND_SEEN": None,
    "ONCHAIN": None,
}
BY_FORCE: Mapping[str | None, ClosedBy] = {"local": ClosedBy.LOCAL_FORCE, "remote": ClosedBy.REMOTE_FORCE}
# `user` and `remote` asked for a close in good manners; one that then took force looks the same in this list.
CLOSED_BY: Mapping[str, ClosedBy] = {
    "user": ClosedBy.COOPERATIVE,
    "remote": ClosedBy.COOPERATIVE,
    "local": ClosedBy.LOCAL_FORCE,
    "protocol": ClosedBy.LOCAL_FORCE,
    "onchain": ClosedBy.REMOTE_FORCE,
}
IS_OURS: Mapping[str | None, bool] = {"local": True, "remote": False}
PATH = "/v1/listpeerchannels"
Gossip = Mapping[tuple[str, str], Row]  # by scid and source


async def channels(caller: Caller, *, own: str) -> tuple[ChannelReading, ...]:
    """Return every open channel with both policies.

    :raises SourceError: when the node does not answer as it should.
    """
    listed = (await caller.post(PATH, {}, PeerChannels)).channels
    ours = (await caller.post("/v1/listchannels", {"source": own}, Rows)).channels
    theirs = (await caller.post("/v1/listchannels", {"destination": own}, Rows)).channels
    gossip = {(row.short_channel_id, row.source): row for row in (*ours, *theirs)}
    return channel_readings(listed, own=own, gossip=gossip, record=PATH)


def channel_readings(
    rows: Sequence[PeerChannel], *, own: str | None, gossip: Gossip, record: str
) -> tuple[ChannelReading, ...]:
    """Return the open ones of these channels; one that nothing can be forwarded through has no name yet.

    :raises SourceBroken: naming the record and the field.
    """
    numbered = [(row, f"{record} channels[{number}]") for number, row in enumerate(rows)]
    return tuple(
        _open(row, own=own, gossip=gossip, record=place) for row, place in numbered if row.state in OPEN and row.scid
    )


def closing_readings(rows: Sequence[PeerChannel], *, record: str) -> tuple[ClosingReading, ...]:
    """Return those of these channels that are being closed.

    :raises SourceBroken: naming the record and the field.
    """
    return tuple(
        ClosingReading(
            scid=scid_of(row.short_channel_id, record=record, field="short_channel_id")
            if row.short_channel_id
            else None,
            chan_point=_point(row) or "",
            peer_pubkey=key_of(row.peer_id, record=record, field="peer_id"),
            capacity_sat=(row.total_msat or 0) // 1000,
            local_sat=None if row.to_us_msat is None else row.to_us_msat // 1000,
            closed_by=_closing_by(row),
            closing_txid=None,
        )
        for row in rows
        if row.state in CLOSING
    )


def closed_readings(rows: Sequence[ClosedChannel], *, record: str) -> tuple[ClosedReading, ...]:
    """Return the readings of closed channels that had a channel id and whose peer is known.

    :raises SourceBroken: naming the record and the field.
    """
    return tuple(
        ClosedReading(
            scid=scid_of(row.short_channel_id, record=f"{record}[{number}]", field="short_channel_id"),
            chan_point=_point(row),
            peer_pubkey=key_of(row.peer_id, record=f"{record}[{number}]", field="peer_id"),
            capacity_sat=row.total_msat // 1000,
            settled_sat=None if row.final_to_us_msat is None else row.final_to_us_msat // 1000,
            closed_by=CLOSED_BY.get(row.close_cause, ClosedBy.UNKNOWN),
            closed_at=None,  # it is not told
            close_block=None,
            is_initiator=IS_OURS.get(row.opener),
        )
        for number, row in enumerate(rows)
        if row.short_channel_id and row.peer_id
    )


def _open(row: PeerChannel, *, own: str | None, gossip: Gossip, record: str) -> ChannelReading:
    scid = scid_of(row.scid or "", record=record, field="short_channel_id")
    peer = key_of(row.peer_id, record=record, field="peer_id")
    to_us, total = row.to_us_msat, row.total_msat
    stable_s, updates = row.last_stable_connection, row.updates or Updates()
    if total is None:
        raise SourceBroken(record=record, field="total_msat", reason="it is missing in an open channel")
    return ChannelReading(
        scid=scid,
        chan_point=_point(row),
        peer_pubkey=peer,
        peer_alias="",  # it would take a call per peer; the graph knows it
        capacity_sat=total // 1000,
        local_sat=None if to_us is None else to_us // 1000,
        remote_sat=None if to_us is None else (total - to_us) // 1000,
        is_active=None if row.peer_connected is None else row.peer_connected and row.state == "CHANNELD_NORMAL",
        is_private=row.private,
        is_initiator=IS_OURS.get(row.opener),
        watched_s=None,
        online_s=None,
        stable_since=moment(stable_s, record=record, field="last_stable_connection") if stable_s else None,
        pending_htlcs=None if row.htlcs is None else len(row.htlcs),
        own_policy=_policy(updates.local, gossip.get((scid, own or ""))),
        peer_policy=_policy(updates.remote, gossip.get((scid, peer))),
    )


def _policy(update: Update | None, heard: Row | None) -> PolicyRecord | None:
    """Return the policy in force; what the gossip adds is whether it is disabled and since when it holds."""
    if update is None:
        return None
    return PolicyRecord(
        base_fee_msat=update.fee_base_msat,
        fee_ppm=update.fee_proportional_millionths,
        time_lock_delta=update.cltv_expiry_delta,
        min_htlc_msat=storable_limit(update.htlc_minimum_msat),
        max_htlc_msat=storable_limit(update.htlc_maximum_msat),
        is_disabled=heard is not None and not heard.active,
        inbound_base_fee_msat=None,
        inbound_fee_ppm=None,
        updated_s=heard.last_update if heard else 0,
    )


def _closing_by(row: PeerChannel) -> ClosedBy:
    if any(change.new_state == "CLOSINGD_COMPLETE" for change in row.state_changes or []):
        return ClosedBy.COOPERATIVE
    return CLOSING[row.state] or BY_FORCE.get(row.closer, ClosedBy.FORCE)


def _point(row: PeerChannel | ClosedChannel) -> str | None:
    if row.funding_txid is None or row.funding_outnum is None:
        return None
    return storable_chan_point(f"{row.funding_txid}:{row.funding_outnum}") or None
