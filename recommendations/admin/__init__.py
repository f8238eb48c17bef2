"""The advice floor for the administrator, one file per subject."""

from recommendations.admin import advice, graph, private

__all__ = ["advice", "graph", "private"]
