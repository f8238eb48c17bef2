"""After an import, leave the largest nodes' channels behind as facts, so that their first reader need not wait."""

from recommendations.models import GraphSnapshot, Node, NodeMetrics
from recommendations.queries.bulk import channels_of, metrics_of
from recommendations.queries.fact_rows import peer_rows
from recommendations.queries.networks import newest_snapshot
from recommendations.services.left_channels import LEFT_FROM, leave
from recommendations.services.snapshot import GraphRows, public_channels


def leave_channels(snapshot_id: int) -> int:
    """Leave the largest nodes' channels of a network's newest snapshot; return of how many nodes. Seven statements.

    An older snapshot, or one that was removed meanwhile, has nobody who would read them.
    """
    snapshot = GraphSnapshot.objects.select_related("network").filter(pk=snapshot_id).first()
    if snapshot is None or newest_snapshot(snapshot.network).pk != snapshot_id:
        return 0
    large = NodeMetrics.objects.filter(snapshot=snapshot, channel_count__gte=LEFT_FROM)
    nodes = Node.objects.in_bulk(list(large.values_list("node_id", flat=True)))
    channels = channels_of(list(nodes), network_id=snapshot.network_id)
    metrics = metrics_of(list(nodes), snapshot=snapshot)
    peers = peer_rows(tuple({row.peer_id for rows in channels.values() for row in rows}), snapshot=snapshot)
    for node_id, node in nodes.items():
        rows = GraphRows(node, metrics[node_id], channels[node_id], peers, candidates=())
        leave(node_id, public_channels(rows, snapshot=snapshot), snapshot=snapshot)
    return len(nodes)
