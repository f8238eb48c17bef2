"""Score rankings against judged questions: one question at a time. Pure.

recall@k is the share of questions with at least one relevant document among the first k distinct ones (success@k); full
recall@k is the share of the relevant documents that are among them.
"""

import math
from collections.abc import Collection, Sequence


def success_at(k: int, *, found: Sequence[str], relevant: Collection[str]) -> bool:
    """Tell whether a relevant document is among the first k distinct ones."""
    return any(item in relevant for item in _distinct(found)[:k])


def full_recall(k: int, *, found: Sequence[str], relevant: Collection[str]) -> float:
    """Return the share, 0 to 1, of the relevant documents that are among the first k distinct ones."""
    return len(set(_distinct(found)[:k]) & set(relevant)) / len(set(relevant)) if relevant else 0.0


def reciprocal_rank(found: Sequence[str], *, relevant: Collection[str], depth: int = 10) -> float:
    """Return 1/rank of the first relevant of the first `depth` distinct documents, else 0."""
    distinct = _distinct(found)[:depth]
    return next((1 / rank for rank, item in enumerate(distinct, start=1) if item in relevant), 0.0)


def ndcg(found: Sequence[str], *, relevant: Collection[str], depth: int = 10) -> float:
    """Return the discounted gain of the first `depth` distinct documents as a share of the best order's, 0 to 1."""
    gain = sum(_discount(rank) for rank, item in enumerate(_distinct(found)[:depth], start=1) if item in relevant)
    best = sum(_discount(rank) for rank in range(1, min(len(set(relevant)), depth) + 1))
    return gain / best if best else 0.0


def _discount(rank: int) -> float:
    return 1 / math.log2(rank + 1)


def _distinct(found: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))
