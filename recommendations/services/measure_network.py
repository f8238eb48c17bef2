"""Measure a snapshot from its rows: read them as columns, compute in numpy, write statistics and metrics back."""

from collections.abc import Iterable, Sequence

import numpy as np
from django.db import connection
from django.db.backends.utils import CursorWrapper

from recommendations.domain.measures import (
    NetworkArrays,
    NetworkMeasures,
    NodeMeasures,
    measure_network,
    measure_nodes,
)
from recommendations.models import GraphSnapshot
from recommendations.queries.columns import columns

NODES = "SELECT id FROM recommendations_node WHERE network_id = %s AND until_snapshot_id IS NULL ORDER BY id"
CHANNELS = """
SELECT id, node1_id, node2_id, capacity_sat, split_part(scid, 'x', 1)::bigint AS block FROM recommendations_channel
WHERE network_id = %s AND until_snapshot_id IS NULL ORDER BY id
"""
POLICIES = """
SELECT channel_id, direction, base_fee_msat, fee_ppm, is_disabled::integer AS is_disabled,
  coalesce(extract(epoch FROM updated_at), 0) AS updated_s
FROM recommendations_policy held JOIN recommendations_channel channel ON channel.id = held.channel_id
WHERE channel.network_id = %s AND channel.until_snapshot_id IS NULL AND held.until_snapshot_id IS NULL
"""
COPY_METRICS = """
COPY recommendations_nodemetrics (snapshot_id, node_id, channel_count, capacity_sat, live_channel_count,
  live_capacity_sat, peer_count, median_channel_sat, median_fee_ppm, capacity_percentile, channels_percentile,
  fee_percentile, hhi, largest_peer_share, largest_peer_pubkey, oldest_block, market_ppm, peer_ids)
FROM STDIN (NULL 'None')
"""
# Reads come at once, before the server's own statistics: without these the facts of the largest node took ten seconds.
ANALYZE = "SET LOCAL default_statistics_target = 10; ANALYZE recommendations_nodemetrics"


def measure_snapshot(snapshot: GraphSnapshot) -> NetworkMeasures:
    """Measure the newest snapshot of a network and store its statistics and one metrics row per node."""
    with connection.cursor() as cursor:
        graph = _read_graph(cursor, snapshot)
        network, nodes = measure_network(graph, as_of=snapshot.as_of), measure_nodes(graph)
        lines = _metrics_lines(snapshot.pk, graph, nodes, pubkeys=_pubkeys(cursor, snapshot))
        with cursor.copy(COPY_METRICS) as copy:
            copy.write("".join(lines))
        cursor.execute(ANALYZE)
    _store_statistics(snapshot, network)
    return network


def _store_statistics(snapshot: GraphSnapshot, measures: NetworkMeasures) -> None:
    for name in NetworkMeasures.__slots__:
        setattr(snapshot, name, getattr(measures, name))
    snapshot.fee_quantiles_ppm = {str(percent): ppm for percent, ppm in measures.fee_quantiles_ppm}
    snapshot.save()


def _read_graph(cursor: CursorWrapper, snapshot: GraphSnapshot) -> NetworkArrays:
    network = snapshot.network_id
    node = columns(cursor, NODES, ("id",), of=network)
    channel = columns(cursor, CHANNELS, ("id", "node1_id", "node2_id", "capacity_sat", "block"), of=network)
    names = ("channel_id", "direction", "base_fee_msat", "fee_ppm", "is_disabled", "updated_s")
    policy = columns(cursor, POLICIES, names, of=network)
    of, updated = np.searchsorted(channel["id"], policy["channel_id"]), policy["updated_s"]
    live = (updated >= snapshot.live_since.timestamp()) & (updated <= snapshot.live_until.timestamp())
    return NetworkArrays(
        node_ids=node["id"],
        node1=np.searchsorted(node["id"], channel["node1_id"]),
        node2=np.searchsorted(node["id"], channel["node2_id"]),
        capacity_sat=channel["capacity_sat"],
        block=channel["block"],
        is_live=np.bincount(of[live], minlength=channel["id"].size) > 0,
        policy_channel=of,
        policy_direction=policy["direction"],
        base_fee_msat=policy["base_fee_msat"],
        fee_ppm=policy["fee_ppm"],
        is_disabled=policy["is_disabled"].astype(bool),
    )


def _pubkeys(cursor: CursorWrapper, snapshot: GraphSnapshot) -> dict[int, str]:
    cursor.execute("SELECT id, pubkey FROM recommendations_node WHERE network_id = %s", [snapshot.network_id])
    return dict(cursor.fetchall())


def _metrics_lines(
    snapshot_id: int, graph: NetworkArrays, nodes: NodeMeasures, *, pubkeys: dict[int, str]
) -> Iterable[str]:
    rows = zip(
        graph.node_ids.tolist(),
        nodes.channel_count.tolist(),
        nodes.capacity_sat.tolist(),
        nodes.live_channel_count.tolist(),
        nodes.live_capacity_sat.tolist(),
        map(len, nodes.peer_ids),
        nodes.median_channel_sat,
        nodes.median_fee_ppm,
        nodes.capacity_percentile,
        nodes.channels_percentile,
        nodes.fee_percentile,
        nodes.hhi,
        nodes.largest_peer_share,
        (pubkeys[peer] if peer is not None else "" for peer in nodes.largest_peer_id),
        nodes.oldest_block,
        map(_array, nodes.market_ppm),
        map(_array, nodes.peer_ids),
        strict=True,
    )
    for row in rows:
        yield f"{snapshot_id}\t" + "\t".join(map(str, row)) + "\n"


def _array(values: Sequence[int]) -> str:
    return "{" + ",".join(map(str, values)) + "}"
