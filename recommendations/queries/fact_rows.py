"""The rows one node's facts are made of: a fixed number of statements, however many channels the node has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from recommendations.domain.facts import CandidateFacts, FlowFacts, PolicyFacts
from recommendations.models import GraphSnapshot

FLOW_WINDOW_DAYS = 30
SHORT_WINDOW_DAYS = 14
LOOK_BACK_DAYS = 120  # how far back the latest forward is looked for: rule 9 calls 90 idle days strong
MOST_CANDIDATES = 10
LOOKED_AT = 2_000  # nodes by score whose size is looked up; those that follow share one peer of hundreds
SHORTLIST = 60  # nodes whose name and addresses are compared with ours
LEAST_CHANNELS = 10  # rule 17: a node with fewer channels is no hub
LEAST_MEDIAN_SAT = 500_000  # rule 17

OWN_POLICY = """own.base_fee_msat, own.fee_ppm, own.time_lock_delta, own.min_htlc_msat, own.max_htlc_msat,
  own.is_disabled, own.updated_at, own.inbound_base_fee_msat, own.inbound_fee_ppm, own.changed_at"""
CHANNELS = f"""
SELECT channel.scid, channel.chan_point, channel.capacity_sat,
  CASE WHEN channel.node1_id = %(node)s THEN channel.node2_id ELSE channel.node1_id END,
  {OWN_POLICY}, {OWN_POLICY.replace("own.", "theirs.")}
FROM recommendations_channel channel
LEFT JOIN recommendations_policy own ON own.channel_id = channel.id AND own.until_snapshot_id IS NULL
  AND own.direction = CASE WHEN channel.node1_id = %(node)s THEN 0 ELSE 1 END
LEFT JOIN recommendations_policy theirs ON theirs.channel_id = channel.id AND theirs.until_snapshot_id IS NULL
  AND theirs.direction = CASE WHEN channel.node1_id = %(node)s THEN 1 ELSE 0 END
WHERE channel.until_snapshot_id IS NULL AND (channel.node1_id = %(node)s OR channel.node2_id = %(node)s)
ORDER BY channel.capacity_sat DESC, channel.scid
"""  # noqa: S608 - constants of this file
PEERS = """
SELECT node.id, node.pubkey, node.alias, metrics.live_channel_count, metrics.live_capacity_sat,
  metrics.median_channel_sat, node.announced_at, jsonb_array_length(node.addresses), metrics.market_ppm
FROM recommendations_node node
JOIN recommendations_nodemetrics metrics ON metrics.node_id = node.id AND metrics.snapshot_id = %(snapshot)s
WHERE node.id = ANY(%(nodes)s)
"""
# Adamic-Adar: every shared peer counts, the fewer peers it has the more. Nodes that look like ours are left out.
CANDIDATES = """
WITH us AS (
  SELECT node.id, node.addresses, metrics.peer_ids,
    lower(regexp_replace(alias, '[^[:alpha:]]', '', 'g')) AS stem
  FROM recommendations_node node JOIN recommendations_nodemetrics metrics ON metrics.node_id = node.id
  WHERE node.id = %(node)s AND metrics.snapshot_id = %(snapshot)s
), shared AS (
  SELECT second.id, count(*) AS shared_peers, sum(first.weight) AS score
  FROM (
    SELECT peer.peer_ids, 1 / ln(peer.peer_count::float) AS weight
    FROM us CROSS JOIN LATERAL unnest(us.peer_ids) AS known(id)
    JOIN recommendations_nodemetrics peer ON peer.node_id = known.id AND peer.snapshot_id = %(snapshot)s
    WHERE peer.peer_count > 1
  ) first CROSS JOIN LATERAL unnest(first.peer_ids) AS second(id)
  WHERE second.id <> %(node)s AND second.id NOT IN (SELECT unnest(peer_ids) FROM us)
  GROUP BY second.id ORDER BY score DESC, second.id LIMIT %(looked_at)s
), shortlist AS (
  SELECT shared.*, metrics.live_channel_count, metrics.live_capacity_sat, metrics.median_channel_sat,
    metrics.median_fee_ppm
  FROM shared JOIN recommendations_nodemetrics metrics
    ON metrics.node_id = shared.id AND metrics.snapshot_id = %(snapshot)s
  WHERE metrics.live_channel_count >= %(least_channels)s AND metrics.median_channel_sat >= %(least_median)s
  ORDER BY shared.score DESC, shared.id LIMIT %(shortlist)s
)
SELECT node.pubkey, node.alias, live_channel_count, live_capacity_sat, median_channel_sat, shared_peers,
  score::float, median_fee_ppm
FROM shortlist JOIN recommendations_node node ON node.id = shortlist.id CROSS JOIN us
WHERE (length(us.stem) < 5 OR lower(regexp_replace(node.alias, '[^[:alpha:]]', '', 'g')) <> us.stem)
  AND NOT EXISTS (
    SELECT FROM jsonb_array_elements_text(us.addresses) ours JOIN jsonb_array_elements_text(node.addresses) theirs
      ON regexp_replace(ours, ':[0-9]+$', '') = regexp_replace(theirs, ':[0-9]+$', ''))
  AND (node.addresses <> '[]'::jsonb OR NOT EXISTS (
    SELECT FROM recommendations_node WHERE network_id = %(network)s AND addresses <> '[]'::jsonb))
