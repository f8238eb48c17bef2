"""The statements of a retrieval. Who may see what, in which sources and languages, stands inside each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import connection

from models_registry.domain.embedding import Vectors
from rag.domain.bm25 import K1, B
from rag.domain.expansion import Term
from rag.domain.fusion import LEG_DEPTH
from rag.domain.spaces import EXACT_BELOW, Element, IndexKind, Space
from rag.metrics import SIMILARITY_SEARCH_SECONDS
from rag.services.postings import folded_sql

# A source of an evaluation is read only by who names it: our own code does, and no door lets a reader name one.
VISIBLE = """
visible AS MATERIALIZED (
    SELECT id, chunk_count, lexeme_total FROM rag_source
    WHERE is_enabled AND (is_public OR (owner_id IS NULL AND %(signed_in)s) OR owner_id = %(user_id)s)
      AND CASE WHEN %(sources)s::bigint[] IS NULL THEN kind <> 'temporary' ELSE id = ANY (%(sources)s::bigint[]) END
)
"""
WITHIN = "{table}.source_id = ANY (ARRAY(SELECT id FROM visible))"
SPOKEN = " AND {table}.lang = ANY (%(languages)s::text[])"
WORD_FREQUENCIES = f"""
WITH {VISIBLE},
words AS MATERIALIZED (
    SELECT place,
           tsvector_to_array(to_tsvector('english', {folded_sql("word")})) AS english,
           tsvector_to_array(to_tsvector('french', {folded_sql("word")})) AS french
    FROM unnest(%(words)s::text[]) WITH ORDINALITY AS w(word, place)
),
lexemes AS MATERIALIZED (
    -- A stop word of either language is no term: the other dictionary would index it as a rare word.
    SELECT DISTINCT place, unnest(english || french) AS lexeme FROM words
    WHERE cardinality(english) > 0 AND cardinality(french) > 0
),
held AS (
    SELECT lexeme, count(*) AS passages FROM rag_posting p
    WHERE lexeme = ANY (ARRAY(SELECT lexeme FROM lexemes)) AND {{within}}
    GROUP BY lexeme
)
SELECT l.place, l.lexeme, coalesce(h.passages, 0),
       (SELECT coalesce(sum(chunk_count), 0) FROM visible), (SELECT coalesce(sum(lexeme_total), 0) FROM visible)
FROM lexemes l LEFT JOIN held h USING (lexeme)
"""  # noqa: S608 - made of constants only
LEXICAL = f"""
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
LEGS = """
WITH {visible}, lexical AS ({lexical}), dense AS ({dense})
(SELECT 'lexical', chunk_id, score FROM lexical ORDER BY score DESC, chunk_id)
UNION ALL
(SELECT 'dense', chunk_id, score FROM dense ORDER BY score DESC, chunk_id)
"""
NO_VECTORS = "SELECT NULL::bigint AS chunk_id, NULL::float8 AS score WHERE false"
CHUNKS = """
SELECT c.id, d.id, d.uid, d.title, c.breadcrumb, c.text, d.lang, d.url, d.dated_at, d.quality, d.cited_count
FROM rag_chunk c JOIN rag_document d ON d.id = c.document_id WHERE c.id = ANY (%s)
"""
GLOSSARY = "SELECT term, lang, expansion FROM rag_glossaryentry WHERE is_enabled AND key = ANY (%s) ORDER BY lang, term"


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """One chunk with its document's names, as a passage needs them."""

    chunk_id: int
    document_id: int
    document_uid: str
    title: str
    breadcrumb: str
    text: str
    lang: str
    url: str
    dated_at: date | None = None
    quality: float | None = None  # 0-1; None: not judged
    cited_count: int = 0


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks, and where: among all sources and languages when these are None."""

    signed_in: bool
    user_id: int | None
    sources: tuple[int, ...] | None = None
    languages: tuple[str, ...] | None = None

    @classmethod
    def of(
        cls,
        user: AbstractBaseUser | AnonymousUser | None,
        *,
        sources: Sequence[int] | None = None,
        languages: Sequence[str] | None = None,
    ) -> "Reader":
        return cls(
            signed_in=bool(user and user.is_authenticated),
            user_id=user.pk if user else None,
            sources=None if sources is None else tuple(sources),
            languages=None if languages is None else tuple(languages),
        )

    def parameters(self) -> dict[str, Any]:
        """Return the values that the filters of a statement name."""
        return {
            "signed_in": self.signed_in,
            "user_id": self.user_id,
            "sources": None if self.sources is None else list(self.sources),
            "languages": None if self.languages is None else list(self.languages),
        }

    def within(self, table: str) -> str:
        """Return the condition on a table's rows that this reader may and wants to see."""
        return (WITHIN if self.languages is None else WITHIN + SPOKEN).format(table=table)


