"""The least quality that a model's words on a node should have, and whether anybody is told when they miss it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

from recommendations.domain.advice import Thresholds
from recommendations.domain.findings.rule import ThresholdSpec

SLUG = "quality"  # no rule of advice, but its numbers stand in the same table


@dataclass(frozen=True, slots=True)
class QualityBar:
    """`min_score` is 0 to 1, as quality is."""

    min_score: float
    is_monitored: bool

    def is_missed_by(self, score: float | None) -> bool:
        """Tell whether somebody should hear of this quality; of one that is not known there is nothing to tell."""
        return self.is_monitored and score is not None and score < self.min_score


def specs() -> tuple[ThresholdSpec, ...]:
    """Return the numbers as they are first loaded."""
    return (
        ThresholdSpec("min_score", settings.MIN_QUALITY_SCORE, "0-1", "Less quality of a model's words is reported"),
        ThresholdSpec(
            "is_monitored", float(settings.ENABLE_QUALITY_MONITORING), "0 or 1", "0: nobody is told of low quality"
        ),
    )


def quality_bar(thresholds: Mapping[str, Thresholds]) -> QualityBar:
    """Return the bar that the active thresholds hold, as first loaded where no row says otherwise."""
    loaded = {spec.name: spec.default for spec in specs()}
    edited = thresholds[SLUG].values if SLUG in thresholds else {}
    numbers = {**loaded, **edited}
    return QualityBar(min_score=numbers["min_score"], is_monitored=numbers["is_monitored"] > 0)
