"""Nodes of one network: find them by words or key, name them, sum them up, and follow them over time."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import F, Q

from recommendations.domain.errors import NodeNotFound
from recommendations.domain.network import age_days
from recommendations.domain.units import NODE_KEY, normalize_node_key
from recommendations.models import GraphSnapshot, Network, Node, NodeConnection, NodeMetrics
from recommendations.queries.networks import newest_snapshot

Viewer = AbstractBaseUser | AnonymousUser | None
LONGEST_SEARCH = 80
SHORTEST_KEY_PREFIX = 2
KEY_DIGITS = frozenset("0123456789abcdef")

# Keys first, then the alias itself, its beginning, the beginning of one of its words, its inside; larger nodes first.
SEARCH = """
SELECT node.pubkey, node.alias, metrics.live_channel_count, metrics.live_capacity_sat
FROM recommendations_node node
JOIN recommendations_nodemetrics metrics ON metrics.node_id = node.id AND metrics.snapshot_id = %(snapshot)s
CROSS JOIN LATERAL (SELECT CASE
  WHEN %(low)s <> '' AND node.pubkey >= %(low)s AND node.pubkey < %(high)s THEN 0
  WHEN lower(node.alias) = %(word)s THEN 1
  WHEN lower(node.alias) LIKE %(prefix)s THEN 2
  WHEN lower(node.alias) LIKE %(inner)s THEN 3
  WHEN lower(node.alias) LIKE %(inside)s THEN 4 END AS rank) found
WHERE node.network_id = %(network)s AND node.until_snapshot_id IS NULL AND found.rank IS NOT NULL
ORDER BY found.rank, metrics.live_capacity_sat DESC, node.pubkey LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class NodeHit:
    """A node that was searched for. The alias is a stranger's text."""

    pubkey: str
    alias: str
    channel_count: int
    capacity_sat: int

    def as_dict(self) -> dict[str, Any]:
        """Return the hit as JSON-safe values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class NodeIdentity:
    """The rows behind a node, in the newest snapshot of its network, and the connection this viewer may see."""

    node_id: int
    snapshot_id: int
    connection_id: int | None
    pubkey: str
    network: str


@dataclass(frozen=True, slots=True)
class NodeSummary:
    """The public figures at the head of a node's page."""

    pubkey: str
    alias: str
    color: str
    addresses: tuple[str, ...]
    network: str
    is_synthetic: bool
    as_of: datetime
    channel_count: int
    live_channel_count: int
    peer_count: int
    capacity_sat: int
    median_channel_sat: int | None
    median_fee_ppm: int | None
    capacity_percentile: float | None
    channels_percentile: float | None
    fee_percentile: float | None
    betweenness_percentile: float | None
    capacity_rank: int | None
    active_nodes: int
    hhi: float | None
    age_days: float | None


@dataclass(frozen=True, slots=True)
class MetricsPoint:
    """A node's figures in one snapshot."""

    as_of: datetime
    channel_count: int
    live_channel_count: int
    capacity_sat: int
    median_fee_ppm: int | None
    capacity_percentile: float | None
    betweenness_percentile: float | None


