"""Does every number of a text stand in the facts? Pure: numbers are read from text and looked up within 1 %."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

TOLERANCE = 0.01

# Names of things are no claims: ids, keys, dates, times, versions and list markers carry digits but state no number.
_NAMES = re.compile(
    r"\b0[23][0-9a-f]{8,64}\b|\b[0-9a-f]{64}(?::\d+)?\b|\b\d+x\d+x\d+\b"
    r"|\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?Z?)?\b|\b\d{1,2}:\d{2}\b|\bv?\d+\.\d+\.\d+\b"
    r"|(?m:^\s*\d{1,2}[.)]\s)|\[\d{1,2}\]|\b(?:rule|bolt|règle)\s*#?\d+\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w.])(?P<digits>\d{1,3}(?:[, \u00a0\u202f']\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?)"
    r"(?:\s?(?P<unit>%|[kKM](?!\w)|[mM]illions?\b|BTC\b)|(?![\w]))"
)
_SCALE = {"k": 1e3, "K": 1e3, "M": 1e6, "BTC": 1e8}


def grounded_share(text: str, numbers: Iterable[float]) -> float | None:
    """Return the share of the numbers in `text` that are known, within 1 %; None when it states none."""
    found = verdicts(text, numbers if isinstance(numbers, frozenset) else frozenset(numbers))
    return sum(found) / len(found) if found else None


def ungrounded(text: str, numbers: frozenset[float]) -> tuple[float, ...]:
    """Return the numbers of `text` that no fact supports."""
    return tuple(value for value, _ in _stated(text) if not _is_known(value, numbers))


def numbers_in(text: str) -> tuple[float, ...]:
    """Return every number a text states, scaled by k, M or BTC. "12 %" gives 12 and 0.12: facts hold either form."""
    found: list[float] = []
    for value, is_percent in _stated(text):
        found.extend((value, value / 100) if is_percent else (value,))
    return tuple(found)


def numbers_of(value: Any) -> frozenset[float]:
    """Return every number in nested JSON-like data, also those within texts; ratios also as percent, msat as sat."""
    return frozenset(_walk(value, ""))


def _walk(value: Any, name: str) -> Iterator[float]:
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        yield from _forms(float(value), name)
    elif isinstance(value, str):
        yield from numbers_in(value)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _walk(inner, str(key))
    elif isinstance(value, Iterable):
        for inner in value:
            yield from _walk(inner, name)


def _forms(value: float, name: str) -> Iterator[float]:
    yield value
    if 0 < abs(value) <= 1:
        yield value * 100
    if "msat" in name:
        yield value / 1000


@lru_cache(maxsize=64)  # each text of a turn is judged twice
def _stated(text: str) -> tuple[tuple[float, bool], ...]:
    found = []
    for match in _NUMBER.finditer(_NAMES.sub(" ", text)):
        unit = match["unit"] or ""
        scale = _SCALE.get(unit, 1e6 if unit.lower().startswith("million") else 1.0)
        found.append((_parsed(match["digits"]) * scale, unit == "%"))
    return tuple(found)


def _parsed(digits: str) -> float:
    plain = re.sub(r"[ \u00a0\u202f']", "", digits)
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", plain):
        return float(plain.replace(",", ""))
    return float(plain.replace(",", "."))


def verdicts(text: str, numbers: frozenset[float]) -> list[bool]:
    """Return for each number the text states whether it is known."""
    return [
        _is_known(value, numbers) or (is_percent and _is_known(value / 100, numbers))
        for value, is_percent in _stated(text)
    ]


def _is_known(value: float, numbers: frozenset[float]) -> bool:
    ordered = _ordered(numbers)
    margin = abs(value) * TOLERANCE
    position = bisect_left(ordered, value - margin)
    return position < len(ordered) and ordered[position] <= value + margin


@lru_cache(maxsize=64)
def _ordered(numbers: frozenset[float]) -> tuple[float, ...]:
    return tuple(sorted({abs(number) for number in numbers}))