ORDER BY score DESC, node.pubkey LIMIT %(limit)s
"""
PRIVATE_CHANNELS = """
SELECT scid, local_sat, remote_sat, is_active, is_initiator, peer_uptime_ratio, monitored_days, measured_at
FROM recommendations_privatechannel WHERE connection_id = %(connection)s
"""
FLOWS = """
SELECT scid,
  coalesce(sum(amount_out_msat) FILTER (WHERE is_out AND at > %(window)s), 0)::bigint / 1000,
  coalesce(sum(amount_in_msat) FILTER (WHERE NOT is_out AND at > %(window)s), 0)::bigint / 1000,
  count(*) FILTER (WHERE is_out AND at > %(window)s),
  count(*) FILTER (WHERE NOT is_out AND at > %(window)s),
  coalesce(sum(fee_msat) FILTER (WHERE is_out AND at > %(window)s), 0)::bigint,
  coalesce(sum(fee_msat) FILTER (WHERE NOT is_out AND at > %(window)s), 0)::bigint,
  coalesce(sum(amount_out_msat) FILTER (WHERE is_out AND at > %(short)s), 0)::bigint / 1000,
  coalesce(sum(amount_in_msat) FILTER (WHERE NOT is_out AND at > %(short)s), 0)::bigint / 1000,
  max(at),
  percentile_disc(0.9) WITHIN GROUP (ORDER BY amount_out_msat) FILTER (WHERE is_out AND at > %(window)s)
FROM (
  SELECT forward.*, side.scid, side.is_out FROM recommendations_forward forward
  CROSS JOIN LATERAL (VALUES (outgoing_scid, true), (incoming_scid, false)) AS side(scid, is_out)
  WHERE connection_id = %(connection)s AND at > %(look_back)s AND at <= %(measured_at)s
) moved GROUP BY scid
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


class PrivateRow(NamedTuple):
    scid: str
    local_sat: int | None
    remote_sat: int | None
    is_active: bool | None
    is_initiator: bool | None
    uptime_ratio: float | None
    monitored_days: float | None
    measured_at: datetime


@dataclass(frozen=True, slots=True)
class Flows:
    """What moved through channels over `window_days`, by short channel id; idle ones have no entry."""

    window_days: int
    by_scid: Mapping[str, FlowFacts]

    def through(self, scid: str) -> FlowFacts:
        """Return the flow of one channel: known to be none where there is no entry."""
        still = FlowFacts(self.window_days, 0, 0, 0, 0, 0, 0, 0, 0, None, None)
        return self.by_scid.get(scid, still)


def channel_rows(node_id: int) -> tuple[ChannelRow, ...]:
    """Return the standing channels of a node with both current policies, largest first. One statement."""
    rows = _fetch(CHANNELS, {"node": node_id})
    return tuple(ChannelRow._make((*row[:4], _policy(row[4:14]), _policy(row[14:24]))) for row in rows)


def peer_rows(node_ids: Sequence[int], *, snapshot: GraphSnapshot) -> dict[int, PeerRow]:
    """Return the given nodes with what others charge into them, by id. One statement."""
    rows = _fetch(PEERS, {"snapshot": snapshot.pk, "nodes": list(node_ids)})
    return {row[0]: PeerRow(*row) for row in rows}


def candidate_facts(node_id: int, *, snapshot: GraphSnapshot) -> tuple[CandidateFacts, ...]:
    """Return nodes worth a channel by rule 17, best first. One statement."""
    names = {
        "node": node_id,
        "snapshot": snapshot.pk,
        "least_channels": LEAST_CHANNELS,
        "least_median": LEAST_MEDIAN_SAT,
        "shortlist": SHORTLIST,
        "looked_at": LOOKED_AT,
        "network": snapshot.network_id,
        "limit": MOST_CANDIDATES,
    }
    return tuple(CandidateFacts(*row) for row in _fetch(CANDIDATES, names))


def private_rows(connection_id: int) -> dict[str, PrivateRow]:
    """Return what the operator's node says of its channels, by short channel id. One statement."""
    return {row[0]: PrivateRow(*row) for row in _fetch(PRIVATE_CHANNELS, {"connection": connection_id})}


def flow_facts(connection_id: int, *, measured_at: datetime, known_days: float) -> Flows:
    """Return what moved through each channel in the window before `measured_at`, by short channel id. One statement.

    :param known_days: how many days of forwards are complete; a shorter history has a shorter window.
    """
    window_days = int(min(FLOW_WINDOW_DAYS, known_days))
    names = {
        "connection": connection_id,
        "measured_at": measured_at,
        "window": measured_at - timedelta(days=window_days),
        "short": measured_at - timedelta(days=min(SHORT_WINDOW_DAYS, window_days)),
        "look_back": measured_at - timedelta(days=LOOK_BACK_DAYS),
    }
    return Flows(window_days, {row[0]: FlowFacts(window_days, *row[1:]) for row in _fetch(FLOWS, names)})


def _policy(values: tuple[Any, ...]) -> PolicyFacts | None:
    base, ppm, delta, low, high, is_disabled, updated_at, inbound_base, inbound_ppm, changed_at = values
    if base is None:
        return None
    return PolicyFacts(base, ppm, delta, low, high, is_disabled, updated_at, inbound_base, inbound_ppm, changed_at)


def _fetch(statement: str, names: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, names)
        return list(cursor.fetchall())
