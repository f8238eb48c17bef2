"""What single words and pairs of words tell of a question's kind, as learned from labeled sentences. Pure.

The written phrases know how a kind is asked; this knows which words come with it, and so decides what no phrase met.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from models_registry.domain.query_vocabulary_learned import LEARNED

TENTHS = 10
USUAL_WORDS = 25  # of a longer text each word tells less: none of it may drown what was asked


def features_of(said: str) -> set[str]:
    """Return the words, the pairs of neighbors, and the first word of each clause (`^_why`), of text cut in clauses.

    A word that begins with a digit is `0`: how many sats is no matter.
    """
    return {feature for clause in said.split(";") for feature in _of_clause(clause.split())}


def learned_points(said: str) -> dict[str, float]:
    """Return the points of each type the known words tell of, above or below zero."""
    share = min(1.0, USUAL_WORDS / max(1, len(said.split()))) / TENTHS
    sums: dict[str, float] = {}
    for feature in sorted(features_of(said) & POINTS.keys()):
        for kind, tenths in POINTS[feature].items():
            sums[kind] = sums.get(kind, 0.0) + tenths * share
    return sums


def _of_clause(clause: list[str]) -> Iterator[str]:
    words = ["0" if word[0].isdigit() else word for word in clause]
    if words:
        yield f"^_{words[0]}"
    yield from words
    yield from (f"{first}_{second}" for first, second in pairwise(words))


def by_feature(learned: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Return the tenths of a point each feature gives each type."""
    points: dict[str, dict[str, int]] = {}
    for kind, table in learned.items():
        for entry in table.split():
            feature, tenths = entry.rsplit(":", 1)
            points.setdefault(feature, {})[kind] = int(tenths)
    return points


POINTS = by_feature(LEARNED)
