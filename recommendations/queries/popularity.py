"""What people look at: the most viewed nodes of the latest days."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Max, Sum

from recommendations.models import Network, NodeConnection, NodeView
from recommendations.queries.networks import newest_snapshot


@dataclass(frozen=True, slots=True)
class ViewedNode:
    """A node and how often it was looked at. The alias is a stranger's text."""

    pubkey: str
    alias: str
    views: int


def most_viewed_nodes(
    *, days: int = 7, limit: int = 100, network: Network | str | None = None, today: date | None = None
) -> tuple[ViewedNode, ...]:
    """Return the nodes of a network by their views in the latest `days` days, most viewed first. At most three queries.

    :param today: the last of these days; by default the latest day anybody looked at a node of the network.
    :raises NetworkNotFound: when there is no such network.
    """
    views = NodeView.objects.filter(node__network=newest_snapshot(network).network, node__until_snapshot=None)
    latest = today or views.aggregate(day=Max("day"))["day"]
    if latest is None:
        return ()
    counted = (
        views.filter(day__gt=latest - timedelta(days=days), day__lte=latest)
        .values_list("node__pubkey", "node__alias")
        .annotate(views=Sum("count"))
        .order_by("-views", "node__pubkey")[:limit]
    )
    return tuple(ViewedNode(*row) for row in counted)


def connected_nodes() -> tuple[str, ...]:
    """Return the keys of the nodes that somebody connected, the demo's left out. One query."""
    own = NodeConnection.objects.exclude(kind=NodeConnection.Kind.DEMO).order_by("node__pubkey")
    return tuple(own.values_list("node__pubkey", flat=True).distinct())
