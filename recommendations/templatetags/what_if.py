"""Numbers that say by how much something would change."""

from django import template

from recommendations.templatetags.figures import grouped

register = template.Library()


@register.filter
def signed(value: int | None) -> str:
    """Return a difference with its sign, a true minus among them; unknown for None."""
    if value is None or value == 0:
        return grouped(value)
    return f"{'+' if value > 0 else '−'}{abs(value):,}"
