"""Draw the evidence of a guard over its units as SVG, on a logarithmic scale. No inline style, no script."""

import math
from collections.abc import Sequence
from typing import Any

from django import template

from models_registry.domain.guardrail import STOP_AT
from models_registry.domain.sequential import MIXTURE_STOP
from models_registry.domain.variants import Changes
from models_registry.models import RolloutEvent
from models_registry.queries.rollouts import GuardView, unseen_alarms

register = template.Library()

LEFT, RIGHT, TOP, BOTTOM = 44.0, 312.0, 10.0, 96.0
FLOOR, LEAST_TOP = 0.01, 100.0
DECADES = (0.01, 0.1, 1, 10, 100, 1_000, 10_000, 1_000_000)


@register.inclusion_tag("models_registry/_evidence_chart.html")
def evidence_chart(guard: GuardView) -> dict[str, Any]:
    """Draw how the evidence of one guard grew, with the line at which it stops the rollout."""
    stop = MIXTURE_STOP if guard.kind == "sample_ratio" else STOP_AT
    course = guard.course
    if len(course) < 2:
        return {"path": "", "count": len(course)}
    top = max(LEAST_TOP, stop * 5, *(math.exp(min(log_e, 60)) for _, log_e in course))
    last = course[-1][0]
    points = [(_x(count, last), _y(math.exp(min(log_e, 60)), top)) for count, log_e in course]
    return {
        "kind": guard.kind,
        "path": " ".join(f"{x},{y}" for x, y in points),
        "latest": {"x": points[-1][0], "y": points[-1][1]},
        "stop": {"value": stop, "y": _y(stop, top)},
        "ticks": [{"value": value, "y": _y(value, top)} for value in _decades(top)],
        "count": last,
        "e_value": guard.e_value,
    }


@register.simple_tag
def rollout_alarms(user: Any) -> tuple[RolloutEvent, ...]:
    """Return the alarms of rollouts that nobody has seen yet; to staff only."""
    return unseen_alarms() if getattr(user, "is_staff", False) else ()


@register.filter
def percent(share: float | None) -> str:
    """Return a share from 0 to 1 in percent."""
    return "unknown" if share is None else f"{100 * share:.1f} %"


@register.filter
def plain_words(value: str) -> str:
    """Return a name of ours as words."""
    return str(value).replace("_", " ")


@register.filter
def short_e(value: float | None) -> str:
    """Return evidence with as many digits as it deserves."""
    if value is None:
        return "-"
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}" if value < 1e6 else f"{value:.0e}"


def _decades(top: float) -> Sequence[float]:
    inside = [value for value in DECADES if value <= top]
    return inside if len(inside) <= 6 else inside[::2]


def _x(count: int, last: int) -> float:
    return round(LEFT + (RIGHT - LEFT) * count / max(last, 1), 1)


def _y(value: float, top: float) -> float:
    share = (math.log(max(value, FLOOR)) - math.log(FLOOR)) / (math.log(top) - math.log(FLOOR))
    return round(BOTTOM - (BOTTOM - TOP) * share, 1)


@register.filter
def changes_told(changes: Changes) -> str:
    """Return what a variant changes, in words."""
    told = [f"engine {changes.engine.value}"] if changes.engine else []
    told += [f"model {changes.model}"] if changes.model else []
    told += [f"models {', '.join(changes.models)}"] if changes.models else []
    told += [f"{plain_words(name)} {value:g}" for name, value in {**changes.knobs, **changes.retrieval}.items()]
    told += [f"prompt revision {changes.prompt_revision}"] if changes.prompt_revision else []
    told += [f"weights revision {changes.weights_revision}"] if changes.weights_revision else []
    return "; ".join(told) or "changes nothing"
