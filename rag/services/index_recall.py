"""Measure what an index misses, against comparing every vector, and turn its knob until it misses little (IX-12)."""

from dataclasses import replace

from django.db import connection, transaction

from rag.domain.spaces import LEAST_RECALL, IndexKind, Space
from rag.services.legs_sql import dense_sql, knobs_sql

NEAREST = 10
SAMPLE = 50  # vectors as questions: the standard error at 0.97 is under 1 %
MOST_EF = 800
# A vector is its own nearest neighbor, which no index misses: it is asked for one more and left out.
QUESTIONS = """
SELECT chunk_id, embedding::text FROM rag_chunkembedding WHERE index_version_id = %s
ORDER BY md5(chunk_id::text) LIMIT %s
"""
ALL = "true"
ROUNDING = 1e-6


def tuned(space: Space, *, sample: int = SAMPLE) -> tuple[Space, float]:
    """Return the space with its knob turned up until recall@10 is at least 0.97, and the recall reached."""
    questions = _questions(space, sample)
    truth = [_nearest(space, chunk, vector, is_exact=True) for chunk, vector in questions]
    while True:
        found = [_nearest(space, chunk, vector) for chunk, vector in questions]
        recall = _recall(found, truth)
        wider = _wider(space)
        if recall >= LEAST_RECALL or wider is None:
            return space, recall
        space = wider


def _wider(space: Space) -> Space | None:
    """Return the space with its knob one notch up, None at the end of the scale."""
    if space.index_kind == IndexKind.HNSW:
        wider = space.ef_search * 3 // 2
        return replace(space, ef_search=min(wider, MOST_EF)) if space.ef_search < MOST_EF else None
    probes, lists = space.probes or 1, space.lists or 1
    return replace(space, probes=min(probes * 3 // 2 + 1, lists)) if probes < lists else None


def _questions(space: Space, sample: int) -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(QUESTIONS, [space.pk, sample])
        return list(cursor.fetchall())


def _nearest(space: Space, chunk: int, vector: str, *, is_exact: bool = False) -> tuple[float, ...]:
    """Return the cosines of the nearest others, best first."""
    statement = dense_sql(space, within=ALL, is_exact=is_exact, limit=NEAREST + 1)
    with transaction.atomic(), connection.cursor() as cursor:
        if not is_exact:
            cursor.execute(knobs_sql(space))
        cursor.execute(statement, {"vector": vector})
        others = [score for other, score in cursor.fetchall() if other != chunk]
    return tuple(sorted(others, reverse=True)[:NEAREST])


def _recall(found: list[tuple[float, ...]], truth: list[tuple[float, ...]]) -> float:
    """Return which share of the nearest was found; of equal texts it does not matter which."""
    wanted = sum(len(one) for one in truth)
    near = (
        sum(score >= best[-1] - ROUNDING for score in some) for some, best in zip(found, truth, strict=True) if best
    )
    return sum(near) / wanted if wanted else 1.0
