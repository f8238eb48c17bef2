"""The two rankings of a retrieval, a statement each: BM25 over postings, and cosine over a space's vectors.

They are two so that words are ranked while the question's vectors are made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from models_registry.domain.embedding import Vectors
from rag.domain.bm25 import K1, B
from rag.domain.fusion import LEG_DEPTH
from rag.domain.spaces import EXACT_BELOW, Element, IndexKind, Space
from rag.metrics import SIMILARITY_SEARCH_SECONDS
from rag.services.search_sql import VISIBLE, CorpusSums, Reader

Leg = tuple[tuple[int, float], ...]  # (chunk, score), best first
LEXICAL = f"""
WITH {VISIBLE}
SELECT p.chunk_id,
       sum(w.weight * p.frequency / (p.frequency + %(base)s::float8 + %(slope)s::float8 * p.chunk_length)) AS score
FROM unnest(%(lexemes)s::text[], %(weights)s::float8[]) AS w(lexeme, weight)
JOIN rag_posting p ON p.lexeme = w.lexeme
WHERE {{within}}
GROUP BY p.chunk_id ORDER BY score DESC, p.chunk_id LIMIT {LEG_DEPTH}
"""  # noqa: S608 - made of constants only
# The space stands there as a number: its partial index serves only statements that name it. An exact scan is ordered by
# the score, which no index knows.
DENSE = """
SELECT e.chunk_id, -({opposite}) AS score
FROM rag_chunkembedding e
WHERE e.index_version_id = {space} AND {within}
ORDER BY {order} LIMIT {limit}
"""
DENSE_LEG = """
WITH {visible}, dense AS ({dense})
SELECT chunk_id, score FROM dense ORDER BY score DESC, chunk_id
"""


@dataclass(frozen=True, slots=True)
class Legs:
    """(chunk, score) of each leg, best first: BM25, and cosine."""

    lexical: Leg
    dense: Leg


def lexical_leg(weights: Mapping[str, float], *, sums: CorpusSums, reader: Reader) -> Leg:
    """Return the passages with the most telling words, by BM25."""
    if not weights:
        return ()
    values = {
        "lexemes": list(weights),
        "weights": [weight * (K1 + 1) for weight in weights.values()],
        "base": K1 * (1 - B),
        "slope": K1 * B / sums.mean_length,
    }
    return _leg(LEXICAL.format(within=reader.within("p")), values | reader.parameters())


def dense_leg(vector: Vectors, *, space: Space, sums: CorpusSums, reader: Reader) -> Leg:
    """Return the passages nearest in meaning, by cosine."""
    is_small = sums.passages < EXACT_BELOW
    values = {"vector": "[" + ",".join(map("%.7g".__mod__, vector.tolist())) + "]"} | reader.parameters()
    with SIMILARITY_SEARCH_SECONDS.labels(index_size_bucket=size_bucket(sums.passages)).time():
        found = _leg(dense_leg_sql(space, reader=reader, is_exact=is_small), values)
    if is_small or space.index_kind == IndexKind.EXACT or len(found) >= min(LEG_DEPTH, sums.passages):
        return found
    # The index gave up before it met enough that this reader may see: so there is little of it, and it is compared all.
    return _leg(dense_leg_sql(space, reader=reader, is_exact=True), values)


def dense_leg_sql(space: Space, *, reader: Reader, is_exact: bool = False) -> str:
    """Return what is sent for the dense leg, the index's knobs before it."""
    dense = dense_sql(space, within=reader.within("e"), is_exact=is_exact)
    knobs = "" if is_exact else knobs_sql(space)
    return knobs + DENSE_LEG.format(visible=VISIBLE, dense=dense)


def size_bucket(passages: int) -> str:
    """Return the range that so many passages lie in, as a label."""
    ends = ((1_000, "under 1k"), (10_000, "1k to 10k"), (100_000, "10k to 100k"), (1_000_000, "100k to 1M"))
    return next((label for end, label in ends if passages < end), "1M and more")


def dense_sql(space: Space, *, within: str, is_exact: bool = False, limit: int = LEG_DEPTH) -> str:
    """Return the statement of the dense leg: by the space's index, or comparing every vector.

    All vectors are of unit length, so the cosine is their inner product, which takes a third less time. What an index
    of 16-bit vectors finds is scored by the 32-bit ones.
    """
    opposite = "e.embedding <#> %(vector)s::vector"
    by_index = space.index_kind != IndexKind.EXACT and not is_exact
    order = _compared(space.element, "<=>", space.dimension) if by_index else "score DESC"
    return DENSE.format(opposite=opposite, space=int(space.pk), within=within, order=order, limit=int(limit))


def _compared(element: Element, operator: str, dimension: int) -> str:
    return f"e.embedding::{element}({int(dimension)}) {operator} %(vector)s::{element}({int(dimension)})"


def knobs_sql(space: Space) -> str:
    """Return what goes before the statement, in the same round trip and transaction, so that the index serves it well.

    An iterative scan goes on until enough rows pass the filters; without it a filter starves the index.
    """
    kind = space.index_kind
    if kind == IndexKind.EXACT:
        return ""
    is_graph = kind == IndexKind.HNSW
    width = f"hnsw.ef_search = {int(space.ef_search)}" if is_graph else f"ivfflat.probes = {int(space.probes or 1)}"
    # Without sorting: the planner does not see that wide vectors lie out of line, and finds reading them all cheap.
    return f"SET LOCAL {kind}.iterative_scan = relaxed_order; SET LOCAL {width}; SET LOCAL enable_sort = off;"


def _leg(statement: str, values: Mapping[str, Any]) -> Leg:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        while cursor.description is None:  # the answers of the knobs, which hold for this statement only
            cursor.nextset()
        return tuple((chunk, float(score)) for chunk, score in cursor.fetchall())
