"""Judge advice by its evidence, not its looks: does every number stand in the facts, does every reference resolve?

Pure. The score is a mean over the components that apply; which applied, and how, is always kept beside it.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

WEIGHTS = {
    "schema": 0.20,
    "grounding": 0.30,
    "evidence": 0.20,
    "commands": 0.10,
    "quantified": 0.10,
    "usefulness": 0.10,
}
TOLERANCE = 0.01
FEWEST_WORDS = 4

# Names of things are not claims: ids, keys, dates, times, versions and list markers carry digits without stating a number.
_NAMES = re.compile(
    r"\b0[23][0-9a-f]{64}\b|\b[0-9a-f]{64}(?::\d+)?\b|\b\d+x\d+x\d+\b|\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2})?Z?)?\b"
    r"|\b\d{1,2}:\d{2}\b|\bv?\d+\.\d+\.\d+\b|(?m:^\s*\d{1,2}[.)]\s)|\[\d{1,2}\]|\b(?:rule|bolt|règle)\s*#?\d+\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w.])(?P<digits>\d{1,3}(?:[, \u00a0\u202f']\d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,]\d+)?)"
    r"\s?(?P<unit>%|[kKM](?![\w])|[mM]illions?\b|BTC\b)?"
)
_SCALE = {"k": 1e3, "K": 1e3, "M": 1e6, "BTC": 1e8}
_COMMAND_WORDS = frozenset(
    ["lncli", "updatechanpolicy", "openchannel", "closechannel", "bos", "rebalance", "loop", "lightning", "cli", "setchannel", "fundchannel", "close", "sat", "msat", "ppm", "base", "fee", "rate", "time", "lock", "delta", "chan", "point", "node", "key"]
)
_FRENCH = frozenset(
    ["le", "la", "les", "des", "du", "de", "et", "un", "une", "est", "votre", "vos", "pour", "sur", "dans", "par", "avec", "que", "qui", "canal", "frais", "à", "au", "sont"]
)
_ENGLISH = frozenset(["the", "a", "an", "of", "and", "is", "are", "your", "for", "on", "in", "by", "with", "that", "this", "to", "channel", "fee", "fees", "at", "it", "from"])


@dataclass(frozen=True, slots=True)
class QualityItem:
    """One piece of advice as shown. `needs_command` is false for steps no command can do."""

    text: str
    is_valid: bool
    references: tuple[str, ...] = ()
    needs_command: bool = False
    has_checked_command: bool = False
    is_quantified: bool = False


@dataclass(frozen=True, slots=True)
class Ground:
    """What items are judged against: every number we know or derived, every reference that exists, the language asked."""

    numbers: frozenset[float]
    references: Set[str]
    lang: str = "en"
    target_items: int = 4
    offered_items: int | None = None  # how many were offered before invalid ones were left out


@dataclass(frozen=True, slots=True)
class Quality:
    """0 to 1, with its components (None = not applicable), the share of weight that applied, and unknown numbers."""

    score: float
    components: Mapping[str, float | None]
    coverage: float
    ungrounded: tuple[float, ...] = ()


def quality_score(items: Iterable[QualityItem], ground: Ground, *, has_valid_citation: bool = False) -> Quality:
    """Return the quality of one run of advice (FEATURES 3.2). Nothing valid and nothing cited scores 0."""
    kept = tuple(items)
    valid = tuple(item for item in kept if item.is_valid and is_prose(item.text))
    if not valid and not has_valid_citation:
        return Quality(0.0, dict.fromkeys(WEIGHTS), 0.0)
    components = _components(kept, valid, ground)
    known = {name: value for name, value in components.items() if value is not None}
    coverage = sum(WEIGHTS[name] for name in known)
    score = sum(WEIGHTS[name] * value for name, value in known.items()) / coverage if coverage else 0.0
    missed = tuple(number for item in valid for number in ungrounded(item.text, ground.numbers))
    return Quality(round(score, 4), components, round(coverage, 4), missed)


def _components(
    kept: tuple[QualityItem, ...], valid: tuple[QualityItem, ...], ground: Ground
) -> dict[str, float | None]:
    offered = max(ground.offered_items or len(kept), len(kept))
    stated = [is_known for item in valid for is_known in _verdicts(item.text, ground.numbers)]
    with_command = [item.has_checked_command for item in valid if item.needs_command]
    return {
        "schema": _share([True] * len(valid) + [False] * (offered - len(valid))),
        "grounding": _share(stated),
        "evidence": _share([_resolves(item, ground.references) for item in valid]),
        "commands": _share(with_command),
        "quantified": _share([item.is_quantified for item in valid]),
        "usefulness": _usefulness(valid, ground),
    }


def grounded_share(text: str, numbers: Iterable[float]) -> float | None:
    """Return the share of the numbers in `text` that are known, within 1 %; None when it states none."""
    return _share(_verdicts(text, numbers if isinstance(numbers, frozenset) else frozenset(numbers)))


def ungrounded(text: str, numbers: frozenset[float]) -> tuple[float, ...]:
    """Return the numbers of `text` that no fact supports."""
    return tuple(value for value, _ in _stated(text) if not _is_known(value, numbers))


def numbers_in(text: str) -> tuple[float, ...]:
    """Return every number a text states, scaled by k, M or BTC. "12 %" gives 12 and 0.12: facts hold either form."""
    found = []
    for value, is_percent in _stated(text):
        found.extend((value, value / 100) if is_percent else (value,))
    return tuple(found)


def numbers_of(value: Any) -> frozenset[float]:
    """Return every number in nested JSON-like data, those within texts too; ratios also as percent, msat also as sat."""
    return frozenset(_walk(value, ""))


def is_prose(text: str) -> bool:
    """Whether a text says something in words, beyond command vocabulary and digits."""
    words = re.findall(r"[^\W\d_]{2,}", text.lower())
    return len({word for word in words if word not in _COMMAND_WORDS}) >= FEWEST_WORDS


def speaks(text: str, *, lang: str) -> bool | None:
    """Whether a text is in the language asked for; None when it is too short to tell."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    french, english = sum(word in _FRENCH for word in words), sum(word in _ENGLISH for word in words)
    if french == english:
        return None
    return (french > english) == (lang == "fr")


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


def _stated(text: str) -> Iterator[tuple[float, bool]]:
    for match in _NUMBER.finditer(_NAMES.sub(" ", text)):
        unit = match["unit"] or ""
        scale = _SCALE.get(unit, 1e6 if unit.lower().startswith("million") else 1.0)
        yield _parsed(match["digits"]) * scale, unit == "%"


def _parsed(digits: str) -> float:
    plain = re.sub(r"[ \u00a0\u202f']", "", digits)
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", plain):
        return float(plain.replace(",", ""))
    return float(plain.replace(",", "."))


def _verdicts(text: str, numbers: frozenset[float]) -> list[bool]:
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


def _resolves(item: QualityItem, known: Set[str]) -> bool:
    return bool(item.references) and all(reference in known for reference in item.references)


def _usefulness(valid: tuple[QualityItem, ...], ground: Ground) -> float:
    in_language = speaks(" ".join(item.text for item in valid), lang=ground.lang)
    enough = min(len(valid) / ground.target_items, 1.0) if ground.target_items else 1.0
    return 0.0 if in_language is False else enough


def _share(verdicts: list[bool]) -> float | None:
    return sum(verdicts) / len(verdicts) if verdicts else None
