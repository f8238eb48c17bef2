"""Write measured numbers for people. Unknown is the word, never 0; money in sat keeps its thousands apart."""

import math
from datetime import datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

SAT_PER_BTC = 100_000_000
UNKNOWN = SafeString('<span class="unknown">unknown</span>')
UNIT_WORDS = {"fraction": "", "ratio": "", "count": "", "boolean": "", "none": ""}


@register.filter
def grouped(value: object) -> str:
    """Return a number with its thousands apart, at most two decimals; unknown for None; other values as they are."""
    if value is None or value == "":
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return _decimal(value)
    return str(value)


def _decimal(value: float) -> str:
    if not math.isfinite(value):
        return UNKNOWN
    text = f"{value:,.2f}" if abs(value) >= 0.01 or value == 0 else f"{value:.2g}"
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


@register.filter
def btc(value_sat: int | None) -> str:
    """Return an amount in sat as BTC with four decimals, or fewer for large sums."""
    if value_sat is None:
        return UNKNOWN
    amount = value_sat / SAT_PER_BTC
    return f"{amount:,.1f}" if amount >= 1_000 else f"{amount:,.4f}"


@register.filter
def as_sat(value_msat: int | None) -> str:
    """Return an amount in msat as sat: whole ones, below 100 sat with decimals."""
    if value_msat is None:
        return UNKNOWN
    return grouped(round(value_msat / 1_000) if abs(value_msat) >= 100_000 else value_msat / 1_000)


@register.filter
def short_sat(value_sat: int | None) -> str:
    """Return an amount with its unit in about three figures: 950k sat, 2.5M sat, 1.84 BTC, 5,012 BTC."""
    if value_sat is None:
        return UNKNOWN
    for size, unit in ((SAT_PER_BTC, " BTC"), (1_000_000, "M sat"), (1_000, "k sat")):
        if abs(value_sat) >= size:
            amount = value_sat / size
            return (f"{amount:,.0f}" if abs(amount) >= 100 else f"{amount:.3g}") + unit
    return f"{value_sat} sat"


@register.filter
def percent(ratio: float | None) -> str:
    """Return a ratio from 0 to 1 as a percentage."""
    return UNKNOWN if ratio is None else f"{ratio * 100:.1f}".removesuffix(".0") + " %"


@register.filter
def share_beaten(percentile: float | None) -> str:
    """Return a percentile in whole percent, cut, not rounded: nobody is larger than all nodes."""
    return UNKNOWN if percentile is None else f"{int(percentile)} %"


@register.filter
def short_key(key: str | None) -> str:
    """Return the first and the latest characters of a node key."""
    text = key or ""
    return text if len(text) <= 20 else f"{text[:10]}…{text[-6:]}"


@register.filter
def moment(value: datetime | str | None) -> str:
    """Return a time in UTC, readable by people and, in its attribute, by programs."""
    if isinstance(value, str) and value:
        value = _parsed(value)
    if not isinstance(value, datetime):
        return UNKNOWN
    return format_html('<time datetime="{}">{} UTC</time>', value.isoformat(), value.strftime("%Y-%m-%d %H:%M"))


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


@register.filter
def with_unit(value: object, unit: str | None) -> str:
    """Return a value of an evidence row with its unit; a ratio is shown as a percentage."""
    if value is None:
        return UNKNOWN
    if unit in ("ratio", "share", "fraction") and isinstance(value, int | float):
        return percent(float(value))
    word = UNIT_WORDS.get(unit or "", unit or "")
    return format_html("{} <span class='soft'>{}</span>", grouped(value), word) if word else grouped(value)


@register.filter
def words(slug: str | None) -> str:
    """Return an identifier as words: `data_confidence` becomes `data confidence`."""
    return (slug or "").replace("_", " ").replace("-", " ")


@register.filter
def without_unit(name: str | None, unit: str | None) -> str:
    """Return a value's name as words, without the unit at its end: it is shown beside the number."""
    return words((name or "").removesuffix(f"_{unit}"))


@register.filter
def safe_href(url: str | None) -> str:
    """Return a link that leads to a page of ours or the web; anything else becomes empty."""
    text = (url or "").strip()
    is_ours = text.startswith(("/", "#")) and not text.startswith("//") and "\\" not in text
    return text if is_ours or text.startswith(("https://", "http://")) else ""
