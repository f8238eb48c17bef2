"""Score rankings against judged questions. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RankedQuestion:
    """One question: the document ids that were found, best first, and those judged relevant."""

    lang: str
    found: tuple[str, ...]
    relevant: frozenset[str]


def success_at(k: int, *, found: Sequence[str], relevant: Collection[str]) -> bool:
    """Tell whether a relevant document is among the first k distinct ones."""
    return any(item in relevant for item in tuple(dict.fromkeys(found))[:k])


def reciprocal_rank(found: Sequence[str], *, relevant: Collection[str], depth: int = 10) -> float:
    """Return 1/rank of the first relevant of the first `depth` distinct documents, else 0."""
    distinct = tuple(dict.fromkeys(found))[:depth]
    return next((1 / rank for rank, item in enumerate(distinct, start=1) if item in relevant), 0.0)


def recall_at(k: int, *, questions: Sequence[RankedQuestion]) -> float | None:
    """Return the share of questions with a relevant document among the first k, None without questions."""
    if not questions:
        return None
    return sum(success_at(k, found=one.found, relevant=one.relevant) for one in questions) / len(questions)
