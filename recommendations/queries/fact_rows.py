"""The graph's rows that a node's facts are made of: a fixed number of statements, however many channels it has."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection

from recommendations.domain.facts import PolicyFacts
from recommendations.models import GraphSnapshot

# Moments come as seconds: Django reads each one's text with a regular expression, 15 us, and a large node has 8,000.
# In the order of `PolicyFacts`.
OWN_POLICY = """own.base_fee_msat, own.fee_ppm, own.time_lock_delta, own.min_htlc_msat, own.max_htlc_msat,
  own.is_disabled, extract(epoch FROM own.updated_at)::float, own.inbound_base_fee_msat, own.inbound_fee_ppm,
  extract(epoch FROM own.changed_at)::float"""
# LIMIT 1, which changes nothing, has each policy found by the index: for a large node, PostgreSQL would otherwise read
# all policies of the network, twice.
CHANNELS = f"""
SELECT channel.scid, channel.chan_point, channel.capacity_sat,
  CASE WHEN channel.node1_id = %(node)s THEN channel.node2_id ELSE channel.node1_id END,
  {OWN_POLICY}, {OWN_POLICY.replace("own.", "theirs.")}
FROM recommendations_channel channel
LEFT JOIN LATERAL (
  SELECT * FROM recommendations_policy own WHERE own.channel_id = channel.id AND own.until_snapshot_id IS NULL
  AND own.direction = CASE WHEN channel.node1_id = %(node)s THEN 0 ELSE 1 END LIMIT 1
) own ON true
LEFT JOIN LATERAL (
  SELECT * FROM recommendations_policy theirs WHERE theirs.channel_id = channel.id AND theirs.until_snapshot_id IS NULL
  AND theirs.direction = CASE WHEN channel.node1_id = %(node)s THEN 1 ELSE 0 END LIMIT 1
) theirs ON true
WHERE channel.until_snapshot_id IS NULL AND (channel.node1_id = %(node)s OR channel.node2_id = %(node)s)
ORDER BY channel.capacity_sat DESC, channel.scid
"""  # noqa: S608 - constants of this file
PEERS = """
SELECT node.id, node.pubkey, node.alias, metrics.live_channel_count, metrics.live_capacity_sat,
  metrics.median_channel_sat, extract(epoch FROM node.announced_at)::float, jsonb_array_length(node.addresses),
  metrics.market_ppm
FROM recommendations_node node
JOIN recommendations_nodemetrics metrics ON metrics.node_id = node.id AND metrics.snapshot_id = %(snapshot)s
WHERE node.id = ANY(%(nodes)s::bigint[])
"""


class ChannelRow(NamedTuple):
    scid: str
    chan_point: str
    capacity_sat: int
    peer_id: int
    own: PolicyFacts | None
    theirs: PolicyFacts | None


class PeerRow(NamedTuple):
    node_id: int
    pubkey: str
    alias: str
    channel_count: int
    capacity_sat: int
    median_channel_sat: int | None
    announced_at: datetime | None
    address_count: int
    market_ppm: list[int]


def channel_rows(node_id: int) -> tuple[ChannelRow, ...]:
    """Return the standing channels of a node with both current policies, largest first. One statement."""
    rows = _fetch(CHANNELS, {"node": node_id})
    return tuple([ChannelRow._make((*row[:4], policy_of(row[4:14]), policy_of(row[14:]))) for row in rows])


def peer_rows(node_ids: Sequence[int], *, snapshot: GraphSnapshot) -> dict[int, PeerRow]:
    """Return the given nodes with what others charge into them, by id. One statement."""
    ids = ",".join(map(str, node_ids))  # as text: psycopg takes 1 us for each number of a list, thousands of times
    rows = _fetch(PEERS, {"snapshot": snapshot.pk, "nodes": f"{{{ids}}}"})
    return {row[0]: PeerRow._make((*row[:6], _moment(row[6]), *row[7:])) for row in rows}


def policy_of(values: Sequence[Any]) -> PolicyFacts | None:
    """Return a policy of the columns of OWN_POLICY; None where that side announced none."""
    if values[0] is None:
        return None
    return PolicyFacts._make((*values[:6], _moment(values[6]), *values[7:9], _moment(values[9])))


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _fetch(statement: str, names: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, names)
        return list(cursor.fetchall())
