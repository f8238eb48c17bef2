"""Whom did nodes really open channels with? Our score beside Adamic-Adar, on the week from 12 to 19 October 2025.

`python -m tests.benchmarks candidates` imports the older snapshot and asks the serving code's own arrays; the openings
come from the newer file. The score's numbers were chosen on earlier weeks (channels by their funding block), never on
this one; both halves of the nodes are told apart, so that a lucky few would show.
"""

import json
import lzma
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.utils import timezone

from recommendations.domain.candidates import PeerGraph, peers_of, walks
from recommendations.models import Node, NodeMetrics
from recommendations.queries import newest_snapshot
from recommendations.queries.candidates import field_of
from recommendations.services.import_graph import import_graph
from tests.benchmarks.bench_retrieval import fresh_database

FOLDER = Path("shared") / "data" / "network"
OLDER, NEWER = "describegraph-2025-10-12.json.xz", "describegraph-2025-10-19.json.xz"
DEPTHS = (10, 20, 50, 100)
LEAST_CHANNELS = 5  # of the node that is asked for: with fewer there is no neighborhood to speak of
Targets = dict[int, set[int]]


def run() -> dict[str, object]:
    """Return recall at 10, 20, 50 and 100 in percent, of ours and of Adamic-Adar; `skipped` names what is absent."""
    folder = Path(settings.BASE_DIR).parent / FOLDER
    if not (folder / OLDER).is_file() or not (folder / NEWER).is_file():
        return {"name": "candidates", "skipped": f"the real snapshots are not at {folder}"}
    with fresh_database():
        import_graph(folder / OLDER, at=timezone.now())
        snapshot = newest_snapshot("mainnet")
        graph = field_of(snapshot).graph
        places = {pubkey: int(np.searchsorted(graph.node_ids, key)) for pubkey, key in _keys()}
        sizes = dict(NodeMetrics.objects.filter(snapshot=snapshot).values_list("node_id", "live_channel_count"))
    channel_count = np.array([sizes[key] for key in graph.node_ids.tolist()])
    targets = _targets(graph, _opened(folder, places), channel_count)
    return {"name": "candidates", **_told(graph, targets)}


def _keys() -> list[tuple[str, int]]:
    return list(Node.objects.filter(network__slug="mainnet").values_list("pubkey", "pk"))


def _opened(folder: Path, places: dict[str, int]) -> list[tuple[int, int]]:
    """Return the ends of the channels that only the newer file has, where both ends stood in the older one."""
    known = {edge["channel_id"] for edge in _edges(folder / OLDER)}
    fresh = [edge for edge in _edges(folder / NEWER) if edge["channel_id"] not in known]
    ends = [(places.get(edge["node1_pub"]), places.get(edge["node2_pub"])) for edge in fresh]
    return [(one, other) for one, other in ends if one is not None and other is not None]


def _edges(path: Path) -> list[dict[str, Any]]:
    edges: list[dict[str, Any]] = json.loads(lzma.decompress(path.read_bytes()))["edges"]
    return edges


def _targets(graph: PeerGraph, opened: list[tuple[int, int]], channel_count: Any) -> Targets:
    """Return each node's new peers: not its peers before, with live channels of their own."""
    found: Targets = defaultdict(set)
    for pair in opened:
        for node, other in (pair, pair[::-1]):
            is_new = node != other and other not in peers_of(graph, node)
            if is_new and channel_count[node] >= LEAST_CHANNELS and peers_of(graph, other).size:
                found[node].add(other)
    return found


def _told(graph: PeerGraph, targets: Targets) -> dict[str, object]:
    halves = [{node: found for node, found in targets.items() if node % 2 == half} for half in (0, 1)]
    return {
        "nodes": len(targets),
        "targets": sum(map(len, targets.values())),
        "recall_at": list(DEPTHS),
        "ours_percent": _recall(graph, targets, ours=True),
        "adamic_adar_percent": _recall(graph, targets, ours=False),
        "hubs_only": {  # as rule 17 shows them: at least 10 channels, median at least 500k sat
            "ours_percent": _recall(graph, targets, ours=True, hubs_only=True),
            "adamic_adar_percent": _recall(graph, targets, ours=False, hubs_only=True),
        },
        "halves": {
            f"{name}_ours_percent": _recall(graph, half, ours=True)
            for name, half in zip(("even", "odd"), halves, strict=True)
        },
    }


def _recall(graph: PeerGraph, targets: Targets, *, ours: bool, hubs_only: bool = False) -> list[float]:
    hits = np.zeros(len(DEPTHS))
    for node, wanted in targets.items():
        found = walks(graph, node).scores if ours else _adamic_adar(graph, node)
        if hubs_only:
            found = np.where(graph.is_hub, found, 0.0)
        best = np.argsort(-found, kind="stable")[: DEPTHS[-1]]
        is_hit = np.isin(best[found[best] > 0], list(wanted))
        hits += [is_hit[:depth].sum() for depth in DEPTHS]
    return [round(100 * float(hit) / sum(map(len, targets.values())), 1) for hit in hits]


def _adamic_adar(graph: PeerGraph, node: int) -> Any:
    total, peers, degree = graph.node_ids.size, peers_of(graph, node), graph.peer_count
    weight = np.zeros(total)
    weight[peers] = np.where(degree[peers] > 1, 1 / np.log(np.maximum(degree[peers], 2)), 0)
    found = np.bincount(graph.peer, weights=weight[graph.owner], minlength=total)
    found[peers] = found[node] = 0.0
    return found
