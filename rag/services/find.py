"""From two rankings to the passages that are shown: fused, by the nearness of the words, without repeats, explained."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from rag import metrics
from rag.domain.answerable import holds
from rag.domain.bm25 import QuestionWord
from rag.domain.expansion import fold
from rag.domain.fusion import (
    RerankSignals,
    distinct,
    reciprocal_rank_fusion,
    rerank,
)
from rag.domain.passages import Explanation, LegPlace, Passage
from rag.domain.policy import Policy
from rag.domain.proximity import PROXIMITY_WEIGHT, Weights, closeness
from rag.domain.steps import Steps
from rag.services.legs_sql import Legs
from rag.services.search_sql import ChunkRow, chunk_rows

SPARE = 6  # candidates read beyond k: near-duplicates are left out


@dataclass(frozen=True, slots=True)
class Found:
    """The passages, best first, and their folded texts with the headings above them."""

    passages: tuple[Passage, ...]
    texts: tuple[str, ...]


def find(
    legs: Legs,
    *,
    words: Sequence[QuestionWord],
    readings: Sequence[Weights],
    k: int,
    steps: Steps,
    policy: Policy,
    today: date,
) -> Found:
    """Return the k best passages of both legs. `readings`: words that had best stand together. One statement."""
    places = {
        name: _places(leg[: policy.leg_depth]) for name, leg in (("lexical", legs.lexical), ("dense", legs.dense))
    }
    fused = reciprocal_rank_fusion(
        [list(leg) for leg in places.values()], weights=(1.0, policy.dense_weight), constant=policy.rrf_constant
    )
    rows = chunk_rows([chunk for chunk, _ in fused[: k + SPARE]])  # one may be gone since the legs were read
    scores = {chunk: score for chunk, score in fused if chunk in rows}
    texts = {chunk: fold(f"{rows[chunk].breadcrumb} {rows[chunk].text}") for chunk in scores}
    places["proximity"] = _nearest(texts, readings)
    for chunk, (rank, near) in places["proximity"].items():
        scores[chunk] += _share("proximity", rank, near, policy)
    order: Sequence[int] = sorted(scores, key=scores.__getitem__, reverse=True)
    if steps.distinct:
        order = distinct({chunk: rows[chunk].text for chunk in order}, order=order, most=k)
    order = order[:k]
    found = [
        _passage(
            rows[chunk], rank=rank, score=scores[chunk], explain=_explain(chunk, texts[chunk], places, words, policy)
        )
        for rank, chunk in enumerate(order, start=1)
    ]
    if steps.rerank and policy.rerank_top:
        found = _reranked(found, rows, top=policy.rerank_top, today=today)
    return Found(tuple(found), tuple(texts[one.chunk_id] for one in found))


def _nearest(texts: Mapping[int, str], readings: Sequence[Weights]) -> Mapping[int, tuple[int, float]]:
    """Return rank and closeness of the passages that hold any of the words."""
    near = sorted(closeness(texts, readings=readings).items(), key=lambda pair: pair[1], reverse=True)
    return _places([pair for pair in near if pair[1]])


def _share(leg: str, rank: int, score: float, policy: Policy) -> float:
    """Return what a leg adds to the score of a passage: by its rank, or by how near the words stand."""
    if leg == "proximity":
        return PROXIMITY_WEIGHT * score / (policy.rrf_constant + 1)
    return (policy.dense_weight if leg == "dense" else 1.0) / (policy.rrf_constant + rank)


def _places(leg: Sequence[tuple[int, float]]) -> Mapping[int, tuple[int, float]]:
    return {chunk: (rank, score) for rank, (chunk, score) in enumerate(leg, start=1)}


def _explain(
    chunk: int,
    text: str,
    places: Mapping[str, Mapping[int, tuple[int, float]]],
    words: Sequence[QuestionWord],
    policy: Policy,
) -> Explanation:
    met = [word for word in words if not word.is_stop_word and holds(text, word.word)]
    return Explanation(
        legs=tuple(
            LegPlace(name, *leg[chunk], share=_share(name, *leg[chunk], policy))
            for name, leg in places.items()
            if chunk in leg
        ),
        words=tuple(word.word for word in met if not word.is_added),
        added=tuple(word.word for word in met if word.is_added),
    )


def _passage(row: ChunkRow, *, rank: int, score: float, explain: Explanation) -> Passage:
    by_leg = {place.leg: place for place in explain.legs}
    lexical, dense = by_leg.get("lexical"), by_leg.get("dense")
    return Passage(
        chunk_id=row.chunk_id,
        document_id=row.document_id,
        document_uid=row.document_uid,
        title=row.title,
        breadcrumb=row.breadcrumb,
        text=row.text,
        lang=row.lang,
        url=row.url,
        rank=rank,
        score=score,
        cosine=dense.score if dense else None,
        bm25=lexical.score if lexical else None,
        dense_rank=dense.rank if dense else None,
        lexical_rank=lexical.rank if lexical else None,
        explain=explain,
    )


def _reranked(found: Sequence[Passage], rows: Mapping[int, ChunkRow], *, top: int, today: date) -> list[Passage]:
    """Return the passages with the `top` best by freshness and trust first, the others after them as they were."""
    if not found:
        return []
    by_id = {one.chunk_id: one for one in found}
    with metrics.RERANKING_SECONDS.time():
        ranked = rerank([_signals(one, rows[one.chunk_id], found, rows) for one in found], today=today)
    for _, score in ranked:
        metrics.RERANKING_SCORES.observe(score)
    first = [item for item, _ in ranked[:top]]
    order = [*first, *(one.chunk_id for one in found if one.chunk_id not in first)]
    return [
        replace(by_id[item], rank=rank, explain=replace(by_id[item].explain, moved_from=by_id[item].rank))
        for rank, item in enumerate(order, start=1)
    ]


def _signals(passage: Passage, row: ChunkRow, found: Sequence[Passage], rows: Mapping[int, ChunkRow]) -> RerankSignals:
    most_cited = max(rows[one.chunk_id].cited_count for one in found)
    return RerankSignals(
        item=passage.chunk_id,
        document=row.document_id,
        relevance=passage.score / max(one.score for one in found),
        dated_at=row.dated_at,
        quality=0.5 if row.quality is None else row.quality,
        popularity=row.cited_count / most_cited if most_cited else 0.0,
    )
