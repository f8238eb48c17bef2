"""Say in another language what was said in known sentences: the same numbers, ids and names, other words. Pure.

A table pairs each sentence with its translation; braces name what changes from case to case, `{name:kind}`, a number
where no kind is given. A text is one or more such sentences. A text that no table knows is not translated at all.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

KINDS: Mapping[str, str] = {
    "number": r"[-+]?\d[\d,]*(?:\.\d+)?",
    "amount": r"[-+]?\d[\d,]*(?:\.\d+)?(?: ?%| (?:sat/vB|sat|ppm)\b)?|unknown",
    "id": r"\d+x\d+x\d+",
    "date": r"\d{4}-\d{2}-\d{2}",
    "flag": r"[-\w]+",  # a parameter's name
    "text": r".+?",  # stays as it is
    "phrase": r".+?",  # is translated by the same book
}
AS_WRITTEN = frozenset({"id", "date", "flag", "text"})
MOST_REMEMBERED = 8_192  # a large node's advice is some 500 different texts
ANY = ""  # the first word of a sentence that begins with what changes
FIELD = re.compile(r"\{(\w+)(?::(\w+))?\}")
_BETWEEN = r"(?P<between_>\.?(?:\s+|$)|;\s+)"  # what may follow a sentence: its end, the next one


@dataclass(frozen=True, slots=True)
class Notation:
    """How numbers and the signs between sentences are written."""

    thousands: str
    decimal: str
    percent: str
    unknown: str
    semicolon: str

    def number(self, text: str) -> str:
        """Return a number that was written in English: 12,000.5 or 45%."""
        if text == "unknown":
            return self.unknown
        turned = text.translate(str.maketrans(",.", f"{self.thousands}{self.decimal}"))
        return turned.replace(" %", "%").replace("%", self.percent)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One line of a table, ready to be recognized."""

    translation: str
    pattern: re.Pattern[str]
    kinds: Mapping[str, str]
    size: int  # of its own words: of two that fit, the longer says more

    @classmethod
    def of(cls, english: str, translation: str) -> Self:
        kinds = {name: kind or "number" for name, kind in FIELD.findall(english)}
        words = re.escape(FIELD.sub("\0", english)).split(re.escape("\0"))
        groups = (f"(?P<{name}>{KINDS[kind]})" for name, kind in kinds.items())
        body = "".join(f"{word}{next(groups, '')}" for word in words)
        # A text with a free end holds no sentence after it: nobody could say where the next one begins.
        is_open = english.endswith("}") and kinds and list(kinds.values())[-1] in {"text", "phrase"}
        ending = r"(?P<between_>\.?$)(?P<rest_>)" if is_open else rf"{_BETWEEN}(?P<rest_>.*)$"
        return cls(
            FIELD.sub(r"{\1}", translation), re.compile(f"{body}{ending}", re.DOTALL), kinds, sum(map(len, words))
        )


class Phrasebook:
    """The tables of one language. `say` returns None for what they do not hold."""

    def __init__(self, pairs: Mapping[str, str], notation: Notation) -> None:
        self.notation = notation
        self._plain = {english: words for english, words in pairs.items() if not FIELD.search(english)}
        self._by_first: defaultdict[str, list[Sentence]] = defaultdict(list)
        for english, words in pairs.items():
            first = _first_word(english)
            self._by_first[ANY if "{" in first else first].append(Sentence.of(english, words))
        self.say = lru_cache(maxsize=MOST_REMEMBERED)(self._say)

    def _say(self, text: str) -> str | None:
        """Return the text in this language, or None when a part of it is in no table."""
        found = self._said(text)
        if found is not None or not text[:1].isupper():
            return found
        lowered = self._said(text[:1].lower() + text[1:])
        return None if lowered is None else lowered[:1].upper() + lowered[1:]

    def _said(self, text: str) -> str | None:
        if text in self._plain:
            return self._plain[text]
        return next(filter(None, self._readings(text)), None)

    def _readings(self, text: str) -> Iterator[str | None]:
        for sentence in self._candidates(text):
            found = sentence.pattern.match(text)
            if found is not None:
                yield self._joined(sentence, found)

    def _candidates(self, text: str) -> Iterable[Sentence]:
        named = self._by_first.get(_first_word(text), [])
        return sorted([*named, *self._by_first[ANY]], key=lambda one: -one.size)

    def _joined(self, sentence: Sentence, found: re.Match[str]) -> str | None:
        values = {name: self._value(kind, found[name]) for name, kind in sentence.kinds.items()}
        if None in values.values():
            return None
        between, rest = found["between_"], found["rest_"]
        following = self.say(rest) if rest else ""
        if following is None:
            return None
        gap = self.notation.semicolon if between.startswith(";") else between
        return f"{sentence.translation.format(**values)}{gap}{following}"

    def _value(self, kind: str, value: str) -> str | None:
        if kind == "phrase":
            return self.say(value)
        return value if kind in AS_WRITTEN else self.notation.number(value)


def _first_word(text: str) -> str:
    return re.split(r"[ .;]", text, maxsplit=1)[0]
