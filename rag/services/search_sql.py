"""Who may see what, as it stands inside each statement of a retrieval; how frequent words are, and the passages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import connection

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
CHUNKS = """
SELECT c.id, d.id, d.uid, d.title, c.breadcrumb, c.text, d.lang, d.url, d.dated_at, d.quality, d.cited_count
FROM rag_chunk c JOIN rag_document d ON d.id = c.document_id WHERE c.id = ANY (%s)
"""


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


def chunk_rows(chunk_ids: Sequence[int]) -> dict[int, ChunkRow]:
    """Return the chunks with their documents' names."""
    with connection.cursor() as cursor:
        cursor.execute(CHUNKS, [list(chunk_ids)])
        return {row[0]: ChunkRow(*row) for row in cursor.fetchall()}
