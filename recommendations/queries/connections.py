"""A user's connected nodes as pages and programs see them: state and age, never the credential."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from recommendations.domain.refreshing import is_interrupted, is_old, next_reading_at
from recommendations.models import (
    ChannelCost,
    ClosedChannel,
    FailedForward,
    Forward,
    GraphSnapshot,
    NodeConnection,
    NodeMetrics,
    PrivateChannel,
    UptimeDay,
)
from recommendations.queries.nodes import Viewer

State = NodeConnection.State
LIVE = (NodeConnection.Kind.LND, NodeConnection.Kind.CLN)
UNDER_WAY = (State.WAITING, State.SYNCING)
TROUBLED = (State.UNREACHABLE, State.REFUSED, State.BROKEN)


@dataclass(frozen=True, slots=True)
class ConnectedNode:
    """One connected node. `measured_at` is when its data were last complete; None when they never were.

    `trouble` says why it could not be read, with the next step; "" when it could. `is_stale`: it did not answer, or
    readings were missed, so what is shown may be old.
    """

    key: int
    pubkey: str
    alias: str
    kind: str
    kind_words: str
    address: str
    version: str
    state: str
    state_words: str
    is_live: bool
    is_paused: bool
    is_under_way: bool
    is_interrupted: bool
    is_stale: bool
    step: str
    progress_percent: int
    trouble: str
    measured_at: datetime | None
    tried_at: datetime | None
    next_at: datetime | None
    forwards_from: datetime | None
    failures_from: datetime | None
    costs_from: datetime | None
    graph_as_of: datetime | None
    refresh_every_min: int
    graph_every_h: int
    uptime_ratio: float | None
    monitored_days: float | None
    has_page: bool  # its network has a graph, whether that tells of the node or not


@dataclass(frozen=True, slots=True)
class Holdings:
    """How many rows a connection holds: what goes when it goes."""

    channels: int
    closed_channels: int
    forwards: int
    failures: int
    costs: int
    uptime_days: int


def connected_nodes(user: Viewer, *, at: datetime) -> tuple[ConnectedNode, ...]:
    """Return this user's nodes, by alias. Two queries, whatever their number."""
    if user is None or user.pk is None:
        return ()
    rows = NodeConnection.objects.filter(owner_id=user.pk).exclude(kind=NodeConnection.Kind.DEMO)
    return _listed(rows.order_by("node__alias", "pk"), at=at)


def connected_node(key: int, *, user: Viewer, at: datetime) -> ConnectedNode | None:
    """Return one of this user's nodes; None when there is none, or it is somebody else's."""
    return next((node for node in connected_nodes(user, at=at) if node.key == key), None)


def own_node(pubkey: str, *, user: Viewer, at: datetime) -> ConnectedNode | None:
    """Return this user's connection to a node, the one that was read latest; None when there is none. Two queries."""
    own = [node for node in connected_nodes(user, at=at) if node.pubkey == pubkey]
    return max(
        own, key=lambda node: (node.measured_at.timestamp() if node.measured_at else 0.0, node.key), default=None
    )


def live_nodes(*, pubkey: str = "", at: datetime) -> tuple[ConnectedNode, ...]:
    """Return every live connection, of whomever, whose node's key begins so: for the command line. Two queries."""
    rows = NodeConnection.objects.filter(node__pubkey__startswith=pubkey, kind__in=LIVE)
    return _listed(rows.order_by("pk"), at=at)


def holdings(key: int) -> Holdings:
    """Return how many rows a connection holds. Six queries."""

    def count(table: Any) -> int:
        return int(table.objects.filter(connection_id=key).count())

    tables = (PrivateChannel, ClosedChannel, Forward, FailedForward, ChannelCost, UptimeDay)
    return Holdings(*map(count, tables))


def _listed(rows: QuerySet[NodeConnection], *, at: datetime) -> tuple[ConnectedNode, ...]:
    known = GraphSnapshot.objects.filter(network=OuterRef("node__network"))
    listed = tuple(rows.select_related("node").annotate(has_page=Exists(known)))
    graphs = _graphs(listed)
    return tuple(_connected(row, graphs.get(row.node_id), has_page=row.has_page, at=at) for row in listed)


def _graphs(rows: tuple[NodeConnection, ...]) -> dict[int, datetime]:
    """Return the moment of the newest snapshot that measured each node, where it still stands in the graph."""
    nodes = [row.node_id for row in rows if row.node.until_snapshot_id is None]
    metrics = NodeMetrics.objects.filter(node__in=nodes).order_by("node_id", "-snapshot__as_of").distinct("node_id")
    return dict(metrics.values_list("node_id", "snapshot__as_of"))


def _connected(row: NodeConnection, graph_as_of: datetime | None, *, has_page: bool, at: datetime) -> ConnectedNode:
    every_min = 0 if row.is_paused or not row.is_live else row.refresh_every_min
    is_under_way = row.state in UNDER_WAY
    is_troubled = row.state in TROUBLED or row.failures_in_row > 0  # also while it is being tried again
    return ConnectedNode(
        key=row.pk,
        pubkey=row.node.pubkey,
        alias=row.node.alias,
        kind=row.kind,
        kind_words=row.get_kind_display(),
        address=row.address,
        version=row.version,
        state=row.state,
        state_words=row.get_state_display(),
        is_live=row.kind in LIVE,
        is_paused=row.is_paused,
        is_under_way=is_under_way,
        is_interrupted=is_under_way and is_interrupted(tried_at=row.tried_at, at=at),
        is_stale=is_troubled or is_old(row.measured_at, every_min=every_min, at=at),
        step=row.step,
        progress_percent=row.progress_percent,
        trouble=row.message if is_troubled else "",
        measured_at=row.measured_at,
        tried_at=row.tried_at,
        next_at=next_reading_at(tried_at=row.tried_at, every_min=every_min, failures=row.failures_in_row, at=at),
        forwards_from=row.forwards_from,
        failures_from=row.failures_from,
        costs_from=row.costs_from,
        graph_as_of=graph_as_of,
        refresh_every_min=row.refresh_every_min,
        graph_every_h=row.graph_every_h,
        uptime_ratio=row.uptime_ratio,
        monitored_days=row.monitored_days,
        has_page=has_page,
    )
