"""Read Core Lightning's listnodes and listchannels into neutral records. One row of listchannels is one direction."""

from collections.abc import Sequence

import msgspec

from recommendations.domain.errors import GraphFileBroken
from recommendations.domain.graph_records import (
    ChannelRecord,
    NodeRecord,
    PolicyRecord,
    node_key,
    storable,
    storable_color,
    storable_limit,
    storable_scid,
)
from recommendations.sources.lnd import Count, Delta, Uint32

Msat = int | str  # a plain number; text with the suffix `msat` before 23.02


class Address(msgspec.Struct, gc=False):
    type: str = ""
    address: str = ""
    port: int | None = None


class Node(msgspec.Struct, gc=False):
    nodeid: str
    alias: str | None = None
    color: str | None = None
    addresses: list[Address] | None = None
    last_timestamp: Uint32 = 0


class Direction(msgspec.Struct, gc=False):
    source: str
    destination: str
    short_channel_id: str
    amount_msat: Msat
    base_fee_millisatoshi: Count
    fee_per_millionth: Uint32
    delay: Delta
    active: bool = True
    last_update: Uint32 = 0
    htlc_minimum_msat: Msat | None = None
    htlc_maximum_msat: Msat | None = None


def node_records(nodes: Sequence[Node]) -> tuple[list[NodeRecord], int]:
    """Return the records of all nodes and the number of characters replaced in their texts."""
    records, replaced = [], 0
    for index, node in enumerate(nodes):
        key = node_key(node.nodeid, record=f"nodes[{index}]", field="nodeid")
        alias, count = storable(node.alias or "")
        addresses = tuple(_host_and_port(address) for address in node.addresses or () if address.address)
        records.append(NodeRecord(key, alias, storable_color(node.color or ""), addresses, node.last_timestamp))
        replaced += count
    return records, replaced


def channel_records(rows: Sequence[Direction], *, keys: dict[str, str]) -> list[ChannelRecord]:
    """Return one record per channel, both directions joined: node1 is the smaller key, as BOLT 7 orders them."""
    joined: dict[str, ChannelRecord] = {}
    for index, row in enumerate(rows):
        scid = storable_scid(row.short_channel_id) if "x" in row.short_channel_id else None
        if scid is None:
            reason = f"{storable(row.short_channel_id[:40])[0]!r} is not a short channel id"
            raise GraphFileBroken(record=f"channels[{index}]", field="short_channel_id", reason=reason)
        record = f"channels[{index}] (channel {scid})"
        source = keys.get(row.source) or node_key(row.source, record=record, field="source")
        target = keys.get(row.destination) or node_key(row.destination, record=record, field="destination")
        capacity = _msat(row.amount_msat, record=record, field="amount_msat")
        known = joined.get(scid) or _without_policies(scid, source, target, capacity_msat=capacity)
        joined[scid] = _with_policy(known, _policy(row, record=record), is_first=source <= target)
    return list(joined.values())


def _without_policies(scid: str, source: str, target: str, *, capacity_msat: int | None) -> ChannelRecord:
    node1, node2 = sorted((source, target))
    return ChannelRecord(scid, "", node1, node2, (capacity_msat or 0) // 1000, None, None)


def _with_policy(channel: ChannelRecord, policy: PolicyRecord, *, is_first: bool) -> ChannelRecord:
    known = channel.policy1 if is_first else channel.policy2
    if known is not None and known.updated_s > policy.updated_s:
        return channel
    return channel._replace(policy1=policy) if is_first else channel._replace(policy2=policy)


def _policy(row: Direction, *, record: str) -> PolicyRecord:
    return PolicyRecord(
        row.base_fee_millisatoshi,
        row.fee_per_millionth,
        row.delay,
        _msat(row.htlc_minimum_msat, record=record, field="htlc_minimum_msat"),
        _msat(row.htlc_maximum_msat, record=record, field="htlc_maximum_msat"),
        not row.active,
        None,
        None,
        row.last_update,
    )


def _msat(amount: Msat | None, *, record: str, field: str) -> int | None:
    if isinstance(amount, str):
        digits = amount.removesuffix("msat")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 20):
            raise GraphFileBroken(record=record, field=field, reason=f"{storable(amount[:40])[0]!r} is not an amount")
        amount = int(digits)
    if amount is not None and amount < 0:
        raise GraphFileBroken(record=record, field=field, reason=f"{amount} is negative")
    return storable_limit(amount)


def _host_and_port(address: Address) -> str:
    host = f"[{address.address}]" if ":" in address.address else address.address
    return storable(host if address.port is None else f"{host}:{address.port}")[0]
