"""The six kinds of question, and how a question's words tell which kind it is. Pure."""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum


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

# Each pattern is one hit, however many of its forms occur. Written for folded text: no case, accent or sign.
# The order of the table settles ties.
VOCABULARY: dict[QueryType, tuple[tuple[int, tuple[str, ...]], ...]] = {
    QueryType.TROUBLESHOOTING: (
        (
            3,
            (
                r"erreurs?",
                r"errors?",
                r"problemes?",
                r"problems?",
                r"echecs?",
                r"echou(?:er|e|es|ent|ee|ees|ait|aient)",
                r"fail(?:s|ed|ing|ure|ures)?",
                r"debug(?:s|ged|ging)?",
                r"stuck",
                r"bloqu(?:e|es|ee|ees|er|ent)",
                r"crash(?:es|ed|ing|s)?",
                r"slow(?:er|ly)?",
                r"lent(?:e|s|es|ement)?",
                r"hors ligne",
                r"ne (?:fonctionne|marche)(?:nt)? (?:pas|plus)",
                r"not working",
                r"does not work|doesn t work",
            ),
        ),
    ),
    QueryType.SCORING: (
        (
            3,
            (
                r"scor(?:e|es|ed|ing)",
                r"evalu(?:er|e|es|ez)",
                r"evaluat(?:e|es|ed|ing)",
                r"not(?:er|ez)|note(?= (?:mon|ma|mes|ce|cette|ces)\b)",
                r"class(?:er|e|es|ez)",
                r"classements?",
                r"rank(?:s|ed|ing|ings)?",
                r"priorites?",
                r"prioriti[sz](?:e|es|ed|ing)",
                r"compar(?:er|ez)",
                r"compar(?:e|es|ed|ing)",
                r"comparisons?",
                r"rate(?= (?:my|this|these)\b)",
            ),
        ),
    ),
    QueryType.STRATEGIC: (
        (
            3,
            (
                r"strategies?",
                r"strategy",
                r"plans?",
                r"planning",
                r"roadmaps?",
                r"croissances?",
                r"growth",
                r"long terme",
                r"long term",
                r"feuilles? de route",
            ),
        ),
    ),
    QueryType.QUICK: (
        (
            2,
            (
                r"resumes?",
                r"summar(?:y|ies)",
                r"rapides?|rapidement",
                r"quick|quickly",
                r"overviews?",
                r"apercus?",
                r"etats?",
                r"status",
                r"en bref",
            ),
        ),
    ),
    QueryType.DETAILED: (
        (
            3,
            (
                r"optimis(?:er|e|es|ez|ons|ent)",
                r"optimiz(?:e|es|ed|ing)|optimising|optimised",
                r"amelior(?:er|e|es|ez|ons|ent)",
                r"improv(?:e|es|ed|ing)",
                r"augment(?:er|e|es|ez|ons|ent)",
                r"increas(?:e|es|ed|ing)",
                r"redui(?:re|s|t|sez|sons|sent)",
                r"reduc(?:e|es|ed|ing)",
                r"rais(?:e|es|ed|ing)",
                r"baiss(?:er|e|es|ez|ons|ent)",
                r"lower(?:s|ed|ing)?",
                r"recommand(?:er|e|es|ez|ations?)",
                r"recommend(?:s|ed|ing|ations?)?",
                r"conseil(?:s|ler|le|lez)?",
                r"advice|advise",
                r"suggest(?:s|ed|ing|ions?)?",
                r"que faire",
                r"what should",
                r"should i",
                r"dois je",
                r"trop chere?s?",
                r"too high",
                r"too low",
            ),
        ),
    ),
    QueryType.TECHNICAL: (
        (
            2,
            (
                r"expliqu(?:er|e|es|ez)",
                r"explain(?:s|ed|ing)?",
                r"pourquoi",
                r"why",
                r"fonctionnements?",
                r"how (?:do|does)",
                r"comment (?:fonctionne|marche)(?:nt)?",
                r"what (?:is|are)|what s",
                r"qu est ce",
            ),
        ),
        (1, (r"how(?! (?:do|does)\b)", r"comment(?! (?:fonctionne|marche)(?:nt)?\b)")),
    ),
}
COMPILED = {
    kind: tuple((points, re.compile(rf"\b(?:{word})\b")) for points, words in groups for word in words)
    for kind, groups in VOCABULARY.items()
}
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
    folded = fold(query)
    points = {kind: _points(folded, kind) for kind in COMPILED}
    best = max(points, key=lambda kind: points[kind])
    if points[best] >= LEAST_POINTS:
        return best
    flags = context or {}
    if flags.get("requires_strategy"):
        return QueryType.STRATEGIC
    return QueryType.TROUBLESHOOTING if flags.get("is_diagnostic") else QueryType.DETAILED


def fold(text: str) -> str:
    """Return the words in lower case without accents, one blank between them."""
    bare = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    unaccented = "".join(sign for sign in bare if not unicodedata.combining(sign))
    return NOT_A_WORD.sub(" ", unaccented).strip()


def _points(folded: str, kind: QueryType) -> int:
    return sum(points for points, pattern in COMPILED[kind] if pattern.search(folded))
