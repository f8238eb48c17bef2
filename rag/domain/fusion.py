"""Merge the rankings of several legs into one, and thin it out. Pure.

`rerank` is the order of IX-03. Serving uses the fused order where the policy asks for no reranking, as shipped.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

RRF_CONSTANT = 60  # Cormack 2009; 10 to 60 within noise on our questions
LEG_DEPTH = 50  # 20 to 100 within noise
SAME_TEXT = 0.8  # share of common word triples from which two passages say the same
FRESHNESS_DAYS = 90.0
UNDATED_FRESHNESS = 0.5


def reciprocal_rank_fusion(
    legs: Iterable[Sequence[int]], *, weights: Sequence[float] | None = None, constant: int = RRF_CONSTANT
) -> tuple[tuple[int, float], ...]:
    """Return (id, score) by falling score; ties by the smaller id. Each leg lists ids, best first."""
    scores: dict[int, float] = {}
    for number, leg in enumerate(legs):
        weight = 1.0 if weights is None else weights[number]
        for rank, item in enumerate(leg, start=1):
            scores[item] = scores.get(item, 0.0) + weight / (constant + rank)
    return tuple(sorted(scores.items(), key=lambda pair: (-pair[1], pair[0])))


def shingles(text: str) -> frozenset[tuple[str, ...]]:
    """Return the word triples of a text; of a shorter text, its words."""
    words = re.findall(r"\w+", text.casefold())
    if len(words) < 3:
        return frozenset({tuple(words)})
    return frozenset(zip(words, words[1:], words[2:], strict=False))


def distinct(
    texts: Mapping[int, str], *, order: Iterable[int], most: int | None = None, same: float = SAME_TEXT
) -> tuple[int, ...]:
    """Return the ids in order without those whose text nearly repeats an earlier one, at most `most` of them."""
    kept: list[tuple[int, frozenset[tuple[str, ...]]]] = []
    for item in order:
        if most is not None and len(kept) >= most:
            break
        own = shingles(texts[item])
        if all(len(own & other) < same * min(len(own), len(other)) for _, other in kept):
            kept.append((item, own))
    return tuple(item for item, _ in kept)


@dataclass(frozen=True, slots=True)
class RerankSignals:
    """What is known of one candidate: relevance and the rest 0 to 1, `dated_at` None when undated."""

    item: int
    document: int
    relevance: float
    dated_at: date | None = None
    quality: float = 0.5
    popularity: float = 0.0


def freshness(dated_at: date | None, *, today: date) -> float:
    """Return exp(-age in days / 90), 1 for a date to come, and 0.5 when undated."""
    if dated_at is None:
        return UNDATED_FRESHNESS
    return math.exp(-max((today - dated_at).days, 0) / FRESHNESS_DAYS)


def rerank(candidates: Iterable[RerankSignals], *, today: date) -> tuple[tuple[int, float], ...]:
    """Return (id, score) by 0.50 relevance + 0.20 freshness + 0.15 quality + 0.10 popularity + 0.05 diversity (IX-03).

    Diversity is 1 for the first passage of a document in order of relevance, 1/2 for its second, and so on.
    """
    seen: dict[int, int] = {}
    scored: list[tuple[float, int, int]] = []
    for place, item in enumerate(sorted(candidates, key=lambda one: (-one.relevance, one.item))):
        seen[item.document] = seen.get(item.document, 0) + 1
        diversity = 1 / seen[item.document]
        fresh = freshness(item.dated_at, today=today)
        score = 0.50 * item.relevance + 0.20 * fresh + 0.15 * item.quality + 0.10 * item.popularity + 0.05 * diversity
        scored.append((-score, place, item.item))
    return tuple((item, -score) for score, _, item in sorted(scored))
