"""Turn LND's channels into readings. Their policies stand in the graph, or are not known."""

from collections.abc import Mapping, Sequence

from recommendations.domain.graph_records import ChannelRecord, storable_chan_point
from recommendations.domain.readings import ChannelReading
from recommendations.sources.ids import alias_of, key_of, policies, scid_of
from recommendations.sources.lnd_shapes import Channel


def channel_readings(
    channels: Sequence[Channel], *, edges: Mapping[str, ChannelRecord], own: str, record: str
) -> tuple[ChannelReading, ...]:
    """Return the readings of open channels; `edges` holds both policies by scid, `own` is whose channels they are.

    :raises SourceBroken: naming the record and the field.
    """
    return tuple(
        _reading(channel, edges=edges, own=own, record=f"{record} channels[{number}]")
        for number, channel in enumerate(channels)
    )


def _reading(channel: Channel, *, edges: Mapping[str, ChannelRecord], own: str, record: str) -> ChannelReading:
    scid = scid_of(channel.number, record=record, field="chan_id")
    edge = edges.get(scid)
    own_policy, peer_policy = policies(edge, owner=own) if edge else (None, None)
    return ChannelReading(
        scid=scid,
        chan_point=storable_chan_point(channel.channel_point) or None,
        peer_pubkey=key_of(channel.remote_pubkey, record=record, field="remote_pubkey"),
        peer_alias=alias_of(channel.peer_alias),
        capacity_sat=channel.capacity,
        local_sat=channel.local_balance,
        remote_sat=channel.remote_balance,
        is_active=channel.active,
        is_private=channel.private,
        is_initiator=channel.initiator,
        watched_s=channel.lifetime,
        online_s=channel.uptime,
        stable_since=None,  # LND tells only of the latest flap, in another call
        pending_htlcs=None if channel.pending_htlcs is None else len(channel.pending_htlcs),
        own_policy=own_policy,
        peer_policy=peer_policy,
    )
