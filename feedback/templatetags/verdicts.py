"""What the reader voted and what was measured, for pages of a lower floor that list advice. One query per list."""

import math
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import template

from feedback.domain.verdicts import percent_of
from feedback.queries import Measured, impact_reports, impacts_of, thumbs_of
from models_registry.api.authentication import unit_of

register = template.Library()
WIDTH = 120.0
WIDEST = math.log(4)  # a bar ends at four times, and at a quarter


@register.simple_tag(takes_context=True)
def votes_on(context: Mapping[str, Any], items: Iterable[Any]) -> dict[str, int]:
    """Return the reader's thumbs on the listed recommendations, by id."""
    return thumbs_of("recommendation", _ids(items), unit=unit_of(context["request"]))


@register.simple_tag(takes_context=True)
def votes_on_answers(context: Mapping[str, Any], *lists: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return the reader's thumbs on the listed answers, by id."""
    keys = [UUID(str(one["answer_id"])) for listed in lists for one in listed or () if one.get("answer_id")]
    return thumbs_of("answer", keys, unit=unit_of(context["request"])) if keys else {}


@register.simple_tag
def effects_of(items: Iterable[Any]) -> dict[UUID, Measured]:
    """Return the latest measured effect of the listed recommendations, by id."""
    return impacts_of(_ids(items))


@register.simple_tag(takes_context=True)
def measured_of(context: Mapping[str, Any], key: object) -> tuple[Measured, ...]:
    """Return the reports of one recommendation that the reader may see."""
    return impact_reports(UUID(str(key)), user=context["request"].user)


@register.filter
def change(effect: float | None) -> str:
    """Return ln of a ratio as a change in percent, with its sign."""
    return "unknown" if effect is None else percent_of(effect)


@register.inclusion_tag("feedback/_interval_bar.html")
def interval_bar(low: float | None, middle: float | None, high: float | None) -> dict[str, Any]:
    """Draw an interval of ln of a ratio around no change."""
    if low is None or middle is None or high is None:
        return {"low": None}
    places = {name: _place(value) for name, value in (("low", low), ("middle", middle), ("high", high))}
    return {**places, "zero": WIDTH / 2, "words": f"{change(low)} to {change(high)}"}


@register.filter
def under(values: Mapping[Any, Any], key: object) -> Any:
    """Return what stands under `key`, which may be written as text, or None."""
    return values.get(key) or values.get(str(key)) if values else None


def _place(value: float) -> float:
    return round(WIDTH / 2 * (1 + max(-1.0, min(1.0, value / WIDEST))), 1)


def _ids(items: Iterable[Any]) -> list[UUID]:
    found = (item.get("id") if isinstance(item, Mapping) else item.id for item in items)
    return [UUID(str(key)) for key in found if key]
