"""Draw small charts as SVG. Geometry stands in attributes and color in the style sheet: no inline style anywhere."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django import template

register = template.Library()

WIDTH, HEIGHT = 320.0, 120.0
LEFT, RIGHT, TOP, BOTTOM = 8.0, 312.0, 22.0, 96.0


@register.inclusion_tag("recommendations/_fee_chart.html")
def fee_chart(quantiles: Mapping[Any, Any] | Iterable[Sequence[int]], own_ppm: int | None = None) -> dict[str, Any]:
    """Draw where the network's fee rates lie, on a logarithmic scale, with the node's own median when given."""
    pairs = sorted((int(p), int(ppm)) for p, ppm in _pairs(quantiles) if ppm is not None)
    top = max([ppm for _, ppm in pairs] + [own_ppm or 0, 100])
    points = [{"x": _log_x(ppm, top), "percentile": p, "ppm": ppm} for p, ppm in pairs]
    at = {point["percentile"]: point["x"] for point in points}
    return {
        "points": points,
        "box": {"x": at[25], "width": max(at[75] - at[25], 1)} if {25, 75} <= at.keys() else None,
        "median": next((point for point in points if point["percentile"] == 50), None),
        "own": None if own_ppm is None else {"x": _log_x(own_ppm, top), "ppm": own_ppm},
        "ticks": [_tick(ppm, top) for ppm in (1, 10, 100, 1_000, 10_000) if ppm <= top],
    }


@register.inclusion_tag("recommendations/_history_chart.html")
def history_chart(points: Iterable[tuple[datetime, int | None]]) -> dict[str, Any]:
    """Draw capacity over snapshots. One snapshot is a dot, none says so."""
    known = sorted((at, value) for at, value in points if value is not None)
    if not known:
        return {"points": []}
    low, high = min(v for _, v in known), max(v for _, v in known)
    first, latest = known[0][0].timestamp(), known[-1][0].timestamp()
    dots = [
        {
            "x": round(_between(at.timestamp(), first, latest, LEFT + 6, RIGHT - 6), 1),
            "y": round(_between(value, low, high, BOTTOM - 8, TOP + 8), 1),
            "at": at,
            "value": value,
        }
        for at, value in known
    ]
    return {"points": dots, "path": " ".join(f"{d['x']},{d['y']}" for d in dots), "first": dots[0], "latest": dots[-1]}


@register.inclusion_tag("recommendations/_balance_bar.html")
def balance_bar(local_sat: int | None, remote_sat: int | None) -> dict[str, Any]:
    """Draw how a channel's capacity is split: ours on the left, theirs on the right."""
    if local_sat is None or remote_sat is None or local_sat + remote_sat <= 0:
        return {"share": None}
    share = 100 * local_sat / (local_sat + remote_sat)
    return {"share": round(share, 1), "rest": round(100 - share, 1), "local_sat": local_sat, "remote_sat": remote_sat}


@register.inclusion_tag("recommendations/_bar.html")
def ratio_bar(ratio: float | None, label: str = "") -> dict[str, Any]:
    """Draw a value from 0 to 1 as a bar."""
    known = isinstance(ratio, int | float) and math.isfinite(ratio)
    return {"width": round(100 * min(max(float(ratio or 0), 0), 1), 1) if known else None, "label": label}


def _pairs(quantiles: Mapping[Any, Any] | Iterable[Sequence[int]]) -> Iterable[Sequence[Any]]:
    return tuple(quantiles.items()) if isinstance(quantiles, Mapping) else tuple(quantiles or ())


def _log_x(ppm: int, top: int) -> float:
    share = math.log10(max(ppm, 0) + 1) / math.log10(top + 1)
    return round(LEFT + min(share, 1) * (RIGHT - LEFT), 1)


def _tick(ppm: int, top: int) -> dict[str, Any]:
    x = _log_x(ppm, top)
    return {"x": x, "ppm": ppm, "align": "end" if x > RIGHT - 20 else "middle"}


def _between(value: float, low: float, high: float, start: float, end: float) -> float:
    return (start + end) / 2 if high == low else start + (value - low) / (high - low) * (end - start)
