"""Write passages with their part of the inverted index, and keep the sums that BM25 needs. One statement each."""

from collections.abc import Sequence

from django.db import connection

from rag.domain.chunking import ChunkText

# Accents are folded on both sides, since PostgreSQL's French dictionary knows "liquidité" but readers type "liquidite".
ACCENTED = "àâäáãåçèéêëìíîïñòóôöõùúûüýÿ"
PLAIN = "aaaaaaceeeeiiiinooooouuuuyy"


def folded_sql(expression: str) -> str:
    """Return SQL that folds a text expression as `rag.domain.expansion.fold` does, near enough for matching."""
    return f"replace(replace(translate(lower({expression}), '{ACCENTED}', '{PLAIN}'), 'œ', 'oe'), 'æ', 'ae')"


# What a heading names, its text is about: two more mentions lift MRR by 0.02 to 0.04, a fourth adds nothing.
FOLDED_CHUNK = folded_sql("concat(c.breadcrumb, ' ', c.breadcrumb, ' ', c.breadcrumb, ' ', c.text)")
# Passages and postings in one statement: the length of a passage is known before its row is written, so none is
# written twice; postings go in by lexeme, as their index stands.
WRITE_CHUNKS = f"""
WITH pieces AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('rag_chunk', 'id')) AS id, c.*, d.source_id, d.lang, to_tsvector(
        CASE d.lang WHEN 'fr' THEN 'french'::regconfig ELSE 'english'::regconfig END, {FOLDED_CHUNK}
    ) AS words
    FROM unnest(
        %s::bigint[], %s::int[], %s::text[], %s::text[], %s::text[], %s::int[], %s::int[], %s::int[]
    ) AS c (document_id, ordinal, breadcrumb, text, sha256, start, stop, word_count)
    JOIN rag_document d ON d.id = c.document_id
), counted AS MATERIALIZED (
    SELECT p.id, p.source_id, p.lang, t.lexeme, cardinality(t.positions)::int AS frequency
    FROM pieces p CROSS JOIN LATERAL unnest(p.words) t
), lengths AS MATERIALIZED (
    SELECT id, sum(frequency)::int AS lexemes FROM counted GROUP BY id
), chunks AS (
    INSERT INTO rag_chunk
        (id, document_id, ordinal, breadcrumb, text, sha256, start, "end", word_count, lexeme_count)
    SELECT p.id, p.document_id, p.ordinal, p.breadcrumb, p.text, p.sha256, p.start, p.stop, p.word_count,
        coalesce(l.lexemes, 0)
    FROM pieces p LEFT JOIN lengths l USING (id)
), postings AS (
    INSERT INTO rag_posting (lexeme, chunk_id, source_id, lang, frequency, chunk_length)
    SELECT c.lexeme, c.id, c.source_id, c.lang, least(c.frequency, 32767), l.lexemes
    FROM counted c JOIN lengths l USING (id) ORDER BY c.lexeme, c.id
)
SELECT id FROM pieces
"""  # noqa: S608 - made of constants only
UPDATE_SOURCE = """
UPDATE rag_source s SET chunk_count = sums.chunks, lexeme_total = sums.lexemes,
    languages = ARRAY(SELECT DISTINCT lang FROM rag_document WHERE source_id = s.id ORDER BY lang)
FROM (
    SELECT count(*) AS chunks, coalesce(sum(c.lexeme_count), 0) AS lexemes
    FROM rag_chunk c JOIN rag_document d ON d.id = c.document_id
    WHERE d.source_id = %s
) sums
WHERE s.id = %s
"""


def write_chunks(pieces: Sequence[tuple[int, ChunkText]]) -> tuple[int, ...]:
    """Write passages of documents, by (document id, passage), with their postings; return the ids of the passages."""
    if not pieces:
        return ()
    columns = (
        [document_id for document_id, _ in pieces],
        [piece.ordinal for _, piece in pieces],
        [piece.breadcrumb for _, piece in pieces],
        [piece.text for _, piece in pieces],
        [piece.sha256 for _, piece in pieces],
        [piece.start for _, piece in pieces],
        [piece.end for _, piece in pieces],
        [piece.word_count for _, piece in pieces],
    )
    with connection.cursor() as cursor:
        cursor.execute(WRITE_CHUNKS, columns)
        return tuple(row[0] for row in cursor.fetchall())


def update_source_sums(source_id: int) -> None:
    """Count a source's chunks and lexemes anew, and note its languages."""
    with connection.cursor() as cursor:
        cursor.execute(UPDATE_SOURCE, [source_id, source_id])


def settle() -> None:
    """Give the planner the tables' new sizes, and let index-only scans trust the index, before the first question.

    Within a transaction only the sizes: PostgreSQL vacuums outside of one.
    """
    verb = "ANALYZE" if connection.in_atomic_block else "VACUUM (ANALYZE)"
    with connection.cursor() as cursor:
        cursor.execute(f"{verb} rag_posting, rag_chunk, rag_chunkembedding, rag_document")
