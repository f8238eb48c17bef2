"""The six kinds of question, and how a question's words tell which kind it is. Pure."""

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


def parse_query_type(text: str | None) -> QueryType:
    """Return the type named by a slug or a label in any case; unknown or absent is DETAILED (ST-02)."""
    word = (text or "").strip().lower()
    by_label = {label.lower(): kind for kind, label in LABELS.items()}
    return by_label.get(word) or (QueryType(word) if word in set(QueryType) else QueryType.DETAILED)
