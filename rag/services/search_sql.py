"""The four statements of a retrieval. Who may see what stands inside each of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import connection

from models_registry.domain.embedding import EmbeddingSpace, Vectors
from rag.domain.bm25 import K1, B
from rag.domain.expansion import Term
from rag.domain.fusion import LEG_DEPTH
from rag.services.postings import folded_sql

VISIBLE = """
visible AS MATERIALIZED (
    SELECT id, chunk_count, lexeme_total FROM rag_source
    WHERE is_enabled AND (is_public OR (owner_id IS NULL AND %(signed_in)s) OR owner_id = %(user_id)s)
)
"""
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
    SELECT lexeme, count(*) AS passages FROM rag_posting
    WHERE lexeme = ANY (ARRAY(SELECT lexeme FROM lexemes)) AND source_id = ANY (ARRAY(SELECT id FROM visible))
    GROUP BY lexeme
)
SELECT l.place, l.lexeme, coalesce(h.passages, 0),
       (SELECT coalesce(sum(chunk_count), 0) FROM visible), (SELECT coalesce(sum(lexeme_total), 0) FROM visible)
FROM lexemes l LEFT JOIN held h USING (lexeme)
"""  # noqa: S608 - made of constants only
LEGS = f"""
WITH {VISIBLE},
lexical AS (
    SELECT p.chunk_id,
           sum(w.weight * p.frequency / (p.frequency + %(base)s::float8 + %(slope)s::float8 * p.chunk_length)) AS score
    FROM unnest(%(lexemes)s::text[], %(weights)s::float8[]) AS w(lexeme, weight)
    JOIN rag_posting p ON p.lexeme = w.lexeme
    WHERE p.source_id = ANY (ARRAY(SELECT id FROM visible))
    GROUP BY p.chunk_id ORDER BY score DESC, p.chunk_id LIMIT {LEG_DEPTH}
),
dense AS (
    SELECT e.chunk_id, 1 - (e.embedding::vector({{dimension}}) <=> %(vector)s::vector({{dimension}})) AS score
    FROM rag_chunkembedding e
    WHERE e.index_version_id = (SELECT id FROM rag_indexversion WHERE is_active AND slug = %(space)s)
      AND e.source_id = ANY (ARRAY(SELECT id FROM visible))
    ORDER BY e.embedding::vector({{dimension}}) <=> %(vector)s::vector({{dimension}}) LIMIT {LEG_DEPTH}
)
(SELECT 'lexical', chunk_id, score FROM lexical ORDER BY score DESC, chunk_id)
UNION ALL
(SELECT 'dense', chunk_id, score FROM dense ORDER BY score DESC, chunk_id)
"""  # noqa: S608 - made of constants only; the dimension is an integer of our own
CHUNKS = """
SELECT c.id, d.id, d.uid, d.title, c.breadcrumb, c.text, d.lang, d.url
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


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks, as the SQL needs it."""

    signed_in: bool
    user_id: int | None

    @classmethod
    def of(cls, user: AbstractBaseUser | AnonymousUser | None) -> "Reader":
        return cls(signed_in=bool(user and user.is_authenticated), user_id=user.pk if user else None)


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
        cursor.execute(
            WORD_FREQUENCIES, {"words": list(words), "signed_in": reader.signed_in, "user_id": reader.user_id}
        )
        for place, lexeme, passages, chunks, lexemes in cursor.fetchall():
            found[place - 1][lexeme] = passages
            sums = CorpusSums(int(chunks), max(float(lexemes) / max(int(chunks), 1), 1.0))
    return found, sums


def search_legs(
    weights: dict[str, float], vector: Vectors | None, *, space: EmbeddingSpace, mean_length: float, reader: Reader
) -> Legs:
    """Return both rankings in one statement; without a vector the dense one is empty."""
    values = [0.0] * space.dimension if vector is None else vector.tolist()
    parameters: dict[str, Any] = {
        "lexemes": list(weights),
        "weights": [weight * (K1 + 1) for weight in weights.values()],
        "base": K1 * (1 - B),
        "slope": K1 * B / mean_length,
        "vector": "[" + ",".join(map("%.7g".__mod__, values)) + "]",
        "space": "" if vector is None else space.slug,
        "signed_in": reader.signed_in,
        "user_id": reader.user_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(LEGS.format(dimension=int(space.dimension)), parameters)
        rows = cursor.fetchall()
    return Legs(
        lexical=tuple((chunk, float(score)) for leg, chunk, score in rows if leg == "lexical"),
        dense=tuple((chunk, float(score)) for leg, chunk, score in rows if leg == "dense"),
    )


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
