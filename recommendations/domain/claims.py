"""Does every number, channel, key and date in a model's words stand in what it was told? Pure, and strict.

A number is held by its unit: 200 sat is not supported by 200 ppm. Every digit must be accounted for, be it as a
quantity that was told, as a name that was told (a channel, a key, a date), or as a citation that exists.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field
from math import isfinite

from rag.domain.quantities import SPELLED, Quantity, quantities_in
from recommendations.domain.wording import why_unfit

TOLERANCE = 0.01  # FEATURES 3.2

_WORD_WITH_DIGIT = re.compile(r"[^\s,;()\[\]\"“”«»]*\d[^\s,;()\[\]\"“”«»]*")
_RATIO = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?) (?:ratio|share)\b")
_NAME = re.compile(
    r"\b0[23][0-9a-f]{8,64}\b…?|\b[0-9a-f]{64}(?::\d+)?\b|\b\d+x\d+x\d+\b|\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}\S*)?"
    r"|\b[a-z]+_[a-z_]+:\S+",
    re.IGNORECASE,
)
_CITATION = re.compile(r"\[(\d{1,3})\]")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|ème|er|ère|e)\b")
_LIST_MARK = re.compile(r"^\s*\d{1,2}[.)](?=\s)|\b(?:step|étape|rule|règle)s? #?\d\b", re.IGNORECASE)
_SPELLED = re.compile(rf"\b(?:{'|'.join(word for word, value in SPELLED.items() if value > 1)})\b", re.IGNORECASE)
# Sizes and multiples in words: no told number can be found for them.
_VAGUE = re.compile(
    r"\b(?:thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty"
    r"|ninety|hundreds?|thousands?|millions?|billions?|trillions?|dozens?|twice|thrice|\w+fold|doubl\w+|tripl\w+"
    r"|quadrupl\w+|hal(?:f|ves?|ved|ving)|treize|quatorze|quinze|seize|vingts?|trente|quarante|cinquante|soixante"
    r"|cents?|mille|milliers?|milliards?|moitié|douzaines?|centaines?|tiers)\b",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(r"(?:^|[\s(:=])[-−]$")


@dataclass(frozen=True, slots=True)
class Told:
    """What a model was told of a node: sizes by dimension in ascending order, and the names that hold digits."""

    sizes: dict[str, tuple[float, ...]] = field(default_factory=dict)
    plain: tuple[float, ...] = ()
    below_zero: frozenset[float] = frozenset()
    names: frozenset[str] = frozenset()

    def holds(self, one: Quantity) -> bool:
        """Whether the quantity was told: with a unit in that unit, without one as any number."""
        ordered = self.sizes.get(one.dimension, ()) if one.dimension else self.plain
        return any(_is_near(value, ordered) for value in (one.values if one.dimension else one.plain))

    def knows(self, name: str) -> bool:
        """Whether a channel, key, date or word with digits was told; a key also by its beginning."""
        plain = name.rstrip(".:!?…'’").casefold()
        return plain in self.names or (len(plain) >= 10 and any(known.startswith(plain) for known in self.names))


def told(lines: Iterable[str]) -> Told:
    """Return what the lines of data say, to hold words against. Passages are no facts of the node: leave them out."""
    sizes: dict[str, set[float]] = {}
    plain: set[float] = set()
    names: set[str] = set()
    below: set[float] = set()
    for line in lines:
        found = _NAME.findall(line)
        names.update(name.rstrip(".:!?…,;").casefold() for name in found)
        names.update(part.casefold() for name in found for part in name.split(":"))
        rest = _NAME.sub(" ", line)
        words = (word.rstrip(".:!?").casefold() for word in _WORD_WITH_DIGIT.findall(rest))
        names.update(word for word in words if word[:1].isalpha())
        for one in quantities_in(_RATIO.sub(_as_percent, rest)):
            plain.update(one.plain)
            sizes.setdefault(one.dimension, set()).update(one.values)
            if _NEGATIVE.search(rest[: one.start]):
                below.update(one.plain)
        plain.update(float(match[1]) for match in _RATIO.finditer(rest))
    ordered = {name: tuple(sorted(values)) for name, values in sizes.items() if name}
    return Told(ordered, tuple(sorted(plain)), frozenset(below), frozenset(names))


def judge(known: Told, *, citations: Set[int], lang: str) -> Callable[[str], bool]:
    """Return a function that tells whether a text may be shown as a model's words."""
    return lambda text: why_not(text, known, citations=citations, lang=lang) is None


def why_not(text: str, known: Told, *, citations: Set[int] = frozenset(), lang: str = "en") -> str | None:
    """Return why a text may not be shown, or None: then each number, name and citation in it is accounted for."""
    folded = unicodedata.normalize("NFKC", text)
    unfit = why_unfit(unicodedata.normalize("NFC", text), lang=lang) or why_unfit(folded, lang=lang)
    if unfit:
        return unfit
    if any(not sign.isascii() and unicodedata.numeric(sign, None) is not None for sign in folded):
        return "a number in other signs"
    if any(int(number) not in citations for number in _CITATION.findall(folded)):
        return "a citation of nothing"
    return _why_unfounded(_LIST_MARK.sub(" ", _CITATION.sub(" ", folded)), known)


def _why_unfounded(text: str, known: Told) -> str | None:
    if any(not known.knows(name) for name in _NAME.findall(text)):
        return "an unknown channel, key or date"
    plain = _ORDINAL.sub(_blank, _NAME.sub(_blank, text))
    spelled = _SPELLED.sub(lambda found: str(SPELLED[found.group().lower()]), plain)
    rest = list(spelled)
    for one in quantities_in(spelled):
        is_negative = bool(_NEGATIVE.search(spelled[: one.start]))
        is_glued = spelled[one.end : one.end + 1].isalnum()  # 0xFF, 1e9: what begins as a number is another
        if is_glued or not known.holds(one) or (is_negative and not known.below_zero.intersection(one.plain)):
            return "an unknown number"
        rest[one.start : one.end] = " " * (one.end - one.start)
    left = "".join(rest)
    if any(not known.knows(word) for word in _WORD_WITH_DIGIT.findall(left)):
        return "digits that nothing accounts for"
    return "a size in words" if _VAGUE.search(left) else None


def _is_near(value: float, ordered: tuple[float, ...]) -> bool:
    if not isfinite(value):
        return False
    margin = abs(value) * TOLERANCE
    position = bisect_left(ordered, value - margin)
    return position < len(ordered) and ordered[position] <= value + margin


def _as_percent(found: re.Match[str]) -> str:
    return f"{float(found[1]) * 100:g} %"


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())
