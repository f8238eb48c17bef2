"""Write one graph as rows: COPY into temporary tables, then set-oriented SQL, in the caller's transaction.

Rows that no longer stand are closed by `until_snapshot`; rows that changed are closed and opened anew; a policy
announced again with the same values only gets its newer time.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.backends.utils import CursorWrapper

from recommendations.domain.graph_records import ChannelRecord, GraphRecords, NodeRecord, PolicyRecord
from recommendations.models import GraphSnapshot

COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})
ROWS_PER_PIECE = 20_000

TEMPORARY_TABLES = """
DROP TABLE IF EXISTS pg_temp.new_node, pg_temp.new_channel, pg_temp.new_policy, pg_temp.named_channel,
  pg_temp.named_policy;
CREATE TEMP TABLE new_node (pubkey text, alias text, color text, addresses jsonb, announced_s bigint) ON COMMIT DROP;
CREATE TEMP TABLE new_channel (
  place integer, scid text, chan_point text, pubkey1 text, pubkey2 text, capacity_sat bigint) ON COMMIT DROP;
CREATE TEMP TABLE new_policy (
  place integer, direction smallint, base_fee_msat bigint, fee_ppm bigint, time_lock_delta integer,
  min_htlc_msat bigint, max_htlc_msat bigint, is_disabled boolean, inbound_base_fee_msat bigint,
  inbound_fee_ppm bigint, updated_s bigint
) ON COMMIT DROP;
"""
COPY_NODES = "COPY new_node FROM STDIN"
COPY_CHANNELS = "COPY new_channel FROM STDIN"
COPY_POLICIES = "COPY new_policy FROM STDIN (NULL 'None')"

STORE_NODES = """
INSERT INTO recommendations_node AS known
  (network_id, pubkey, alias, color, addresses, announced_at, since_snapshot_id)
SELECT %(network)s, pubkey, alias, color, addresses, to_timestamp(nullif(announced_s, 0)), %(snapshot)s FROM new_node
ON CONFLICT (network_id, pubkey) DO UPDATE SET
  alias = excluded.alias, color = excluded.color, addresses = excluded.addresses,
  announced_at = excluded.announced_at, until_snapshot_id = NULL
WHERE (known.alias, known.color, known.addresses, known.announced_at, known.until_snapshot_id)
  IS DISTINCT FROM (excluded.alias, excluded.color, excluded.addresses, excluded.announced_at, NULL::bigint)
"""
CLOSE_NODES = """
UPDATE recommendations_node known SET until_snapshot_id = %(snapshot)s
WHERE network_id = %(network)s AND until_snapshot_id IS NULL
  AND NOT EXISTS (SELECT FROM new_node WHERE new_node.pubkey = known.pubkey)
"""
FIND_ENDS = """
CREATE TEMP TABLE named_channel ON COMMIT DROP AS
SELECT place, scid, chan_point, capacity_sat, end1.id AS node1_id, end2.id AS node2_id FROM new_channel
JOIN recommendations_node end1 ON end1.network_id = %(network)s AND end1.pubkey = pubkey1
JOIN recommendations_node end2 ON end2.network_id = %(network)s AND end2.pubkey = pubkey2
"""
CLOSE_CHANNELS = """
UPDATE recommendations_channel known SET until_snapshot_id = %(snapshot)s
WHERE network_id = %(network)s AND until_snapshot_id IS NULL AND NOT EXISTS (
  SELECT FROM named_channel fresh WHERE fresh.scid = known.scid AND fresh.capacity_sat = known.capacity_sat
    AND fresh.node1_id = known.node1_id AND fresh.node2_id = known.node2_id)
"""
CLOSE_POLICIES_OF_CLOSED = """
UPDATE recommendations_policy held SET until_snapshot_id = %(snapshot)s FROM recommendations_channel channel
WHERE channel.network_id = %(network)s AND channel.until_snapshot_id = %(snapshot)s
  AND held.channel_id = channel.id AND held.until_snapshot_id IS NULL
