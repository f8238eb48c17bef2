"""Score nodes worth a channel by short walks through the live graph, new channels counting most. Pure, over arrays.

A walk of three steps goes from us to a peer, to another node with a channel to that peer, to a node which that one has
a channel with: nodes that live in our neighborhood, and what they lately chose. A walk of two steps goes over a peer
alone; it decides where the neighborhood is too small for three. Both parameters were chosen on the openings of August
and September 2025, and measured on the week after (`bench_candidates`): twice the recall of Adamic-Adar.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recommendations.domain.network import Ints
from recommendations.domain.units import BLOCKS_PER_DAY

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FRESH_DAYS = 15.0  # a channel's weight falls to 1/e in so many days; flat from 10 to 20
STANDING_WEIGHT = 0.01  # of a channel however old, so that a quiet graph still has an order
HUB_POWER = 0.7  # a node passes on by 1 / peers ** 0.7: a hub knows everybody, which says little; flat from 0.6 to 0.8
TWO_STEPS = 0.1  # of a walk over a peer alone, beside one of three steps
RECENT_DAYS = 30  # what "lately" means in words
LEAST_CHANNELS = 10  # LIGHTNING 7.17: a node with fewer channels is no hub
LEAST_MEDIAN_SAT = 500_000  # likewise
SHORTLIST = 60  # nodes whose name and addresses are compared with ours
MOST_CANDIDATES = 10
SHORTEST_OPERATOR = 5  # letters; a shorter name is shared by chance


@dataclass(frozen=True, slots=True)
class PeerGraph:
    """The live graph, parallel channels as one. Entries `start[p]` to `start[p + 1]` are the peers of position p."""

    node_ids: Ints
    start: Ints
    owner: Ints
    peer: Ints
    block: Ints  # of the newest channel of the two
    weight: Floats  # of that channel by its age
    passing: Floats  # of each node: what it passes on of a walk that comes by
    is_hub: npt.NDArray[np.bool_]
    tip: int

    @property
    def peer_count(self) -> Ints:
        """Return how many peers each node has."""
        return np.diff(self.start)


@dataclass(frozen=True, slots=True)
class Walks:
    """Where walks from one node lead: the score of every node, how well two steps reach it, and whether one does."""

    place: int
    scores: Floats
    reach: Floats
    is_peer: Bools


@dataclass(frozen=True, slots=True)
class Candidate:
    """One node that may be proposed, by its place in the graph."""

    place: int
    node_id: int
    score: float


@dataclass(frozen=True, slots=True)
class Label:
    """What tells operators apart. Both are texts from strangers."""

    alias: str
    addresses: tuple[str, ...]


def peer_graph(
    node_ids: Ints, owner: Ints, peer: Ints, block: Ints, *, is_hub: npt.NDArray[np.bool_], tip: int
) -> PeerGraph:
    """Return the graph of (owner, peer) positions, given once for each end, with the block of their newest channel.

    :param is_hub: which nodes may be proposed at all.
    :param tip: the height of the chain; a block above it is not believed.
    """
    order = np.lexsort((peer, owner))
    owner, peer, block = owner[order], peer[order], block[order]
    age_days = (tip - np.where(block > tip, 0, block)) / BLOCKS_PER_DAY
    start = np.searchsorted(owner, np.arange(node_ids.size + 1))
    return PeerGraph(
        node_ids=node_ids,
        start=start,
        owner=owner,
        peer=peer,
        block=block,
        weight=np.exp(-age_days / FRESH_DAYS) + STANDING_WEIGHT,
        passing=np.maximum(np.diff(start), 1).astype(np.float64) ** -HUB_POWER,
        is_hub=is_hub,
        tip=tip,
    )


def peers_of(graph: PeerGraph, place: int) -> Ints:
    """Return the positions of a node's peers."""
    return graph.peer[graph.start[place] : graph.start[place + 1]]


def walks(graph: PeerGraph, place: int) -> Walks:
    """Return where walks from the node at `place` lead. Itself, its peers, and what none reaches, score 0."""
    peers = peers_of(graph, place)
    first = np.zeros(graph.node_ids.size)
    first[peers] = graph.passing[peers]
    given = first[graph.owner]
    reach = _arriving(graph, given)
    reach[place] = 0.0
    three_steps = _arriving(graph, (reach * graph.passing)[graph.owner] * graph.weight)
    found = three_steps + TWO_STEPS * _arriving(graph, given * graph.weight)
    found[peers] = found[place] = 0.0
    is_peer = np.zeros(graph.node_ids.size, dtype=np.bool_)
    is_peer[peers] = True
    return Walks(place, found, reach, is_peer)


def _arriving(graph: PeerGraph, given: Floats) -> Floats:
    """Return what arrives at every node when each owner gives so much to its peer."""
    return np.bincount(graph.peer, weights=given, minlength=graph.node_ids.size).astype(np.float64, copy=False)


def walks_of(graph: PeerGraph, node_id: int) -> Walks | None:
    """Return where walks from a node lead; None for one without a live channel."""
    place = int(np.searchsorted(graph.node_ids, node_id))
    if place == graph.node_ids.size or graph.node_ids[place] != node_id or not peers_of(graph, place).size:
        return None
    return walks(graph, place)


def shortlist(graph: PeerGraph, walked: Walks, *, limit: int = SHORTLIST) -> tuple[Candidate, ...]:
    """Return the best hubs that are not yet peers, best first."""
    found = np.where(graph.is_hub, walked.scores, 0.0)
    best = np.argpartition(-found, min(limit, found.size - 1))[:limit]
    best = best[np.lexsort((best, -found[best]))]
    places, values, ids = best.tolist(), found[best].tolist(), graph.node_ids[best].tolist()
    return tuple(Candidate(*one) for one in zip(places, ids, values, strict=True) if one[2] > 0)


def shared_peers(graph: PeerGraph, walked: Walks, one: Candidate) -> int:
    """Return how many peers the candidate shares with the node."""
    return int(walked.is_peer[peers_of(graph, one.place)].sum())


def recent_openers(graph: PeerGraph, walked: Walks, one: Candidate) -> int:
    """Return how many peers, or nodes that share a peer, opened a channel with the candidate in RECENT_DAYS."""
    peers, blocks = peers_of(graph, one.place), graph.block[graph.start[one.place] : graph.start[one.place + 1]]
    is_recent = (blocks > graph.tip - RECENT_DAYS * BLOCKS_PER_DAY) & (blocks <= graph.tip)
    is_near = (walked.reach[peers] > 0) | walked.is_peer[peers]
    return int((is_recent & is_near).sum())


def chosen(
    candidates: Iterable[Candidate], labels: Mapping[int, Label], *, own: Label, are_addresses_known: bool
) -> tuple[Candidate, ...]:
    """Return the first MOST_CANDIDATES that can be reached, one of each operator and none of our own."""
    seen = set(marks(own))
    kept: list[Candidate] = []
    for one in candidates:
        label = labels[one.node_id]
        if seen & marks(label) or (are_addresses_known and not label.addresses):
            continue
        seen |= marks(label)
        kept.append(one)
        if len(kept) == MOST_CANDIDATES:
            break
    return tuple(kept)


def marks(label: Label) -> frozenset[str]:
    """Return what nodes of one operator share: the first two words of the name, and their hosts."""
    name = "".join(re.findall(r"[^\W\d_]+", label.alias.lower())[:2])
    hosts = frozenset(address.rsplit(":", 1)[0].lower() for address in label.addresses)
    return hosts | {f"name {name}"} if len(name) >= SHORTEST_OPERATOR else hosts
