"""Tell a template what kind of value a part of an analysis is, so that each is laid out as what it is."""

from django import template

register = template.Library()


@register.filter
def layout(part: object) -> str:
    """Return "text", "list" of sentences, "table" of rows, or "facts" by name."""
    if isinstance(part, dict):
        return "facts"
    if isinstance(part, list | tuple):
        return "table" if part and isinstance(part[0], dict) else "list"
    return "text"
