"""The advice floor for the administrator, one file per subject."""

from recommendations.admin import advice, alerts, bulk, enrichment, graph, limits, private

__all__ = ["advice", "alerts", "bulk", "enrichment", "graph", "limits", "private"]
