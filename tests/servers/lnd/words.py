"""Say what a simulated node knows as LND's REST interface does: 64-bit numbers as text, zero fields present."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from recommendations.domain.graph_records import PolicyRecord
from recommendations.domain.readings import ClosedBy, FailedAt
from recommendations.domain.units import channel_id_from_scid
from tests.servers.simulated.node import SimChannel, SimClosed, SimClosing, SimForward, SimRebalance, SimulatedNode

VERSION = "0.20.0-beta commit=v0.20.0-beta"
CLOSE_TYPES: Mapping[ClosedBy, str] = {
    ClosedBy.COOPERATIVE: "COOPERATIVE_CLOSE",
    ClosedBy.LOCAL_FORCE: "LOCAL_FORCE_CLOSE",
    ClosedBy.REMOTE_FORCE: "REMOTE_FORCE_CLOSE",
    ClosedBy.BREACH: "BREACH_CLOSE",
    ClosedBy.NEVER_OPENED: "FUNDING_CANCELED",
}
NANO = 1_000_000_000


def number(scid: str) -> str:
    """Return LND's channel id, as text."""
    return str(channel_id_from_scid(scid))


def info(node: SimulatedNode) -> dict[str, Any]:
    return {
        "version": node.version or VERSION,
        "identity_pubkey": node.pubkey,
        "alias": node.alias,
        "color": "#3399ff",
        "num_active_channels": sum(channel.is_active for channel in node.channels.values()),
        "num_inactive_channels": sum(not channel.is_active for channel in node.channels.values()),
        "block_height": node.block_height,
        "synced_to_chain": node.is_synced_to_chain,
        "synced_to_graph": True,
        "chains": [{"chain": "bitcoin", "network": "mainnet"}],
        "uris": [f"{node.pubkey}@127.0.0.1:9735"],
    }


def channel(one: SimChannel, *, with_alias: bool) -> dict[str, Any]:
    return {
        "active": one.is_active,
        "remote_pubkey": one.peer_pubkey,
        "channel_point": one.chan_point,
        "chan_id": number(one.scid),
        "capacity": str(one.capacity_sat),
        "local_balance": str(one.local_sat),
        "remote_balance": str(one.remote_sat),
        "commit_fee": "282",
        "unsettled_balance": "0",
        "total_satoshis_sent": "0",
        "total_satoshis_received": "0",
        "num_updates": "7",
        "pending_htlcs": [{"incoming": False, "amount": "1"} for _ in range(one.pending_htlcs)],
        "private": one.is_private,
        "initiator": one.is_initiator,
        "lifetime": str(one.watched_s),
        "uptime": str(one.online_s),
        "peer_alias": one.peer_alias if with_alias else "",
        "zero_conf": False,
        "alias_scids": [],
        "memo": "",
    }


def edge(node: SimulatedNode, one: SimChannel) -> dict[str, Any]:
    """Return an edge of the graph; the smaller key is node1."""
    is_first = node.pubkey <= one.peer_pubkey
    ours, theirs = policy(one.own_policy), policy(one.peer_policy)
    return {
        "channel_id": number(one.scid),
        "chan_point": one.chan_point,
        "last_update": one.own_policy.updated_s,
        "node1_pub": min(node.pubkey, one.peer_pubkey),
        "node2_pub": max(node.pubkey, one.peer_pubkey),
        "capacity": str(one.capacity_sat),
        "node1_policy": ours if is_first else theirs,
        "node2_policy": theirs if is_first else ours,
        "custom_records": {},
    }


def policy(record: PolicyRecord | None) -> dict[str, Any] | None:
    if record is None:
        return None
    return {
        "time_lock_delta": record.time_lock_delta,
        "min_htlc": str(record.min_htlc_msat),
        "fee_base_msat": str(record.base_fee_msat),
        "fee_rate_milli_msat": str(record.fee_ppm),
        "disabled": record.is_disabled,
        "max_htlc_msat": str(record.max_htlc_msat),
        "last_update": record.updated_s,
        "custom_records": {},
        "inbound_fee_base_msat": record.inbound_base_fee_msat or 0,
        "inbound_fee_rate_milli_msat": record.inbound_fee_ppm or 0,
    }


def closed(one: SimClosed) -> dict[str, Any]:
    known = one.channel
    return {
        "channel_point": known.chan_point,
        "chan_id": number(known.scid),
        "chain_hash": "00" * 32,
        "closing_tx_hash": one.closing_txid,
        "remote_pubkey": known.peer_pubkey,
        "capacity": str(known.capacity_sat),
        "close_height": one.close_block,
        "settled_balance": str(one.settled_sat),
        "time_locked_balance": "0",
        "close_type": CLOSE_TYPES[one.closed_by],
        "open_initiator": "INITIATOR_LOCAL" if known.is_initiator else "INITIATOR_REMOTE",
        "close_initiator": "INITIATOR_UNKNOWN",
        "resolutions": [],
    }


def pending(closing: Iterable[SimClosing]) -> dict[str, Any]:
    """Return the five lists; a close by force stands in one of its own."""
    by_force = [_pending(one) for one in closing if one.closed_by is not ClosedBy.COOPERATIVE]
    return {
        "total_limbo_balance": "0",
        "pending_open_channels": [],
        "pending_closing_channels": [_pending(one) for one in closing if one.closed_by is ClosedBy.COOPERATIVE],
        "pending_force_closing_channels": by_force,
        "waiting_close_channels": [],
    }


def _pending(one: SimClosing) -> dict[str, Any]:
    known = one.channel
    return {
        "channel": {
            "remote_node_pub": known.peer_pubkey,
            "channel_point": known.chan_point,
            "capacity": str(known.capacity_sat),
            "local_balance": str(known.local_sat),
            "remote_balance": str(known.remote_sat),
            "initiator": "INITIATOR_LOCAL" if known.is_initiator else "INITIATOR_REMOTE",
            "private": known.is_private,
        },
        "closing_txid": one.closing_txid,
        "limbo_balance": str(known.local_sat),
    }