def search_nodes(text: str, *, network: Network | str | None = None, limit: int = 10) -> tuple[NodeHit, ...]:
    """Return the nodes whose alias holds `text` or whose key begins with it, best first. Two queries.

    :raises NetworkNotFound: when there is no graph to search.
    """
    word = text.replace("\x00", "").strip().lower()[:LONGEST_SEARCH]
    if not word:
        return ()
    snapshot = newest_snapshot(network)
    pattern = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    is_key = SHORTEST_KEY_PREFIX <= len(word) <= 66 and KEY_DIGITS.issuperset(word)
    names: dict[str, int | str] = {
        "snapshot": snapshot.pk,
        "network": snapshot.network_id,
        "low": word if is_key else "",
        "high": f"{word}g",  # the letter after the last hexadecimal digit
        "word": word,
        "prefix": f"{pattern}%",
        "inner": f"% {pattern}%",
        "inside": f"%{pattern}%",
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(SEARCH, {name: _encodable(value) for name, value in names.items()})
        return tuple(NodeHit(*row) for row in cursor.fetchall())


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands: its row, the newest snapshot it is in, and the connection this viewer may see."""

    snapshot: GraphSnapshot
    node: Node
    connection: NodeConnection | None

    @property
    def identity(self) -> NodeIdentity:
        seen = self.connection.pk if self.connection else None
        return NodeIdentity(self.node.pk, self.snapshot.pk, seen, self.node.pubkey, self.snapshot.network.slug)


def find_place(pubkey: str, *, network: Network | str | None = None, user: Viewer = None) -> Place:
    """Return where a node stands. Three queries, or five for a key that only another network knows.

    :raises NodeNotFound: when it is no key, or no node of the network's newest snapshot that `user` may see.
    :raises NetworkNotFound: when there is no such network.
    """
    snapshot, node = locate(pubkey, network=network, user=user)
    return Place(snapshot, node, visible_connection(node, user=user))


def identify(pubkey: str, *, network: Network | str | None = None, user: Viewer = None) -> NodeIdentity:
    """Return the rows behind a key, by their ids. Raises as `find_place`."""
    return find_place(pubkey, network=network, user=user).identity


def ensure_known(pubkey: str, *, network: str | None = None, user: Viewer = None) -> None:
    """Return where there is such a node: a look before a stream begins. One query. Raises as `find_place`."""
    standing = Node.objects.filter(pubkey=normalize_node_key(pubkey) or "", until_snapshot=None)
    if not (standing.filter(network__slug=network) if network else standing).exists():
        locate(pubkey, network=network, user=user)


def locate(pubkey: str, *, network: Network | str | None = None, user: Viewer = None) -> tuple[GraphSnapshot, Node]:
    """Return the node of this key and the newest snapshot it stands in. Two queries, or four when elsewhere.

    Without a named network the default one is meant; a key that only another network knows (the demo node, beside a
    real graph) is found there. Nothing of two networks is mixed: all that follows is of that one. A node that `user`
    connected is found though no graph tells of it: it may have no channel that is announced.

    :raises NodeNotFound: when there is none.
    :raises NetworkNotFound: when there is no such network.
    """
    key = normalize_node_key(pubkey)
    if key is None or not NODE_KEY.fullmatch(key):
        raise NodeNotFound(pubkey[:66])
    snapshot = newest_snapshot(network)
    standing = Node.objects.filter(pubkey=key, until_snapshot=None)
    node = standing.filter(network=snapshot.network_id).first()
    if node is None and network is None:
        node = standing.select_related("network").order_by("network__is_synthetic", "network__slug").first()
        snapshot = snapshot if node is None else newest_snapshot(node.network)
    if node is None and (node := _connected(key, network=snapshot.network if network else None, user=user)):
        snapshot = newest_snapshot(node.network)
    if node is None:
        raise NodeNotFound(key)
    return snapshot, node


def _connected(key: str, *, network: Network | None, user: Viewer) -> Node | None:
    """Return the node of this key that this user connected, in this network or any. One query, or none."""
    if user is None or user.pk is None:
        return None
    own = NodeConnection.objects.filter(owner_id=user.pk, node__pubkey=key).select_related("node__network")
    row = (own.filter(node__network=network) if network else own).order_by("pk").first()
    return row.node if row else None


def visible_connection(node: Node, *, user: Viewer) -> NodeConnection | None:
    """Return the private data of a node that `user` may see: their own first, else the demo's. Without login: none."""
    if user is None or not user.is_authenticated:
        return None
    is_demo = Q(kind=NodeConnection.Kind.DEMO, owner=None)
    is_visible = is_demo if user.pk is None else is_demo | Q(owner_id=user.pk)  # an API key may belong to nobody
    connections = NodeConnection.objects.filter(is_visible, node=node)
    latest_first = F("measured_at").desc(nulls_last=True)  # a node may be connected, and have files beside
    return connections.order_by("owner", latest_first, "pk").first()  # null sorts last: one's own comes first


def node_summary(pubkey: str, *, network: Network | str | None = None) -> NodeSummary:
    """Return a node's public figures. Four queries. Raises as `identify`."""
    snapshot, node = locate(pubkey, network=network)
    metrics = NodeMetrics.objects.get(snapshot=snapshot, node=node)
    return NodeSummary(
        pubkey=node.pubkey,
        alias=node.alias,
        color=node.color,
        addresses=tuple(node.addresses),
        network=snapshot.network.slug,
        is_synthetic=snapshot.network.is_synthetic,
        as_of=snapshot.as_of,
        channel_count=metrics.channel_count,
        live_channel_count=metrics.live_channel_count,
        peer_count=metrics.peer_count,
        capacity_sat=metrics.capacity_sat,
        median_channel_sat=metrics.median_channel_sat,
        median_fee_ppm=metrics.median_fee_ppm,
        capacity_percentile=metrics.capacity_percentile,
        channels_percentile=metrics.channels_percentile,
        fee_percentile=metrics.fee_percentile,
        betweenness_percentile=metrics.betweenness_percentile,
        capacity_rank=capacity_rank(metrics),
        active_nodes=snapshot.active_node_count,
        hhi=metrics.hhi,
        age_days=age_days(metrics.oldest_block, tip=snapshot.tip_block),
    )


def capacity_rank(metrics: NodeMetrics) -> int | None:
    """Return the place of a node by live capacity, 1 the largest; None when it has no live channel. One query."""
    if metrics.live_channel_count == 0:
        return None
    larger = NodeMetrics.objects.filter(snapshot=metrics.snapshot_id, live_capacity_sat__gt=metrics.live_capacity_sat)
    return larger.count() + 1


def metrics_history(
    pubkey: str, *, network: Network | str | None = None, user: Viewer = None
) -> tuple[MetricsPoint, ...]:
    """Return a node's figures in every snapshot, oldest first. Three queries. Raises as `identify`."""
    _, node = locate(pubkey, network=network, user=user)
    rows = NodeMetrics.objects.filter(node=node).order_by("snapshot__as_of")
    names = (
        *("snapshot__as_of", "channel_count", "live_channel_count", "capacity_sat", "median_fee_ppm"),
        *("capacity_percentile", "betweenness_percentile"),
    )
    return tuple(MetricsPoint(*row) for row in rows.values_list(*names))


def _encodable(value: int | str) -> int | str:
    """Return text the database takes: a lone surrogate, which a browser cannot send but a program can, is replaced."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value
