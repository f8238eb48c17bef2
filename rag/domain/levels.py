"""How much context a question gets: passages and tokens, by how much it asks (IX-21). Pure."""

from dataclasses import dataclass

from models_registry.domain.hearing import hear
from models_registry.domain.query_types import QueryType

LONG_WORDS, LONGER_WORDS = 12, 24
PER_PART, MOST_PARTS = 0.15, 0.3
BY_KIND = {
    QueryType.QUICK: 0.0,
    QueryType.DETAILED: 0.2,
    QueryType.TECHNICAL: 0.25,
    QueryType.SCORING: 0.25,
    QueryType.TROUBLESHOOTING: 0.35,
    QueryType.STRATEGIC: 0.4,
}


@dataclass(frozen=True, slots=True)
class Level:
    """One context level. `tokens` bounds the passages' text in the prompt."""

    name: str
    tokens: int
    passages: int


SIMPLE = Level("simple", 800, 3)
MEDIUM = Level("medium", 1200, 5)
COMPLEX = Level("complex", 2500, 8)
VERY_COMPLEX = Level("very_complex", 4000, 10)
FROM_SCORE = ((0.75, VERY_COMPLEX), (0.45, COMPLEX), (0.2, MEDIUM))


def level_for(question: str, *, query_type: QueryType | None = None, most_passages: int | None = None) -> Level:
    """Return the context level of `question`; `most_passages` cuts it, as the light profile and the caller ask."""
    heard = hear(question)
    score = heard.complexity.score + BY_KIND[query_type or heard.query_type] + _of_shape(question)
    level = next((level for least, level in FROM_SCORE if round(score, 2) >= least), SIMPLE)
    if most_passages is None or level.passages <= most_passages:
        return level
    return Level(level.name, level.tokens, most_passages)


def _of_shape(question: str) -> float:
    words = len(question.split())
    length = 0.2 if words > LONGER_WORDS else 0.1 if words > LONG_WORDS else 0.0
    return length + min(MOST_PARTS, PER_PART * max(question.count("?") - 1, 0))
