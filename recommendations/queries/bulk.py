"""The rows of many nodes' facts at once: so many statements for a slice of nodes as one node alone needs."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from recommendations.domain.advice import State
from recommendations.domain.candidates import shortlist, walks_of
from recommendations.domain.facts import CandidateFacts
from recommendations.models import GraphSnapshot, Node, NodeMetrics, Recommendation
from recommendations.queries.candidates import Field, Named, facts_from, field_of, names_of
from recommendations.queries.fact_rows import OWN_POLICY, ChannelRow, PeerRow, peer_rows, policy_of

# As fact_rows.CHANNELS, for many owners; a channel to oneself is one channel, not two.
CHANNELS = f"""
SELECT side.owner_id, channel.scid, channel.chan_point, channel.capacity_sat, side.peer_id,
  {OWN_POLICY}, {OWN_POLICY.replace("own.", "theirs.")}
FROM recommendations_channel channel
CROSS JOIN LATERAL (VALUES (node1_id, node2_id, 0), (node2_id, node1_id, 1)) AS side(owner_id, peer_id, direction)
LEFT JOIN recommendations_policy own ON own.channel_id = channel.id AND own.until_snapshot_id IS NULL
  AND own.direction = side.direction
LEFT JOIN recommendations_policy theirs ON theirs.channel_id = channel.id AND theirs.until_snapshot_id IS NULL
  AND theirs.direction = 1 - side.direction
WHERE channel.until_snapshot_id IS NULL AND channel.network_id = %(network)s AND side.owner_id = ANY(%(nodes)s)
  AND NOT (channel.node1_id = channel.node2_id AND side.direction = 1)
ORDER BY side.owner_id, channel.capacity_sat DESC, channel.scid
"""  # noqa: S608 - constants of this file


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every node of a snapshot is judged by: all nodes as peers, and as candidates."""

    snapshot: GraphSnapshot
    peers: dict[int, PeerRow]
    names: dict[int, Named]
    field: Field

    def candidates(self, node_id: int) -> tuple[CandidateFacts, ...]:
        """Return nodes worth a channel, as `queries.candidates.candidate_facts` does. No statement."""
        walked = walks_of(self.field.graph, node_id)
        if walked is None:
            return ()
        return facts_from(shortlist(self.field.graph, walked), walked, self.names, field=self.field)


def surroundings(snapshot: GraphSnapshot) -> Surroundings:
    """Return the whole snapshot as peers and candidates. Three statements; four more where no graph is kept yet."""
    ids = list(NodeMetrics.objects.filter(snapshot=snapshot).values_list("node_id", flat=True))
    return Surroundings(snapshot, peer_rows(ids, snapshot=snapshot), names_of(snapshot), field_of(snapshot))


def nodes_after(node_id: int, *, snapshot: GraphSnapshot, limit: int) -> dict[int, Node]:
    """Return the next nodes of a network's newest snapshot, by id. One statement."""
    standing = Node.objects.filter(network=snapshot.network_id, until_snapshot=None, pk__gt=node_id)
    return {node.pk: node for node in standing.order_by("pk")[:limit]}


def metrics_of(node_ids: Sequence[int], *, snapshot: GraphSnapshot) -> dict[int, NodeMetrics]:
    """Return the nodes' metrics, by node. One statement."""
    rows = NodeMetrics.objects.filter(snapshot=snapshot, node__in=node_ids).defer("peer_ids")
    return {row.node_id: row for row in rows}


def channels_of(node_ids: Sequence[int], *, network_id: int) -> dict[int, list[ChannelRow]]:
    """Return each node's standing channels, as `fact_rows.channel_rows` does. One statement."""
    found: dict[int, list[ChannelRow]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(CHANNELS, {"network": network_id, "nodes": list(node_ids)})
        for row in cursor.fetchall():
            found[row[0]].append(ChannelRow._make((*row[1:5], policy_of(row[5:15]), policy_of(row[15:25]))))
    return found


def rejected_among(keys: Sequence[UUID]) -> frozenset[UUID]:
    """Return the rows of public advice that somebody dismissed. One statement."""
    rows = Recommendation.objects.filter(pk__in=keys, state=State.REJECTED)
    return frozenset(rows.values_list("pk", flat=True))
