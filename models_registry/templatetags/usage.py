"""Write what a generation took and cost. Unknown is the word, never 0."""

from decimal import Decimal

from django import template
from django.utils.safestring import SafeString

register = template.Library()

UNKNOWN = SafeString('<span class="unknown">unknown</span>')


@register.filter
def whole(value: float | None) -> str:
    """Return a number without decimals, its thousands apart."""
    return UNKNOWN if value is None else f"{value:,.0f}"


@register.filter
def money(value: Decimal | None) -> str:
    """Return an amount of money with as many decimals as it needs, six at most. Nothing is 0."""
    if value is None:
        return UNKNOWN
    text = f"{value:,.6f}"
    return text.rstrip("0").rstrip(".")