@dataclass(frozen=True, slots=True)
class CorpusSums:
    """How many passages the reader may search, and their mean length in lexemes."""

    passages: int = 0
    mean_length: float = 1.0


@dataclass(frozen=True, slots=True)
class Legs:
    """(chunk, score) of each leg, best first: BM25, and cosine."""

    lexical: tuple[tuple[int, float], ...]
    dense: tuple[tuple[int, float], ...]


def word_frequencies(words: Sequence[str], *, reader: Reader) -> tuple[tuple[dict[str, int], ...], CorpusSums]:
    """Return for each word its lexemes and how many passages hold them (none: a stop word), and the corpus sums."""
    found: tuple[dict[str, int], ...] = tuple({} for _ in words)
    sums = CorpusSums()
    if not words:
        return found, sums
    with connection.cursor() as cursor:
        cursor.execute(WORD_FREQUENCIES.format(within=reader.within("p")), {"words": list(words)} | reader.parameters())
        for place, lexeme, passages, chunks, lexemes in cursor.fetchall():
            found[place - 1][lexeme] = passages
            sums = CorpusSums(int(chunks), max(float(lexemes) / max(int(chunks), 1), 1.0))
    return found, sums


def search_legs(
    weights: dict[str, float], vector: Vectors | None, *, space: Space | None, sums: CorpusSums, reader: Reader
) -> Legs:
    """Return both rankings in one round trip; without a vector or a space the dense one is empty."""
    if vector is None or space is None:
        return _read(weights, reader=reader, sums=sums)
    is_small = sums.passages < EXACT_BELOW
    with SIMILARITY_SEARCH_SECONDS.labels(index_size_bucket=size_bucket(sums.passages)).time():
        legs = _read(weights, vector, space=space, reader=reader, sums=sums, is_exact=is_small)
    if is_small or space.index_kind == IndexKind.EXACT or len(legs.dense) >= min(LEG_DEPTH, sums.passages):
        return legs
    # The index gave up before it met enough that this reader may see: so there is little of it, and it is compared all.
    exact = _read({}, vector, space=space, reader=reader, sums=sums, is_exact=True)
    return Legs(lexical=legs.lexical, dense=exact.dense)


def size_bucket(passages: int) -> str:
    """Return the range that so many passages lie in, as a label."""
    ends = ((1_000, "under 1k"), (10_000, "1k to 10k"), (100_000, "10k to 100k"), (1_000_000, "100k to 1M"))
    return next((label for end, label in ends if passages < end), "1M and more")


def _read(
    weights: dict[str, float],
    vector: Vectors | None = None,
    *,
    space: Space | None = None,
    reader: Reader,
    sums: CorpusSums,
    is_exact: bool = False,
) -> Legs:
    parameters: dict[str, Any] = {
        "lexemes": list(weights),
        "weights": [weight * (K1 + 1) for weight in weights.values()],
        "base": K1 * (1 - B),
        "slope": K1 * B / sums.mean_length,
        "vector": None if vector is None else "[" + ",".join(map("%.7g".__mod__, vector.tolist())) + "]",
    }
    statement = LEGS.format(
        visible=VISIBLE,
        lexical=LEXICAL.format(within=reader.within("p")),
        dense=dense_sql(space, within=reader.within("e"), is_exact=is_exact) if space else NO_VECTORS,
    )
    knobs = "" if space is None or is_exact else knobs_sql(space)
    with connection.cursor() as cursor:
        cursor.execute(knobs + statement, parameters | reader.parameters())
        while cursor.description is None:  # the answers of the knobs, which hold for this statement only
            cursor.nextset()
        rows = cursor.fetchall()
    return Legs(
        lexical=tuple((chunk, float(score)) for leg, chunk, score in rows if leg == "lexical"),
        dense=tuple((chunk, float(score)) for leg, chunk, score in rows if leg == "dense"),
    )


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


def chunk_rows(chunk_ids: Sequence[int]) -> dict[int, ChunkRow]:
    """Return the chunks with their documents' names."""
    with connection.cursor() as cursor:
        cursor.execute(CHUNKS, [list(chunk_ids)])
        return {row[0]: ChunkRow(*row) for row in cursor.fetchall()}


def glossary_rows(keys: Sequence[str]) -> tuple[Term, ...]:
    """Return the enabled glossary entries among `keys`."""
    with connection.cursor() as cursor:
        cursor.execute(GLOSSARY, [list(keys)])
        return tuple(Term(*row) for row in cursor.fetchall())
