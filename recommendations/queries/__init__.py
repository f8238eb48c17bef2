"""Reads of the advice floor: rows in, frozen values out."""

from recommendations.queries.advice import (
    recommendation_exists,
    recommendation_generation,
    recommendation_of,
    recommendation_turn,
)
from recommendations.queries.balances import local_ratios
from recommendations.queries.channels import ChannelFilters, ChannelsPage, channels_at, channels_page
from recommendations.queries.networks import (
    FeeBar,
    ListedNetwork,
    default_network,
    fee_histogram,
    listed_networks,
    network_facts,
    network_state,
    newest_snapshot,
)
from recommendations.queries.nodes import (
    MetricsPoint,
    NodeHit,
    NodeIdentity,
    NodeSummary,
    Place,
    capacity_rank,
    find_place,
    identify,
    metrics_history,
    node_summary,
    search_nodes,
)
from recommendations.queries.popularity import ViewedNode, most_viewed_nodes

__all__ = [
    "ChannelFilters",
    "ChannelsPage",
    "FeeBar",
    "ListedNetwork",
    "MetricsPoint",
    "NodeHit",
    "NodeIdentity",
    "NodeSummary",
    "Place",
    "ViewedNode",
    "capacity_rank",
    "channels_at",
    "channels_page",
    "default_network",
    "fee_histogram",
    "find_place",
    "identify",
    "listed_networks",
    "local_ratios",
    "metrics_history",
    "most_viewed_nodes",
    "network_facts",
    "network_state",
    "newest_snapshot",
    "node_summary",
    "recommendation_exists",
    "recommendation_generation",
    "recommendation_of",
    "recommendation_turn",
    "search_nodes",
]
