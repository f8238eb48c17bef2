"""Prometheus names this floor moves. Labels are enumerations only: never a key, an alias or a prompt."""

from prometheus_client import Counter, Histogram

GENERATED = Counter("recommendations_generated_total", "Recommendations generated", ["category", "priority", "source"])
QUALITY = Histogram(
    "recommendations_quality_score",
    "Quality of one run of advice, 0 to 1",
    ["category"],
    buckets=(0.3, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0),
)
APPLIED = Counter("recommendations_applied_total", "Recommendations marked applied", ["category", "priority"])
NODE_UPDATES = Counter("node_updates_total", "Imports and readings that brought news of nodes", ["source"])
SHADOWS = Counter("shadow_recommendations_total", "Turns asked again in the shadow, by how they ended.", ["status"])
