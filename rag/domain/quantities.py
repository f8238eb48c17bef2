"""Read the quantities a text states: digits with their units, in English and French notation. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

TOLERANCE = 0.005  # relative: 1 002 for 1 000 is rounding, 145 for 144 is another number
SMALLEST_TOLD = 2  # "two of them" is no claim; with a unit every number is

DIMENSIONS: dict[str, dict[str, float]] = {
    "sat": {"sat sats satoshi satoshis": 1, "msat msats millisat millisats": 1e-3, "btc bitcoin bitcoins": 1e8,
            "mbtc": 1e5},
    "ratio": {"% percent pour-cent": 1e-2, "ppm": 1e-6, "bps": 1e-4, "‰": 1e-3},
    "second": {"s sec secs second seconds seconde secondes": 1, "ms millisecond milliseconds": 1e-3,
               "min mins minute minutes": 60, "h hr hrs hour hours heure heures": 3600,
               "d day days daily j jour jours": 86_400, "week weeks semaine semaines": 604_800,
               "month months mois": 2_592_000, "year years an ans année années": 31_536_000},
    "block": {"block blocks bloc blocs": 1},
    "confirmation": {"confirmation confirmations": 1},
    "sat/vb": {"sat/vb sats/vb sat/vbyte sats/vbyte sat/b sats/vbytes": 1},
    "vbyte": {"vb vbyte vbytes": 1},
    "byte": {"kb kib ko": 1e3, "mb mib mo": 1e6, "gb gib go": 1e9, "tb tib to": 1e12},
}  # fmt: skip
UNITS = {
    name.replace("-", " "): (dimension, factor)
    for dimension, groups in DIMENSIONS.items()
    for names, factor in groups.items()
    for name in names.split()
}
AMBIGUOUS = frozenset({"to", "an", "go", "mo", "ko"})  # words of their own unless written so: "3 to 5" is no size
MAGNITUDES = {"k": 1e3, "m": 1e6, "thousand": 1e3, "mille": 1e3, "million": 1e6, "millions": 1e6, "billion": 1e9,
              "billions": 1e9, "milliard": 1e9, "milliards": 1e9}  # fmt: skip
BLANK = "[ \u00a0\u202f]"
DIGITS = (
    r"(?<![\w.,/])(?:\d{1,3}(?:[,'’\u00a0\u202f ]\d{3})+(?:[.,]\d+)?(?!\d|[.,]\d)"
    r"|\d+(?:[.,]\d+)?(?!\d|x\d|[.,]\d|/\d))"
)
_LONGEST_FIRST = sorted(UNITS, key=len, reverse=True)
_UNIT = "|".join(re.escape(name) for name in _LONGEST_FIRST if name not in AMBIGUOUS)
_FRENCH_BYTES = "(?-i:Ko|Mo|Go|To)"
_MAGNITUDE = r"(?-i:[kKM](?![\w/])|[kM](?=sats?\b))|thousand\b|mille\b|millions?\b|billions?\b|milliards?\b"
QUANTITY = re.compile(
    rf"(?P<digits>{DIGITS})(?:{BLANK}?(?P<magnitude>{_MAGNITUDE}))?"
    rf"(?:(?:{BLANK}|-|{BLANK}(?:de|of){BLANK})?(?P<unit>(?:{_UNIT}|{_FRENCH_BYTES})(?![\w/])))?",
    re.IGNORECASE,
)
NOT_STATED = re.compile(
    r"^[ \t]{0,6}(?:[-*+][ \t]+)?\d{1,3}[.)](?=\s)"  # the number of a list item
    r"|\[\^?\d{1,3}(?:\s?[,;]\s?\^?\d{1,3})*\]"  # a citation
    r"|\b(?:steps?|étapes?|options?|points?|figure|table|section|chapter)\s+\d{1,3}\b"
    r"|\b\d{1,3}(?:st|nd|rd|th|ère|er|ème|e)\b"
    r"|\b\d{4}-\d{2}-\d{2}\b|\b\d+/\d+\b",
    re.IGNORECASE | re.MULTILINE,
)
RANGE_SIGN = re.compile(r"\s*(?:-|–|—|\.\.\.?|to|and|or|à|et|ou)\s*", re.IGNORECASE)
SPELLED = {
    word: value
    for value, words in enumerate(
        ("zero zéro", "one un une", "two deux", "three trois", "four quatre", "five cinq", "six", "seven sept",
         "eight huit", "nine neuf", "ten dix", "eleven onze", "twelve douze")
    )
    for word in words.split()
}  # fmt: skip
SPELLED_WORD = re.compile(rf"\b(?:{'|'.join(SPELLED)}|an?|half|moitié)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number as written. `plain`: its readings without unit, more than one where the notation is unclear;
    `values`: the same in the base unit of `dimension`, "" where it has none. `start` and `end` are places in the text.
    """

    written: str
    plain: tuple[float, ...]
    values: tuple[float, ...]
    dimension: str
    start: int
    end: int

    @property
    def is_claim(self) -> bool:
        """Whether it says something that can be wrong."""
        return bool(self.dimension) or max(self.plain) > SMALLEST_TOLD


