"""Prometheus names this floor moves."""

from prometheus_client import Counter, Histogram

RATINGS = Counter("lnrag_ratings_total", "Votes on recommendations and answers", ["rating"])
EFFECTIVENESS = Histogram(
    "recommendations_effectiveness_score",
    "Measured effectiveness of applied recommendations, 0 to 1",
    ["category"],
    buckets=(0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
)
