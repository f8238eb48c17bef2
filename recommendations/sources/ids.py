"""Turn what a node writes for keys, channels and moments into what we store, or say which record is wrong."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

from recommendations.domain.errors import GraphFileBroken
from recommendations.domain.graph_records import (
    ChannelRecord,
    GraphRecords,
    NodeRecord,
    PolicyRecord,
    assembled,
    storable,
    storable_scid,
)
from recommendations.domain.readings import Endpoint
from recommendations.domain.source_errors import SourceBroken, SourceMismatch
from recommendations.domain.units import normalize_node_key
from recommendations.sources import cln, lnd

LONGEST_ALIAS = 200  # characters; 32 bytes are allowed on the wire
LATEST_S = 253_402_300_799  # the end of the year 9999
T = TypeVar("T")


def scid_of(channel_id: int | str, *, record: str, field: str) -> str:
    """Return `BxTxO`.

    :raises SourceBroken: when it is no channel id.
    """
    scid = storable_scid(channel_id)
    if scid is None:
        raise SourceBroken(record=record, field=field, reason="it is not a channel id")
    return scid


def key_of(text: str, *, record: str, field: str) -> str:
    """Return a node key in lower case.

    :raises SourceBroken: when it is none.
    """
    key = normalize_node_key(text)
    if key is None:
        raise SourceBroken(record=record, field=field, reason="it is not a node key of 66 hexadecimal digits")
    return key


def alias_of(text: str | None) -> str:
    """Return a name that strangers chose, fit to be stored."""
    return storable(text or "")[0][:LONGEST_ALIAS]


def moment(seconds: float, *, record: str, field: str) -> datetime:
    """Return unix seconds as an aware time.

    :raises SourceBroken: when there is no such moment.
    """
    if not 0 <= seconds <= LATEST_S:
        raise SourceBroken(record=record, field=field, reason="it is not a moment in unix seconds")
    return datetime.fromtimestamp(seconds, UTC)


def require_same(pubkey: str, endpoint: Endpoint) -> None:
    """Do nothing when the node that answers is the one that was connected.

    :raises SourceMismatch: when it is another.
    """
    if endpoint.pubkey and pubkey != endpoint.pubkey:
        raise SourceMismatch(
            f"Another node answers at this address: {pubkey[:12]}… instead of {endpoint.pubkey[:12]}…. "
            "Correct the address, or connect that node on its own. Nothing was stored."
        )


def policies(channel: ChannelRecord, *, owner: str) -> tuple[PolicyRecord | None, PolicyRecord | None]:
    """Return the owner's policy and the peer's."""
    is_first = channel.node1 == owner
    return (channel.policy1, channel.policy2) if is_first else (channel.policy2, channel.policy1)


def lnd_channels(edges: Sequence[lnd.Edge], *, record: str) -> list[ChannelRecord]:
    """Return the records of LND's edges.

    :raises SourceBroken: naming the edge.
    """
    try:
        return lnd.channel_records(edges, keys={})
    except GraphFileBroken as exc:
        raise _broken(exc, record=record) from exc


def lnd_graph(nodes: Sequence[lnd.Node], edges: Sequence[lnd.Edge], *, record: str) -> GraphRecords:
    """Return the public graph as LND tells it.

    :raises SourceBroken: naming the record.
    """
    try:
        listed, replaced = lnd.node_records(nodes)
        return assembled(listed, lnd.channel_records(edges, keys=_keys(listed)), replaced_characters=replaced)
    except GraphFileBroken as exc:
        raise _broken(exc, record=record) from exc


def cln_graph(nodes: Sequence[cln.Node], rows: Sequence[cln.Direction], *, record: str) -> GraphRecords:
    """Return the public graph as Core Lightning tells it.

    :raises SourceBroken: naming the record.
    """
    try:
        listed, replaced = cln.node_records(nodes)
        return assembled(listed, cln.channel_records(rows, keys=_keys(listed)), replaced_characters=replaced)
    except GraphFileBroken as exc:
        raise _broken(exc, record=record) from exc


def _keys(nodes: Sequence[NodeRecord]) -> dict[str, str]:
    return {node.pubkey: node.pubkey for node in nodes}


def _broken(exc: GraphFileBroken, *, record: str) -> SourceBroken:
    # Its reason quotes the value, which a stranger wrote: it stays out of our messages.
    return SourceBroken(record=record, field=exc.field, reason="it has not the expected form")