def quantities_in(text: str) -> tuple[Quantity, ...]:
    """Return the numbers that `text` states, in order; list numbers, citations, dates and steps are none."""
    blanked = NOT_STATED.sub(lambda found: " " * len(found.group()), text)
    found = [_read(one) for one in QUANTITY.finditer(blanked)]
    for place in range(len(found) - 2, -1, -1):
        one, following = found[place], found[place + 1]
        if not one.dimension and RANGE_SIGN.fullmatch(blanked, one.end, following.start):
            found[place] = _with_unit_of(one, following)
    return tuple(found)


def quantities_given(text: str) -> tuple[Quantity, ...]:
    """Return the numbers that a given text holds, those written as words too: "two weeks", "half"."""
    return (*quantities_in(text), *quantities_in(SPELLED_WORD.sub(_digits_of, text)))


def is_held(stated: Quantity, given: Iterable[Quantity]) -> bool:
    """Tell whether one of `given` is the same quantity; 1,000 sat is not 1,000 msat, 0.1 % is 1,000 ppm."""
    return any(_same(stated, one) for one in given)


def _same(one: Quantity, other: Quantity) -> bool:
    if one.dimension and other.dimension:
        return one.dimension == other.dimension and _meet(one.values, other.values)
    return _meet(one.plain, other.plain)


def _meet(some: tuple[float, ...], others: tuple[float, ...]) -> bool:
    return any(abs(a - b) <= TOLERANCE * max(abs(b), 1e-12) for a in some for b in others)


def _read(found: re.Match[str]) -> Quantity:
    magnitude = MAGNITUDES.get((found["magnitude"] or "").lower(), 1.0)
    dimension, factor = UNITS.get(" ".join((found["unit"] or "").lower().split()), ("", 1.0))
    plain = tuple(value * magnitude for value in _readings(found["digits"], is_share=dimension == "ratio"))
    values = tuple(value * factor for value in plain)
    return Quantity(found.group().strip(), plain, values, dimension, found.start(), found.end())


def _readings(digits: str, *, is_share: bool) -> tuple[float, ...]:
    """Return what the digits may mean: of a share, 1,250 is a thousand in English, one and a quarter in French."""
    compact = re.sub(r"[\u00a0\u202f '’]", "", digits)
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", compact):
        grouped = float(compact.replace(",", ""))
        is_unclear = is_share and re.fullmatch(r"\d+,\d{3}", compact) and not compact.endswith(",000")
        return (grouped, float(compact.replace(",", "."))) if is_unclear else (grouped,)
    return (float(compact.replace(",", ".")),)


def _with_unit_of(one: Quantity, following: Quantity) -> Quantity:
    """Return the lower end of a range: in "3 to 5 %" the 3 is percent too, in "1-2M" it may be millions."""
    factor = following.values[0] / following.plain[0] if following.plain[0] else 1.0
    magnitude = (
        1e6 if re.search(r"\d\s?M", following.written) else 1e3 if re.search(r"(?i)\d\s?k", following.written) else 1
    )
    plain = tuple(dict.fromkeys((*one.plain, *(value * magnitude for value in one.plain))))
    return replace(one, plain=plain, values=tuple(value * factor for value in plain), dimension=following.dimension)


def _digits_of(found: re.Match[str]) -> str:
    word = found.group().lower()
    if word in ("half", "moitié"):
        return "50 %"
    return str(SPELLED.get(word, 1))
