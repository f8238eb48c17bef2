"""Measure a snapshot from its rows: read them as columns, compute in numpy, write statistics and metrics back."""

import struct
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
from recommendations.domain.network import Ints
from recommendations.models import GraphSnapshot

COPY_HEADER_BYTES = 19  # PGCOPY signature, flags, length of the extension area
COPY_TRAILER = struct.pack(">h", -1)

NODES = """
SELECT id FROM recommendations_node WHERE network_id = {network} AND until_snapshot_id IS NULL ORDER BY id
"""
CHANNELS = """
SELECT id, node1_id, node2_id, capacity_sat, split_part(scid, 'x', 1)::bigint FROM recommendations_channel
WHERE network_id = {network} AND until_snapshot_id IS NULL ORDER BY id
"""
POLICIES = """
SELECT channel_id, direction::bigint, base_fee_msat, fee_ppm, is_disabled::integer::bigint,
  coalesce(extract(epoch FROM updated_at)::bigint, 0)
FROM recommendations_policy held JOIN recommendations_channel channel ON channel.id = held.channel_id
WHERE channel.network_id = {network} AND channel.until_snapshot_id IS NULL AND held.until_snapshot_id IS NULL
"""
COPY_METRICS = """
COPY recommendations_nodemetrics (snapshot_id, node_id, channel_count, capacity_sat, live_channel_count,
  live_capacity_sat, peer_count, median_channel_sat, median_fee_ppm, capacity_percentile, channels_percentile,
  fee_percentile, hhi, largest_peer_share, largest_peer_pubkey, oldest_block, market_ppm, peer_ids)
FROM STDIN (NULL 'None')
"""


def measure_snapshot(snapshot: GraphSnapshot) -> NetworkMeasures:
    """Measure the newest snapshot of a network and store its statistics and one metrics row per node."""
    with connection.cursor() as cursor:
        graph = _read_graph(cursor, snapshot)
        network, nodes = measure_network(graph, as_of=snapshot.as_of), measure_nodes(graph)
        with cursor.copy(COPY_METRICS) as copy:
            copy.write("".join(_metrics_lines(snapshot.pk, graph, nodes, pubkeys=_pubkeys(cursor, snapshot))))
    _store_statistics(snapshot, network)
    return network


def _store_statistics(snapshot: GraphSnapshot, measures: NetworkMeasures) -> None:
    for name in NetworkMeasures.__slots__:
        setattr(snapshot, name, getattr(measures, name))
    snapshot.save()


def _read_graph(cursor: CursorWrapper, snapshot: GraphSnapshot) -> NetworkArrays:
    (node_ids,) = _columns(cursor, NODES, network=snapshot.network_id, count=1)
    channel_ids, node1, node2, capacity, block = _columns(cursor, CHANNELS, network=snapshot.network_id, count=5)
    of, direction, base, ppm, disabled, updated = _columns(cursor, POLICIES, network=snapshot.network_id, count=6)
    policy_channel = np.searchsorted(channel_ids, of)
    live = (updated >= snapshot.live_since.timestamp()) & (updated <= snapshot.live_until.timestamp())
    return NetworkArrays(
        node_ids=node_ids,
        node1=np.searchsorted(node_ids, node1),
        node2=np.searchsorted(node_ids, node2),
        capacity_sat=capacity,
        block=block,
        is_live=np.bincount(policy_channel[live], minlength=channel_ids.size) > 0,
        policy_channel=policy_channel,
        policy_direction=direction,
        base_fee_msat=base,
        fee_ppm=ppm,
        is_disabled=disabled.astype(bool),
    )


def _columns(cursor: CursorWrapper, query: str, *, network: int, count: int) -> tuple[Ints, ...]:
    """Return the bigint, never-null columns of a query. Binary COPY: a hundred thousand rows in 50 ms."""
    with cursor.copy(f"COPY ({query.format(network=int(network))}) TO STDOUT (FORMAT BINARY)") as copy:
        content = b"".join(copy)
    layout = np.dtype(
        [
            ("count", ">i2"),
            *(
                (f"{kind}{i}", f">i{4 if kind == 'length' else 8}")
                for i in range(count)
                for kind in ("length", "value")
            ),
        ]
    )
    rows = np.frombuffer(content[COPY_HEADER_BYTES : -len(COPY_TRAILER)], dtype=layout)
    return tuple(rows[f"value{i}"].astype(np.int64) for i in range(count))


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
