"""Fill the inverted index from the text of chunks, and keep the sums that BM25 needs. One SQL statement each."""

from collections.abc import Sequence

from django.db import connection

# Accents are folded on both sides, since PostgreSQL's French dictionary knows "liquidité" but readers type "liquidite".
ACCENTED = "àâäáãåçèéêëìíîïñòóôöõùúûüýÿ"
PLAIN = "aaaaaaceeeeiiiinooooouuuuyy"


def folded_sql(expression: str) -> str:
    """Return SQL that folds a text expression as `rag.domain.expansion.fold` does, near enough for matching."""
    return f"replace(replace(translate(lower({expression}), '{ACCENTED}', '{PLAIN}'), 'œ', 'oe'), 'æ', 'ae')"


# What a heading names, its text is about: two more mentions lift MRR by 0.02 to 0.04, a fourth adds nothing.
FOLDED_CHUNK = folded_sql("concat(c.breadcrumb, ' ', c.breadcrumb, ' ', c.breadcrumb, ' ', c.text)")
INSERT_POSTINGS = f"""
INSERT INTO rag_posting (lexeme, chunk_id, source_id, lang, frequency, chunk_length)
SELECT lexeme, chunk_id, source_id, lang, frequency, sum(frequency) OVER (PARTITION BY chunk_id)
FROM (
    SELECT c.id AS chunk_id, d.source_id, d.lang, t.lexeme, cardinality(t.positions)::int AS frequency
    FROM rag_chunk c
    JOIN rag_document d ON d.id = c.document_id
    CROSS JOIN LATERAL unnest(
        to_tsvector(
            CASE d.lang WHEN 'fr' THEN 'french'::regconfig ELSE 'english'::regconfig END,
            {FOLDED_CHUNK}
        )
    ) t
    WHERE c.id = ANY(%s)
) counted
"""  # noqa: S608 - made of constants only
UPDATE_LENGTHS = """
UPDATE rag_chunk c SET lexeme_count = p.chunk_length
FROM (SELECT DISTINCT chunk_id, chunk_length FROM rag_posting WHERE chunk_id = ANY(%s)) p
WHERE p.chunk_id = c.id
"""
UPDATE_SOURCE = """
UPDATE rag_source s SET chunk_count = sums.chunks, lexeme_total = sums.lexemes
FROM (
    SELECT count(*) AS chunks, coalesce(sum(c.lexeme_count), 0) AS lexemes
    FROM rag_chunk c JOIN rag_document d ON d.id = c.document_id
    WHERE d.source_id = %s
) sums
WHERE s.id = %s
"""


def write_postings(chunk_ids: Sequence[int]) -> int:
    """Write the postings of new chunks and their lengths; return how many postings."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT_POSTINGS, [list(chunk_ids)])
        written = int(cursor.rowcount)
        cursor.execute(UPDATE_LENGTHS, [list(chunk_ids)])
    return written


def update_source_sums(source_id: int) -> None:
    """Count a source's chunks and lexemes anew."""
    with connection.cursor() as cursor:
        cursor.execute(UPDATE_SOURCE, [source_id, source_id])


def settle() -> None:
    """Give the planner the tables' new sizes, and let index-only scans trust the index, before the first question.

    Within a transaction only the sizes: PostgreSQL vacuums outside of one.
    """
    verb = "ANALYZE" if connection.in_atomic_block else "VACUUM (ANALYZE)"
    with connection.cursor() as cursor:
        cursor.execute(f"{verb} rag_posting, rag_chunk, rag_chunkembedding, rag_document")
