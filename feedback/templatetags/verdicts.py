"""What the reader voted and what was measured, for pages of a lower floor that list advice. One query per list."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import template

from feedback.queries import Measured, impacts_of, thumbs_of
from models_registry.api.authentication import unit_of

register = template.Library()


@register.simple_tag(takes_context=True)
def votes_on(context: Mapping[str, Any], items: Iterable[Any]) -> dict[str, int]:
    """Return the reader's thumbs on the listed recommendations, by id."""
    return thumbs_of("recommendation", _ids(items), unit=unit_of(context["request"]))


@register.simple_tag
def effects_of(items: Iterable[Any]) -> dict[UUID, Measured]:
    """Return the latest measured effect of the listed recommendations, by id."""
    return impacts_of(_ids(items))


@register.filter
def under(values: Mapping[Any, Any], key: object) -> Any:
    """Return what stands under `key`, which may be written as text, or None."""
    return values.get(key) or values.get(str(key)) if values else None


def _ids(items: Iterable[Any]) -> list[UUID]:
    found = (item.get("id") if isinstance(item, Mapping) else item.id for item in items)
    return [UUID(str(key)) for key in found if key]
