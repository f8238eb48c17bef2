"""Nodes worth a channel: the graph of a snapshot is read once and kept as arrays, then one statement names the best."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from django.db import connection

from recommendations.domain.candidates import (
    LEAST_CHANNELS,
    LEAST_MEDIAN_SAT,
    Candidate,
    Label,
    PeerGraph,
    Walks,
    chosen,
    peer_graph,
    recent_openers,
    shared_peers,
    shortlist,
    walks_of,
)
from recommendations.domain.facts import CandidateFacts
from recommendations.domain.network import Ints
from recommendations.models import GraphSnapshot
from recommendations.queries.columns import columns

NODES = """
SELECT metrics.node_id, live_channel_count, coalesce(median_channel_sat, 0) AS median_sat
FROM recommendations_nodemetrics metrics WHERE snapshot_id = %s ORDER BY node_id
"""
PAIRS = """
SELECT node_id, unnest(peer_ids) AS peer_id FROM recommendations_nodemetrics WHERE snapshot_id = %s
"""
BLOCKS = """
SELECT node1_id, node2_id, split_part(scid, 'x', 1)::bigint AS block FROM recommendations_channel
WHERE network_id = %s AND until_snapshot_id IS NULL
"""
ARE_ADDRESSES_KNOWN = """
SELECT EXISTS (SELECT FROM recommendations_node WHERE network_id = %s AND addresses <> '[]'::jsonb)
"""
NAMES = """
SELECT node.id, node.pubkey, node.alias, ARRAY(SELECT jsonb_array_elements_text(node.addresses)),
  metrics.live_channel_count, metrics.live_capacity_sat, metrics.median_channel_sat, metrics.median_fee_ppm
FROM recommendations_node node
JOIN recommendations_nodemetrics metrics ON metrics.node_id = node.id AND metrics.snapshot_id = %(snapshot)s
"""


class Named(NamedTuple):
    """A node with what a candidate's facts tell of it."""

    node_id: int
    pubkey: str
    alias: str
    addresses: list[str]
    channel_count: int
    capacity_sat: int
    median_channel_sat: int | None
    median_fee_ppm: int | None

    @property
    def label(self) -> Label:
        return Label(self.alias, tuple(self.addresses))


@dataclass(frozen=True, slots=True)
class Field:
    """What all nodes of one snapshot choose from."""

    graph: PeerGraph
    are_addresses_known: bool


def candidate_facts(node_id: int, *, snapshot: GraphSnapshot) -> tuple[CandidateFacts, ...]:
    """Return nodes worth a channel by rule 17, best first. One statement; four more for the first of a snapshot."""
    field = field_of(snapshot)
    walked = walks_of(field.graph, node_id)
    if walked is None:
        return ()
    found = shortlist(field.graph, walked)
    names = names_of(snapshot, [node_id, *(one.node_id for one in found)])
    return facts_from(found, walked, names, field=field)


def facts_from(
    found: Sequence[Candidate], walked: Walks, names: Mapping[int, Named], *, field: Field
) -> tuple[CandidateFacts, ...]:
    """Return the candidates of a shortlist with their names, one of each operator and none of one's own."""
    own = names[int(field.graph.node_ids[walked.place])].label
    labels = {one.node_id: names[one.node_id].label for one in found}
    kept = chosen(found, labels, own=own, are_addresses_known=field.are_addresses_known)
    return tuple(_facts(one, walked, names[one.node_id], graph=field.graph) for one in kept)


def field_of(snapshot: GraphSnapshot) -> Field:
    """Return the newest graph of a network. Four statements the first time; kept for the next nodes."""
    return _field(snapshot.pk, snapshot.network_id, snapshot.tip_block or 0, str(snapshot.imported_at))


def names_of(snapshot: GraphSnapshot, node_ids: list[int] | None = None) -> dict[int, Named]:
    """Return the given nodes, or all of them, by id. One statement."""
    among = "" if node_ids is None else "WHERE node.id = ANY(%(nodes)s)"
    with connection.cursor() as cursor:
        cursor.execute(NAMES + among, {"snapshot": snapshot.pk, "nodes": node_ids})
        return {row[0]: Named(*row) for row in cursor.fetchall()}


@lru_cache(maxsize=2)  # the default network and the demo: about 4 MB each
def _field(snapshot_id: int, network_id: int, tip: int, _imported_at: str) -> Field:
    with connection.cursor() as cursor:
        node = columns(cursor, NODES, ("node_id", "live_channel_count", "median_sat"), of=snapshot_id)
        pair = columns(cursor, PAIRS, ("node_id", "peer_id"), of=snapshot_id)
        channel = columns(cursor, BLOCKS, ("node1_id", "node2_id", "block"), of=network_id)
        cursor.execute(ARE_ADDRESSES_KNOWN, [network_id])
        (are_addresses_known,) = cursor.fetchone()
    ids = node["node_id"]
    owner, peer = np.searchsorted(ids, pair["node_id"]), np.searchsorted(ids, pair["peer_id"])
    is_hub = (node["live_channel_count"] >= LEAST_CHANNELS) & (node["median_sat"] >= LEAST_MEDIAN_SAT)
    block = _newest_blocks(owner, peer, _ends(ids, channel), channel["block"], total=ids.size)
    graph = peer_graph(ids, owner, peer, block, is_hub=is_hub, tip=tip)
    return Field(graph, bool(are_addresses_known))


def _ends(ids: Ints, channel: dict[str, Ints]) -> tuple[Ints, Ints]:
    return np.searchsorted(ids, channel["node1_id"]), np.searchsorted(ids, channel["node2_id"])


def _newest_blocks(owner: Ints, peer: Ints, ends: tuple[Ints, Ints], blocks: Ints, *, total: int) -> Ints:
    """Return the block of the newest channel between each owner and peer."""
    keys = np.concatenate((ends[0] * total + ends[1], ends[1] * total + ends[0]))
    known, places = np.unique(keys, return_inverse=True)
    newest = np.zeros(known.size, dtype=np.int64)
    np.maximum.at(newest, places, np.concatenate((blocks, blocks)))
    return newest[np.searchsorted(known, owner * total + peer)] if known.size else np.zeros(0, dtype=np.int64)


def _facts(one: Candidate, walked: Walks, named: Named, *, graph: PeerGraph) -> CandidateFacts:
    return CandidateFacts(
        pubkey=named.pubkey,
        alias=named.alias,
        channel_count=named.channel_count,
        capacity_sat=named.capacity_sat,
        median_channel_sat=named.median_channel_sat,
        shared_peers=shared_peers(graph, walked, one),
        score=one.score,
        median_fee_ppm=named.median_fee_ppm,
        recent_openers=recent_openers(graph, walked, one),
    )
