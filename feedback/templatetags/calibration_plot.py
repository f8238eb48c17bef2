"""Draw what was predicted against what was measured, as SVG. Geometry in attributes: no inline style, no script."""

from collections.abc import Sequence
from typing import Any

from django import template

from feedback.queries.impact import Band

register = template.Library()

LEFT, RIGHT, TOP, BOTTOM = 34.0, 312.0, 24.0, 184.0
SCORES = (0, 20, 40, 60, 80, 100)
SHARES = (0.0, 0.5, 1.0)


@register.inclusion_tag("feedback/_calibration_plot.html")
def calibration_plot(bands: Sequence[Band]) -> dict[str, Any]:
    """Draw each band's mean effectiveness with its interval over its mean score; on the diagonal, scores tell true."""
    points = [_point(band) for band in bands if band.count]
    return {
        "points": points,
        "count": sum(band.count for band in bands),
        "columns": [{"x": _x(score / 100), "score": score} for score in SCORES],
        "rows": [{"y": _y(share), "share": share} for share in SHARES],
        "frame": {"left": LEFT, "right": RIGHT, "top": TOP, "bottom": BOTTOM},
    }


def _point(band: Band) -> dict[str, Any]:
    measured = band.measured
    return {
        "band": band,
        "x": _x(band.predicted or 0.0),
        "y": _y(measured.share or 0.0),
        "low": _y(measured.low or 0.0),
        "high": _y(measured.high or 0.0),
        "middle": _x((band.low + band.high) / 200),
    }


def _x(share: float) -> float:
    return round(LEFT + (RIGHT - LEFT) * share, 1)


def _y(share: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * share, 1)
