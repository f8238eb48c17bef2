"""The six kinds of question, and how a question's words tell which kind it is. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum

from models_registry.domain.query_types_learned import learned_points
from models_registry.domain.query_types_phrases import (
    ASKING,
    KEY_LENGTH,
    keys_of,
    pattern_of,
)
from models_registry.domain.query_vocabulary import VOCABULARY
from models_registry.domain.query_vocabulary_lists import POLITE


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

ASKED = tuple((QueryType(kind), family) for kind, families in VOCABULARY.items() for family in families)


def _indexed() -> dict[str, tuple[tuple[int, re.Pattern[str]], ...]]:
    """Return the numbers in ASKED and the patterns of all phrases, by the first letters of the word they begin with."""
    found: dict[str, list[tuple[int, re.Pattern[str]]]] = {}
    for number, (_, family) in enumerate(ASKED):
        for phrase in family.phrases:
            pattern = pattern_of(phrase)
            for key in keys_of(phrase):
                found.setdefault(key, []).append((number, pattern))
    return {key: tuple(patterns) for key, patterns in found.items()}


BY_FIRST_LETTERS = _indexed()
LEAST_POINTS = 2  # "how" or "comment" alone tells nothing
LEAST_LEARNED = 3.0  # where no written phrase was met: "my node" is no question yet
NOT_A_WORD = re.compile(r"[^a-z0-9]+")
WORD = re.compile(r"[a-z0-9]+")
QUESTION_MARK = re.compile(r"(?<=\w)[\s)\"»]*\?")
CLAUSE_END = re.compile(r"[,;:.!?()\n…—–]+(?=\s|$)|\s-+\s|\s\(")
LONGEST_CLAUSE = re.compile(
    r"(?:[a-z0-9]+ ){1,40}"
)  # nobody asks longer; a wall of words would take its square in time
ERROR_CODE = re.compile(r"\b[A-Z]{3,}(?:_[A-Z]+)+\b")  # FEE_INSUFFICIENT: only in capitals is it a message
PREAMBLE = re.compile(rf"; (?:(?:{'|'.join(POLITE)}) )+")
EMPTY = re.compile(r"; (?:; )+")


def parse_query_type(text: str | None) -> QueryType:
    """Return the type named by a slug or a label in any case; unknown or absent is DETAILED (ST-02)."""
    word = (text or "").strip().lower()
    by_label = {label.lower(): kind for kind, label in LABELS.items()}
    return by_label.get(word) or (QueryType(word) if word in set(QueryType) else QueryType.DETAILED)


def detect_query_type(query: str, context: Mapping[str, object] | None = None) -> QueryType:
    """Return the type whose words, whole and in French or English, weigh most in the question (ST-03).

    When no type reaches two points, the flags `requires_strategy` and `is_diagnostic` of the context decide.
    """
    said = clauses(query)
    told, learned = told_points(said), learned_points(said)
    points = {kind: told[kind] + learned.get(kind, 0.0) for kind in told}
    best = max(points, key=lambda kind: points[kind])
    if max(told.values()) >= LEAST_POINTS or points[best] >= LEAST_LEARNED:
        return best
    flags = context or {}
    if flags.get("requires_strategy"):
        return QueryType.STRATEGIC
    return QueryType.TROUBLESHOOTING if flags.get("is_diagnostic") else QueryType.DETAILED


def told_points(said: str) -> dict[QueryType, int]:
    """Return the points the written phrases give each type, in the table's order, which settles ties."""
    points = {QueryType(kind): 0 for kind in VOCABULARY}
    for number in _hits(said):
        kind, family = ASKED[number]
        points[kind] += family.points
        for other, taken in family.mutes.items():
            points[QueryType(other)] -= taken
    return points


def clauses(text: str) -> str:
    """Return the folded words, each followed by a blank, and `; ` before and after each clause; politeness left out."""
    coded = QUESTION_MARK.sub(rf" {ASKING}?", ERROR_CODE.sub("errorcode", text))
    folded = "; ".join(words for part in CLAUSE_END.split(coded) for words in LONGEST_CLAUSE.findall(f"{fold(part)} "))
    return EMPTY.sub("; ", PREAMBLE.sub("; ", f"; {folded}; ")) if folded else "; "


def fold(text: str) -> str:
    """Return the words in lower case without accents, one blank between them."""
    lowered = text.casefold()
    if not lowered.isascii():
        bare = unicodedata.normalize("NFKD", lowered.replace("œ", "oe"))
        lowered = "".join(sign for sign in bare if not unicodedata.combining(sign))
    return NOT_A_WORD.sub(" ", lowered).strip()


def _hits(said: str) -> set[int]:
    """Return the numbers in ASKED of the families of which a phrase occurs."""
    hits: set[int] = set()
    for word in WORD.finditer(said):
        for number, pattern in BY_FIRST_LETTERS.get(word[0][:KEY_LENGTH], ()):
            if number not in hits and pattern.match(said, word.start()):
                hits.add(number)
    return hits