def forward(one: SimForward) -> dict[str, Any]:
    assert one.resolved_at
    at_ns = nanoseconds(one.resolved_at)
    return {
        "timestamp": str(at_ns // NANO),
        "chan_id_in": number(one.incoming_scid),
        "chan_id_out": number(one.outgoing_scid),
        "amt_in": str(one.amount_in_msat // 1000),
        "amt_out": str(one.amount_out_msat // 1000),
        "fee": str(one.fee_msat // 1000),
        "fee_msat": str(one.fee_msat),
        "amt_in_msat": str(one.amount_in_msat),
        "amt_out_msat": str(one.amount_out_msat),
        "timestamp_ns": str(at_ns),
        "peer_alias_in": "",
        "peer_alias_out": "",
    }


def nanoseconds(moment: datetime) -> int:
    """Return unix nanoseconds without the loss of a float."""
    return int(moment.timestamp()) * NANO + moment.microsecond * 1000


def transactions(node: SimulatedNode) -> list[dict[str, Any]]:
    """Return the funding transactions we paid for, and the closing ones."""
    funding = [
        _transaction(node, one.chan_point.partition(":")[0], one.at, total_fees=one.fee_sat, outputs=[])
        for one in node.openings
    ]
    closing = [
        _transaction(
            node,
            one.closing_txid,
            one.closed_at,
            total_fees=0,
            outputs=[one.settled_sat, one.channel.capacity_sat - one.settled_sat - one.fee_sat],
        )
        for one in node.closed
    ]
    return [*funding, *closing]


def _transaction(node: SimulatedNode, txid: str, at: Any, *, total_fees: int, outputs: list[int]) -> dict[str, Any]:
    return {
        "tx_hash": txid,
        "amount": "0",
        "num_confirmations": 100,
        "block_height": node.block_height - 100,
        "time_stamp": str(int(at.timestamp())),
        "total_fees": str(total_fees),
        "output_details": [{"output_index": str(n), "amount": str(amount)} for n, amount in enumerate(outputs)],
        "label": "",
    }


def payment(node: SimulatedNode, one: SimRebalance, *, index: int) -> dict[str, Any]:
    """Return a payment to ourselves with its one settled route."""
    peer = node.channels[one.outgoing_scid].peer_pubkey if one.outgoing_scid in node.channels else ""
    hops = [
        {"chan_id": number(one.outgoing_scid), "pub_key": peer, "fee_msat": str(one.fee_msat)},
        {"chan_id": number(one.incoming_scid), "pub_key": node.pubkey, "fee_msat": "0"},
    ]
    at_ns = str(nanoseconds(one.at))
    route = {
        "hops": hops,
        "total_fees_msat": str(one.fee_msat),
        "total_amt_msat": str(one.amount_msat + one.fee_msat),
    }
    attempt = {"attempt_id": str(index), "status": "SUCCEEDED", "route": route, "resolve_time_ns": at_ns}
    failed = attempt | {"attempt_id": str(index + 1_000_000), "status": "FAILED"}
    return {
        "payment_hash": one.payment_hash,
        "value_msat": str(one.amount_msat),
        "fee_msat": str(one.fee_msat),
        "status": "SUCCEEDED",
        "creation_time_ns": at_ns,
        "payment_index": str(index),
        "htlcs": [failed, attempt],
    }


def invoice_paid(node: SimulatedNode, one: SimRebalance, *, index: int) -> dict[str, Any]:
    """Return an ordinary payment: its last hop is somebody else."""
    told = payment(node, one, index=index)
    for attempt in told["htlcs"]:
        attempt["route"] = attempt["route"] | {"hops": attempt["route"]["hops"][:1]}
    return told | {"payment_hash": "ff" * 32}


def event(one: SimForward) -> dict[str, Any]:
    """Return the latest event of a forward, as a line of the stream."""
    told: dict[str, Any] = {
        "incoming_channel_id": number(one.incoming_scid),
        "outgoing_channel_id": number(one.outgoing_scid),
        "incoming_htlc_id": str(one.number),
        "outgoing_htlc_id": str(one.number),
        "timestamp_ns": str(nanoseconds(one.resolved_at or one.received_at)),
        "event_type": "FORWARD",
    }
    amounts = {
        "incoming_timelock": 900_144,
        "outgoing_timelock": 900_064,
        "incoming_amt_msat": str(one.amount_in_msat),
        "outgoing_amt_msat": str(one.amount_out_msat),
    }
    if one.resolved_at is None:
        told["forward_event"] = {"info": amounts}
    elif one.failed_at is FailedAt.HERE:
        failure = {"wire_failure": one.reason, "failure_detail": "INSUFFICIENT_BALANCE", "failure_string": "…"}
        told["link_fail_event"] = {"info": amounts, **failure}
    else:
        told["settle_event" if one.is_settled else "forward_fail_event"] = {}
    return {"result": told}


def nodes(node: SimulatedNode) -> list[dict[str, Any]]:
    """Return the nodes of the graph: ourselves and the peers of announced channels."""
    names = {one.peer_pubkey: one.peer_alias for one in node.channels.values() if not one.is_private}
    known = {node.pubkey: node.alias, **names}
    return [
        {
            "last_update": int(node.clock().timestamp()) - 3600,
            "pub_key": key,
            "alias": alias,
            "addresses": [{"network": "tcp", "addr": "127.0.0.1:9735"}],
            "color": "#3399ff",
            "features": {},
            "custom_records": {},
        }
        for key, alias in known.items()
    ]
