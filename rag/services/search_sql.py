"""Who may see what, as it stands inside each statement of a retrieval; and the passages by their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import connection

# A source of an evaluation is read only by who names it: our own code does, and no door lets a reader name one.
VISIBLE = """
visible AS MATERIALIZED (
    SELECT id, chunk_count, lexeme_total, content_sha256, xmin AS version, ctid AS place FROM rag_source
    WHERE is_enabled AND (is_public OR (owner_id IS NULL AND %(signed_in)s) OR owner_id = %(user_id)s)
      AND CASE WHEN %(sources)s::bigint[] IS NULL THEN kind <> 'temporary' ELSE id = ANY (%(sources)s::bigint[]) END
)
"""
# Where all there is may be read, no row is asked for its source and its language: that took a quarter of a scan.
WITHIN = """(
    (SELECT NOT EXISTS (SELECT FROM rag_source s WHERE s.id NOT IN (SELECT id FROM visible){unspoken}))
    OR {table}.source_id = ANY (ARRAY(SELECT id FROM visible)){spoken}
)"""
SPOKEN = " AND {table}.lang = ANY (%(languages)s::text[])"
UNSPOKEN = " OR NOT s.languages <@ %(languages)s::varchar[]"
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
        if self.languages is None:
            return WITHIN.format(table=table, unspoken="", spoken="")
        return WITHIN.format(table=table, unspoken=UNSPOKEN, spoken=SPOKEN.format(table=table))


@dataclass(frozen=True, slots=True)
class CorpusSums:
    """How many passages the reader may search, and their mean length in lexemes."""

    passages: int = 0
    mean_length: float = 1.0

    @classmethod
    def of(cls, passages: int, lexemes: int) -> "CorpusSums":
        return cls(passages, max(lexemes / max(passages, 1), 1.0))


def chunk_rows(chunk_ids: Sequence[int]) -> dict[int, ChunkRow]:
    """Return the chunks with their documents' names."""
    with connection.cursor() as cursor:
        cursor.execute(CHUNKS, [list(chunk_ids)])
        return {row[0]: ChunkRow(*row) for row in cursor.fetchall()}
