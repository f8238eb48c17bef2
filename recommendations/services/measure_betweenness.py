"""Compute how many shortest paths lead through each node: exact, unweighted, over live channels with parallels as one.

Ten seconds for the whole network, so it runs as a job, reads what one snapshot measured, and holds no transaction open.
"""

from typing import Any

import rustworkx
from django.db import connection, transaction

from recommendations.domain.measures import percentiles
from recommendations.models import GraphSnapshot, NodeMetrics

STORE = """
UPDATE recommendations_nodemetrics metrics SET betweenness = fresh.value, betweenness_percentile = fresh.percentile
FROM unnest(%(nodes)s::bigint[], %(values)s::float[], %(percentiles)s::float[]) AS fresh(node_id, value, percentile)
WHERE metrics.snapshot_id = %(snapshot)s AND metrics.node_id = fresh.node_id
"""


def measure_betweenness(snapshot_id: int) -> int:
    """Store betweenness and its percentile for every node with a live peer; return how many. Doing it again is safe.

    A snapshot that was removed meanwhile has nothing to measure.
    """
    rows = NodeMetrics.objects.filter(snapshot=snapshot_id, peer_count__gt=0).order_by("node")
    peers = dict(rows.values_list("node_id", "peer_ids"))
    values = betweenness(peers)
    names: dict[str, Any] = {
        "snapshot": snapshot_id,
        "nodes": list(peers),
        "values": values,
        "percentiles": percentiles(values),
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STORE, names)
        GraphSnapshot.objects.filter(pk=snapshot_id).update(is_betweenness_done=True)
    return len(peers)


def betweenness(peers: dict[int, list[int]]) -> list[float]:
    """Return the normalized betweenness of each node, in the order of the keys."""
    place = {node: index for index, node in enumerate(peers)}
    graph = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from(list(peers))
    edges = {
        (min(place[a], place[b]), max(place[a], place[b])) for a, known in peers.items() for b in known if b in place
    }
    graph.add_edges_from_no_data(sorted(edges))
    centrality = rustworkx.betweenness_centrality(graph, normalized=True)
    return [float(centrality[index]) for index in range(len(peers))]
