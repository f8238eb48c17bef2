"""Read LND's describegraph (`lncli describegraph`, `GET /v1/graph`) into neutral records. int64 may be text."""

from collections.abc import Sequence
from typing import Annotated

import msgspec

from recommendations.domain.errors import GraphFileBroken
from recommendations.domain.graph_records import (
    ChannelRecord,
    NodeRecord,
    PolicyRecord,
    node_key,
    storable,
    storable_chan_point,
    storable_color,
    storable_limit,
    storable_scid,
)

Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Uint32 = Annotated[int, msgspec.Meta(ge=0, le=2**32 - 1)]
Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Delta = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class Address(msgspec.Struct, gc=False):
    addr: str = ""


class Node(msgspec.Struct, gc=False):
    pub_key: str
    alias: str | None = None
    color: str | None = None
    addresses: list[Address] | None = None
    last_update: Uint32 = 0


class Policy(msgspec.Struct, gc=False):
    """Field names are LND's; fee_rate_milli_msat is ppm despite its name."""

    time_lock_delta: Delta
    fee_base_msat: Count
    fee_rate_milli_msat: Uint32
    min_htlc: int | None = None
    max_htlc_msat: int | None = None
    disabled: bool = False
    last_update: Uint32 = 0
    inbound_fee_base_msat: Int64 | None = None
    inbound_fee_rate_milli_msat: Int64 | None = None


class Edge(msgspec.Struct, gc=False):
    channel_id: int | str
    node1_pub: str
    node2_pub: str
    capacity: Count
    node1_policy: Policy | None = None
    node2_policy: Policy | None = None
    chan_point: str | None = None


def node_records(nodes: Sequence[Node]) -> tuple[list[NodeRecord], int]:
    """Return the records of all nodes and the number of characters replaced in their texts."""
    records, replaced = [], 0
    for index, node in enumerate(nodes):
        key = node_key(node.pub_key, record=f"nodes[{index}]", field="pub_key")
        alias, count = storable(node.alias or "")
        addresses = tuple(storable(address.addr)[0] for address in node.addresses or () if address.addr)
        records.append(NodeRecord(key, alias, storable_color(node.color or ""), addresses, node.last_update))
        replaced += count
    return records, replaced


def channel_records(edges: Sequence[Edge], *, keys: dict[str, str]) -> list[ChannelRecord]:
    """Return the records of all channels. `keys` holds the node keys already known to be valid."""
    records = []
    for index, edge in enumerate(edges):
        scid = storable_scid(edge.channel_id)
        if scid is None:
            reason = f"{storable(str(edge.channel_id)[:40])[0]!r} is not a channel id"
            raise GraphFileBroken(record=f"edges[{index}]", field="channel_id", reason=reason)
        node1 = keys.get(edge.node1_pub) or _checked(edge.node1_pub, index=index, field="node1_pub", scid=scid)
        node2 = keys.get(edge.node2_pub) or _checked(edge.node2_pub, index=index, field="node2_pub", scid=scid)
        point = storable_chan_point(edge.chan_point) if edge.chan_point else ""
        policies = _policy(edge.node1_policy), _policy(edge.node2_policy)
        records.append(ChannelRecord(scid, point, node1, node2, edge.capacity, *policies))
    return records


def _checked(key: str, *, index: int, field: str, scid: str) -> str:
    return node_key(key, record=f"edges[{index}] (channel {scid})", field=field)


def _policy(policy: Policy | None) -> PolicyRecord | None:
    if policy is None:
        return None
    return PolicyRecord(
        policy.fee_base_msat,
        policy.fee_rate_milli_msat,
        policy.time_lock_delta,
        storable_limit(policy.min_htlc),
        storable_limit(policy.max_htlc_msat),
        policy.disabled,
        policy.inbound_fee_base_msat,
        policy.inbound_fee_rate_milli_msat,
        policy.last_update,
    )
