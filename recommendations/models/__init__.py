"""Tables of the advice floor: networks, graph spans, metrics over time, private data, advice and its life."""

from recommendations.models.advice import NodeView, Recommendation, RecommendationRun, Threshold, WeightRevision
from recommendations.models.graph import Channel, GraphSnapshot, Network, Node, NodeMetrics, Policy
from recommendations.models.private import Forward, NodeConnection, PrivateChannel
from recommendations.models.uploads import GraphUpload

__all__ = [
    "Channel",
    "Forward",
    "GraphSnapshot",
    "GraphUpload",
    "Network",
    "Node",
    "NodeConnection",
    "NodeMetrics",
    "NodeView",
    "Policy",
    "PrivateChannel",
    "Recommendation",
    "RecommendationRun",
    "Threshold",
    "WeightRevision",
]