"""
LEARN_CHAN_POINTS = """
UPDATE recommendations_channel known SET chan_point = fresh.chan_point FROM named_channel fresh
WHERE known.network_id = %(network)s AND known.until_snapshot_id IS NULL AND known.scid = fresh.scid
  AND known.chan_point = '' AND fresh.chan_point <> ''
"""
STORE_CHANNELS = """
INSERT INTO recommendations_channel (network_id, scid, chan_point, node1_id, node2_id, capacity_sat, since_snapshot_id)
SELECT %(network)s, scid, chan_point, node1_id, node2_id, capacity_sat, %(snapshot)s FROM named_channel fresh
WHERE NOT EXISTS (
  SELECT FROM recommendations_channel known
  WHERE known.network_id = %(network)s AND known.scid = fresh.scid AND known.until_snapshot_id IS NULL)
"""
FIND_CHANNELS = """
CREATE TEMP TABLE named_policy ON COMMIT DROP AS
SELECT channel.id AS channel_id, direction, base_fee_msat, fee_ppm, time_lock_delta, min_htlc_msat, max_htlc_msat,
  is_disabled, inbound_base_fee_msat, inbound_fee_ppm, to_timestamp(nullif(updated_s, 0)) AS updated_at
FROM new_policy JOIN new_channel USING (place) JOIN recommendations_channel channel
  ON channel.network_id = %(network)s AND channel.scid = new_channel.scid AND channel.until_snapshot_id IS NULL
"""
SAME_VALUES = """
(held.base_fee_msat, held.fee_ppm, held.time_lock_delta, held.min_htlc_msat, held.max_htlc_msat, held.is_disabled,
 held.inbound_base_fee_msat, held.inbound_fee_ppm)
IS NOT DISTINCT FROM (fresh.base_fee_msat, fresh.fee_ppm, fresh.time_lock_delta, fresh.min_htlc_msat,
 fresh.max_htlc_msat, fresh.is_disabled, fresh.inbound_base_fee_msat, fresh.inbound_fee_ppm)
"""
CLOSE_POLICIES = f"""
UPDATE recommendations_policy held SET until_snapshot_id = %(snapshot)s FROM recommendations_channel channel
WHERE channel.network_id = %(network)s AND held.channel_id = channel.id AND held.until_snapshot_id IS NULL
  AND NOT EXISTS (SELECT FROM named_policy fresh WHERE fresh.channel_id = held.channel_id
    AND fresh.direction = held.direction AND {SAME_VALUES})
"""  # noqa: S608 - constants of this file
RENEW_POLICIES = """
UPDATE recommendations_policy held SET updated_at = fresh.updated_at FROM named_policy fresh
WHERE held.channel_id = fresh.channel_id AND held.direction = fresh.direction AND held.until_snapshot_id IS NULL
  AND held.updated_at IS DISTINCT FROM fresh.updated_at
"""
STORE_POLICIES = """
INSERT INTO recommendations_policy (channel_id, direction, base_fee_msat, fee_ppm, time_lock_delta, min_htlc_msat,
  max_htlc_msat, is_disabled, inbound_base_fee_msat, inbound_fee_ppm, updated_at, changed_at, since_snapshot_id)
SELECT channel_id, direction, base_fee_msat, fee_ppm, time_lock_delta, min_htlc_msat, max_htlc_msat, is_disabled,
  inbound_base_fee_msat, inbound_fee_ppm, updated_at, CASE WHEN EXISTS (
    SELECT FROM recommendations_policy past WHERE past.channel_id = fresh.channel_id
      AND past.direction = fresh.direction AND past.until_snapshot_id = %(snapshot)s) THEN updated_at END, %(snapshot)s
FROM named_policy fresh
WHERE NOT EXISTS (
  SELECT FROM recommendations_policy held
  WHERE held.channel_id = fresh.channel_id AND held.direction = fresh.direction AND held.until_snapshot_id IS NULL)
