"""The six kinds of question, and how a question's words tell which kind it is. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from models_registry.domain.query_vocabulary import VOCABULARY


class QueryType(StrEnum):
    QUICK = "quick"
    DETAILED = "detailed"
    STRATEGIC = "strategic"
    TECHNICAL = "technical"
    SCORING = "scoring"
    TROUBLESHOOTING = "troubleshooting"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    QueryType.QUICK: "QUICK_ANALYSIS",
    QueryType.DETAILED: "DETAILED_RECOMMENDATIONS",
    QueryType.STRATEGIC: "STRATEGIC_PLANNING",
    QueryType.TECHNICAL: "TECHNICAL_EXPLANATION",
    QueryType.SCORING: "SCORING",
    QueryType.TROUBLESHOOTING: "TROUBLESHOOTING",
}

PHRASE_SIGNS = (" ", "(?=", "(?!")  # what such a pattern matches hangs on the words beside it
FIRST_WORD = re.compile(r"[a-z]+(?= |\(\?[=!])|")
WORDS_KEPT = 16_384  # about 2 MB; the words of a trade are few, and looking one up beats a hundred patterns
LONGEST_WORD = 24


def _patterns(*, is_phrase: bool) -> tuple[tuple[QueryType, int, str], ...]:
    return tuple(
        (QueryType(kind), points, word)
        for kind, groups in VOCABULARY.items()
        for points, words in groups
        for word in words
        if any(sign in word for sign in PHRASE_SIGNS) is is_phrase
    )


WORDS = tuple((kind, points, re.compile(word)) for kind, points, word in _patterns(is_phrase=False))
PHRASES = tuple(  # with the word each begins with: empty where it may be one of several
    (kind, points, FIRST_WORD.match(phrase)[0], re.compile(rf"\b(?:{phrase})\b"))  # type: ignore[index]  # may be empty, never None
    for kind, points, phrase in _patterns(is_phrase=True)
)
LEAST_POINTS = 2  # "how" or "comment" alone tells nothing
NOT_A_WORD = re.compile(r"[^a-z0-9]+")


def parse_query_type(text: str | None) -> QueryType:
    """Return the type named by a slug or a label in any case; unknown or absent is DETAILED (ST-02)."""
    word = (text or "").strip().lower()
    by_label = {label.lower(): kind for kind, label in LABELS.items()}
    return by_label.get(word) or (QueryType(word) if word in set(QueryType) else QueryType.DETAILED)


def detect_query_type(query: str, context: Mapping[str, object] | None = None) -> QueryType:
    """Return the type whose words, whole and in French or English, weigh most in the question (ST-03).

    When no type reaches two points, the flags `requires_strategy` and `is_diagnostic` of the context decide.
    """
    return query_type_of(fold(query), context)


def query_type_of(folded: str, context: Mapping[str, object] | None = None) -> QueryType:
    """Return the type of a question that was folded already."""
    points = _points(folded)
    best = max(points, key=lambda kind: points[kind])
    if points[best] >= LEAST_POINTS:
        return best
    flags = context or {}
    if flags.get("requires_strategy"):
        return QueryType.STRATEGIC
    return QueryType.TROUBLESHOOTING if flags.get("is_diagnostic") else QueryType.DETAILED


def fold(text: str) -> str:
    """Return the words in lower case without accents, one blank between them."""
    lowered = text.casefold()
    if not lowered.isascii():
        bare = unicodedata.normalize("NFKD", lowered.replace("œ", "oe"))
        lowered = "".join(sign for sign in bare if not unicodedata.combining(sign))
    return NOT_A_WORD.sub(" ", lowered).strip()


def _points(folded: str) -> dict[QueryType, int]:
    words = set(folded.split())
    hits = {hit for word in words if len(word) <= LONGEST_WORD for hit in _hits(word)}
    sums = {QueryType(kind): 0 for kind in VOCABULARY}  # in the table's order, which settles ties
    for number in hits:
        sums[WORDS[number][0]] += WORDS[number][1]
    for kind, points, first, phrase in PHRASES:
        if (not first or first in words) and phrase.search(folded):
            sums[kind] += points
    return sums


@lru_cache(maxsize=WORDS_KEPT)
def _hits(word: str) -> tuple[int, ...]:
    """Return which patterns of WORDS the word matches."""
    return tuple(number for number, (_, _, pattern) in enumerate(WORDS) if pattern.fullmatch(word))
