"""Say what a simulated node knows as Core Lightning does: amounts in msat as numbers, keys that do not apply absent."""

from collections.abc import Mapping
from typing import Any

from recommendations.domain.graph_records import PolicyRecord
from recommendations.domain.readings import ClosedBy, FailedAt
from tests.servers.simulated.node import SimChannel, SimClosed, SimClosing, SimForward, SimulatedNode

VERSION = "v25.09"
CAUSES: Mapping[ClosedBy, str] = {
    ClosedBy.COOPERATIVE: "user",
    ClosedBy.LOCAL_FORCE: "local",
    ClosedBy.REMOTE_FORCE: "onchain",
    ClosedBy.BREACH: "protocol",
    ClosedBy.UNKNOWN: "unknown",
}


def info(node: SimulatedNode) -> dict[str, Any]:
    behind = (
        {} if node.is_synced_to_chain else {"warning_lightningd_sync": "Still loading latest blocks from bitcoind."}
    )
    return {
        "id": node.pubkey,
        "alias": node.alias,
        "color": "3399ff",
        "num_peers": len({channel.peer_pubkey for channel in node.channels.values()}),
        "num_active_channels": len(node.channels),
        "version": node.version or VERSION,
        "blockheight": node.block_height,
        "network": "bitcoin",
        **behind,
    }


def channel_id(one: SimChannel) -> str:
    """Return the channel id: the funding transaction's id in reverse, its last bytes combined with the output."""
    last = int(one.txid[-4:], 16) ^ one.outnum
    return f"{one.txid[:-4]}{last:04x}"


def channel(one: SimChannel) -> dict[str, Any]:
    stable_s = int(one.stable_since.timestamp())
    return _channel(one, state="CHANNELD_NORMAL") | {
        "peer_connected": one.is_active,
        "reestablished": one.is_active,
        "last_stable_connection": stable_s,
        "htlcs": [{"direction": "out", "id": n, "state": "SENT_ADD_HTLC"} for n in range(one.pending_htlcs)],
        "updates": {
            "local": _update(one.own_policy),
            **({"remote": _update(one.peer_policy)} if one.peer_policy else {}),
        },
        "fee_base_msat": one.own_policy.base_fee_msat,
        "fee_proportional_millionths": one.own_policy.fee_ppm,
    }


def closing(one: SimClosing) -> dict[str, Any]:
    """Return a channel that is being closed: it stands among the open ones, in another state."""
    if one.closed_by is ClosedBy.COOPERATIVE:
        return _channel(one.channel, state="CLOSINGD_COMPLETE") | {"peer_connected": True, "closer": "local"}
    closer = "remote" if one.closed_by is ClosedBy.REMOTE_FORCE else "local"
    return _channel(one.channel, state="AWAITING_UNILATERAL") | {"peer_connected": False, "closer": closer}


def _channel(one: SimChannel, *, state: str) -> dict[str, Any]:
    return {
        "peer_id": one.peer_pubkey,
        "state": state,
        "channel_id": channel_id(one),
        "short_channel_id": one.scid,
        "direction": 0,
        "funding_txid": one.txid,
        "funding_outnum": one.outnum,
        "private": one.is_private,
        "opener": "local" if one.is_initiator else "remote",
        "to_us_msat": one.local_sat * 1000,
        "total_msat": one.capacity_sat * 1000,
        "spendable_msat": max(0, one.local_sat * 1000 - one.capacity_sat * 10),
        "state_changes": [],
    }


def _update(record: PolicyRecord) -> dict[str, Any]:
    return {
        "htlc_minimum_msat": record.min_htlc_msat,
        "htlc_maximum_msat": record.max_htlc_msat,
        "cltv_expiry_delta": record.time_lock_delta,
        "fee_base_msat": record.base_fee_msat,
        "fee_proportional_millionths": record.fee_ppm,
    }


def closed(one: SimClosed) -> dict[str, Any]:
    known = one.channel
    return {
        "peer_id": known.peer_pubkey,
        "channel_id": channel_id(known),
        "short_channel_id": known.scid,
        "opener": "local" if known.is_initiator else "remote",
        "private": known.is_private,
        "funding_txid": known.txid,
        "funding_outnum": known.outnum,
        "leased": False,
        "total_msat": known.capacity_sat * 1000,
        "final_to_us_msat": one.settled_sat * 1000,
        "close_cause": CAUSES[one.closed_by],
        "total_htlcs_sent": 3,
    }


def forward(one: SimForward) -> dict[str, Any]:
    """Return one forward; `updated_index` is there only when it changed since it was created."""
    told: dict[str, Any] = {
        "created_index": one.number,
        "in_channel": one.incoming_scid,
        "in_htlc_id": one.number,
        "in_msat": one.amount_in_msat,
        "out_channel": one.outgoing_scid,
        "status": _status(one),
        "style": "tlv",
        "received_time": one.received_at.timestamp(),
        "out_msat": one.amount_out_msat,
        "fee_msat": one.fee_msat,
    }
    if one.resolved_at and one.change is not None:
        told["updated_index"] = one.change
    if one.resolved_at and one.failed_at is not FailedAt.HERE:
        told["resolved_time"] = one.resolved_at.timestamp()
    if one.failed_at is FailedAt.HERE:
        told |= {"failcode": 4103, "failreason": f"WIRE_{one.reason}"}
    return told


def _status(one: SimForward) -> str:
    if one.failed_at is not None:
        return "local_failed" if one.failed_at is FailedAt.HERE else "failed"
    return "settled" if one.resolved_at else "offered"


def directions(node: SimulatedNode) -> list[dict[str, Any]]:
    """Return the gossip: one row per direction of an announced channel."""
    announced = [one for one in node.channels.values() if not one.is_private]
    rows = [_direction(one, node.pubkey, one.peer_pubkey, one.own_policy) for one in announced]
    theirs = [_direction(one, one.peer_pubkey, node.pubkey, one.peer_policy) for one in announced if one.peer_policy]
    return [*rows, *theirs]


def _direction(one: SimChannel, source: str, destination: str, record: PolicyRecord) -> dict[str, Any]:
    return {
        "source": source,
        "destination": destination,
        "short_channel_id": one.scid,
        "direction": int(source > destination),
        "public": True,
        "amount_msat": one.capacity_sat * 1000,
        "message_flags": 1,
        "channel_flags": 0,
        "active": not record.is_disabled,
        "last_update": record.updated_s,
        "base_fee_millisatoshi": record.base_fee_msat,
        "fee_per_millionth": record.fee_ppm,
        "delay": record.time_lock_delta,
        "htlc_minimum_msat": record.min_htlc_msat,
        "htlc_maximum_msat": record.max_htlc_msat,
        "features": "",
    }


def nodes(node: SimulatedNode) -> list[dict[str, Any]]:
    names = {one.peer_pubkey: one.peer_alias for one in node.channels.values() if not one.is_private}
    known = {node.pubkey: node.alias, **names}
    at_s = int(node.clock().timestamp()) - 3600
    address = [{"type": "ipv4", "address": "127.0.0.1", "port": 9735}]
    return [
        {"nodeid": key, "alias": alias, "color": "3399ff", "last_timestamp": at_s, "features": "", "addresses": address}
        for key, alias in known.items()
    ]