"""
# With the statistics of a small demo the planner joins a whole network in nested loops: 495 s instead of 2 s. Every
# join here is of two whole tables, which hashing does well whatever the statistics say.
PLAN_FOR_WHOLE_TABLES = "SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'"
PLAN_AS_USUAL = "SET LOCAL enable_nestloop TO DEFAULT; SET LOCAL work_mem TO DEFAULT"
# A sample of 3,000 rows plans what follows as well as the default one of 30,000, in a tenth of the time.
ANALYZE = """
SET LOCAL default_statistics_target = 10;
ANALYZE recommendations_node; ANALYZE recommendations_channel; ANALYZE recommendations_policy;
"""


@dataclass(frozen=True, slots=True)
class GraphChanges:
    """What one snapshot changed, in rows."""

    opened_channels: int
    closed_channels: int
    opened_policies: int
    closed_policies: int


def store_graph(records: GraphRecords, *, snapshot: GraphSnapshot) -> GraphChanges:
    """Write a graph as the state of its network from this snapshot on. Returns what changed."""
    names = {"network": snapshot.network_id, "snapshot": snapshot.pk}
    with connection.cursor() as cursor:
        cursor.execute(TEMPORARY_TABLES)
        _copy(cursor, COPY_NODES, map(_node_line, records.nodes))
        _copy(cursor, COPY_CHANNELS, map(_channel_line, enumerate(records.channels)))
        _copy(cursor, COPY_POLICIES, _policy_lines(records.channels))
        cursor.execute(PLAN_FOR_WHOLE_TABLES)
        changes = _merge(cursor, names)
        cursor.execute(PLAN_AS_USUAL)
        cursor.execute(ANALYZE)
    return changes


def _merge(cursor: CursorWrapper, names: dict[str, int]) -> GraphChanges:
    def run(statement: str) -> int:
        cursor.execute(statement, names)
        return int(cursor.rowcount)

    run(STORE_NODES)
    run(CLOSE_NODES)
    run(FIND_ENDS)
    closed_channels = run(CLOSE_CHANNELS)
    closed_policies = run(CLOSE_POLICIES_OF_CLOSED) if closed_channels else 0
    run(LEARN_CHAN_POINTS)
    opened_channels = run(STORE_CHANNELS)
    run(FIND_CHANNELS)
    closed_policies += run(CLOSE_POLICIES)
    run(RENEW_POLICIES)
    opened_policies = run(STORE_POLICIES)
    return GraphChanges(opened_channels, closed_channels, opened_policies, closed_policies)


def _copy(cursor: CursorWrapper, statement: str, lines: Iterable[str]) -> None:
    with cursor.copy(statement) as copy:
        copy.write("".join(lines))


def _node_line(node: NodeRecord) -> str:
    alias = node.alias.translate(COPY_ESCAPES)
    addresses = json.dumps(node.addresses, ensure_ascii=False).translate(COPY_ESCAPES) if node.addresses else "[]"
    return f"{node.pubkey}\t{alias}\t{node.color}\t{addresses}\t{node.announced_s}\n"


def _channel_line(numbered: tuple[int, ChannelRecord]) -> str:
    place, (scid, chan_point, node1, node2, capacity_sat, *_) = numbered
    return f"{place}\t{scid}\t{chan_point}\t{node1}\t{node2}\t{capacity_sat}\n"


def _policy_lines(channels: Iterable[ChannelRecord]) -> Iterable[str]:
    for place, channel in enumerate(channels):
        if channel.policy1 is not None:
            yield _policy_line(place, 0, channel.policy1)
        if channel.policy2 is not None:
            yield _policy_line(place, 1, channel.policy2)


def _policy_line(place: int, direction: int, policy: PolicyRecord) -> str:
    base, ppm, delta, low, high, disabled, inbound_base, inbound_ppm, updated = policy
    return (
        f"{place}\t{direction}\t{base}\t{ppm}\t{delta}\t{low}\t{high}\t{disabled}\t"
        f"{inbound_base}\t{inbound_ppm}\t{updated}\n"
    )
