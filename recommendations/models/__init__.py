"""Tables of the advice floor: networks and graph spans, private data and history, limits, alerts, advice."""

from recommendations.models.advice import (
    NodeView,
    Recommendation,
    RecommendationRun,
    Threshold,
    TrackRecord,
    WeightRevision,
)
from recommendations.models.alerts import Alert, AlertChoice, Watch
from recommendations.models.bulk import BulkRun, WarmRun
from recommendations.models.enrichment import Enrichment, OnchainFee, OutsideReading
from recommendations.models.graph import Channel, GraphSnapshot, Network, Node, NodeMetrics, Policy
from recommendations.models.history import ChannelCost, ClosedChannel, FailedForward, UptimeDay
from recommendations.models.limits import ChannelLimit, NodeStance
from recommendations.models.private import Forward, NodeConnection, PrivateChannel
from recommendations.models.uploads import GraphUpload

__all__ = [
    "Alert",
    "AlertChoice",
    "BulkRun",
    "Channel",
    "ChannelCost",
    "ChannelLimit",
    "ClosedChannel",
    "Enrichment",
    "FailedForward",
    "Forward",
    "GraphSnapshot",
    "GraphUpload",
    "Network",
    "Node",
    "NodeConnection",
    "NodeMetrics",
    "NodeStance",
    "NodeView",
    "OnchainFee",
    "OutsideReading",
    "Policy",
    "PrivateChannel",
    "Recommendation",
    "RecommendationRun",
    "Threshold",
    "TrackRecord",
    "UptimeDay",
    "WarmRun",
    "Watch",
    "WeightRevision",
]
