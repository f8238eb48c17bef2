"""The open channels of a connected node that the public graph lacks: unannounced, or newer than the graph."""

from typing import Any, NamedTuple

from django.db import connection

from recommendations.models import GraphSnapshot, NodeConnection

# Not among them: what the node announced before the graph was read, for a graph that is newer and lacks it says that it
# is gone (no file tells when it was written, so it counts as older); and what the graph knows under another id (LND
# names a channel it used unconfirmed by an alias) or as somebody else's.
UNLISTED = """
WITH ours AS (
  SELECT chan_point FROM recommendations_channel
  WHERE until_snapshot_id IS NULL AND (node1_id = %(node)s OR node2_id = %(node)s)
), told AS (
  SELECT *, coalesce(capacity_sat, local_sat + remote_sat) AS size_sat FROM recommendations_privatechannel
  WHERE connection_id = %(connection)s
    AND (is_announced IS NOT TRUE OR (%(is_live)s AND measured_at > %(as_of)s))
)
SELECT told.scid, told.chan_point, told.size_sat, told.peer_pubkey,
  coalesce(nullif(told.peer_alias, ''), peer.alias, ''), coalesce(told.is_announced, false), told.local_sat,
  told.remote_sat, told.is_initiator, told.own_policy
FROM told LEFT JOIN recommendations_node peer ON peer.network_id = %(network)s AND peer.pubkey = told.peer_pubkey
WHERE told.size_sat > 0
  AND NOT EXISTS (SELECT FROM ours WHERE ours.chan_point = told.chan_point AND told.chan_point <> '')
  AND NOT EXISTS (
    SELECT FROM recommendations_channel listed
    WHERE listed.network_id = %(network)s AND listed.scid = told.scid AND listed.until_snapshot_id IS NULL
  )
ORDER BY told.size_sat DESC, told.scid
"""


class UnlistedRow(NamedTuple):
    scid: str
    chan_point: str
    capacity_sat: int
    peer_pubkey: str
    peer_alias: str
    awaits_graph: bool  # the node announces it
    local_sat: int | None
    remote_sat: int | None
    is_initiator: bool | None
    own_policy: str | None  # JSON: raw rows are not decoded


def unlisted_rows(seen: NodeConnection, *, snapshot: GraphSnapshot) -> tuple[UnlistedRow, ...]:
    """Return the channels that the node tells of and this newest graph lacks, largest first. One statement."""
    names: dict[str, Any] = {
        "connection": seen.pk,
        "node": seen.node_id,
        "network": snapshot.network_id,
        "as_of": snapshot.as_of,
        "is_live": seen.is_live,
    }
    with connection.cursor() as cursor:
        cursor.execute(UNLISTED, names)
        return tuple(UnlistedRow._make(row) for row in cursor.fetchall())
