"""Keep the bookkeeper's lists for a simulated node: what it paid on chain and for rebalances."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.servers.cln.words import channel_id
from tests.servers.simulated.node import SimChannel, SimRebalance, SimulatedNode


def income(node: SimulatedNode, *, start_s: int) -> list[dict[str, Any]]:
    """Return the income events after a moment, and the consolidated on-chain fees of all times."""
    fees = [_rebalance_fee(node, one) for one in node.rebalances]
    return [*_onchain(node), *(event for event in fees if event["timestamp"] > start_s)]


def events(node: SimulatedNode, *, account: str | None) -> list[dict[str, Any]]:
    """Return the events of channels: both legs of every rebalance, and a payment that is none."""
    legs = [leg for one in node.rebalances for leg in _legs(node, one)]
    legs += [leg | {"payment_id": "ff" * 32, "is_rebalance": False} for leg in legs[:1]]
    return [leg for leg in legs if account is None or leg["account"] == account]


def _onchain(node: SimulatedNode) -> Iterator[dict[str, Any]]:
    known = _channels(node)
    for opening in node.openings:
        txid, _, _ = opening.chan_point.partition(":")
        account = channel_id(known[opening.chan_point])
        yield _event(account, "onchain_fee", debit_msat=opening.fee_sat * 1000, at=opening.at) | {"txid": txid}
    for closed in node.closed:
        if closed.channel.is_initiator:
            account = channel_id(closed.channel)
            told = _event(account, "onchain_fee", debit_msat=closed.fee_sat * 1000, at=closed.closed_at)
            yield told | {"txid": closed.closing_txid}


def _rebalance_fee(node: SimulatedNode, one: SimRebalance) -> dict[str, Any]:
    account = channel_id(node.channels[one.outgoing_scid])
    return _event(account, "rebalance_fee", debit_msat=one.fee_msat, at=one.at) | {"payment_id": one.payment_hash}


def _legs(node: SimulatedNode, one: SimRebalance) -> Iterator[dict[str, Any]]:
    for scid, credit_msat, debit_msat in (
        (one.outgoing_scid, 0, one.amount_msat + one.fee_msat),
        (one.incoming_scid, one.amount_msat, 0),
    ):
        account = channel_id(node.channels[scid])
        told = _event(account, "invoice", debit_msat=debit_msat, credit_msat=credit_msat, at=one.at)
        yield told | {"type": "channel", "payment_id": one.payment_hash, "part_id": 0, "is_rebalance": True}


def _channels(node: SimulatedNode) -> dict[str, SimChannel]:
    closing = [one.channel for one in node.closing]
    closed = [one.channel for one in node.closed]
    return {one.chan_point: one for one in (*node.channels.values(), *closing, *closed)}


def _event(account: str, tag: str, *, at: datetime, debit_msat: int, credit_msat: int = 0) -> dict[str, Any]:
    return {
        "account": account,
        "tag": tag,
        "credit_msat": credit_msat,
        "debit_msat": debit_msat,
        "currency": "bc",
        "timestamp": int(at.timestamp()),
    }
