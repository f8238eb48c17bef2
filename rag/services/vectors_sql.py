"""Read the passages that have no vector in a space, claimed so that nobody else embeds them too; write vectors by COPY.

A claim is an advisory lock of the transaction at hand: who is killed lets go, and nothing half done stays.
"""

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection

from models_registry.domain.embedding import Vectors

LACKING = """
NOT EXISTS (SELECT FROM rag_chunkembedding e WHERE e.index_version_id = %(space)s AND e.chunk_id = c.id)
AND NOT EXISTS (SELECT FROM rag_quarantine q WHERE q.index_version_id = %(space)s AND q.chunk_id = c.id)
"""
COUNT = f"SELECT count(*) FROM rag_chunk c WHERE {LACKING}"  # noqa: S608 - made of constants only
# Tried in the order of ids, and in a list that is bounded first: a lock that is not needed would keep others waiting.
CLAIM = f"""
SELECT id, {{lock}} FROM (
    SELECT c.id FROM rag_chunk c
    WHERE c.id > %(after)s AND (%(only)s::bigint[] IS NULL OR c.id = ANY (%(only)s::bigint[])) AND {LACKING}
    ORDER BY c.id LIMIT %(size)s
) AS lacking
"""  # noqa: S608 - made of constants only
KEY = "(%(space)s::bigint << 40) + id"
TRY = f"pg_try_advisory_xact_lock({KEY})"
WAIT = f"pg_advisory_xact_lock({KEY}) IS NOT NULL"
# Asked after the claim: who held it before may have written the vector since.
PASSAGES = f"""
SELECT c.id, d.source_id, d.lang, c.sha256, c.breadcrumb || E'\\n' || c.text
FROM rag_chunk c JOIN rag_document d ON d.id = c.document_id
WHERE c.id = ANY (%(claimed)s) AND {LACKING} ORDER BY c.id
"""  # noqa: S608 - made of constants only
REUSE = """
INSERT INTO rag_chunkembedding (index_version_id, chunk_id, source_id, lang, embedding)
SELECT DISTINCT ON (c.id) e.index_version_id, c.id, d.source_id, d.lang, e.embedding
FROM rag_chunk c
JOIN rag_document d ON d.id = c.document_id
JOIN rag_chunk twin ON twin.sha256 = c.sha256 AND twin.id <> c.id
JOIN rag_chunkembedding e ON e.chunk_id = twin.id AND e.index_version_id = %(space)s
WHERE c.id = ANY (%(claimed)s) AND c.sha256 <> ''
ON CONFLICT DO NOTHING
"""
STILL_THERE = "SELECT id FROM rag_chunk WHERE id = ANY (%s) ORDER BY id FOR KEY SHARE"
COPY = "COPY rag_chunkembedding (index_version_id, chunk_id, source_id, lang, embedding) FROM STDIN (FORMAT BINARY)"
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
TRAILER = struct.pack("!h", -1)


@dataclass(frozen=True, slots=True)
class Lacking:
    """A passage without a vector, and what is repeated beside its vector."""

    chunk_id: int
    source_id: int
    lang: str
    sha256: str
    text: str


@dataclass(frozen=True, slots=True)
class Claim:
    """What one look found: the latest id it met (None: nothing is lacking), what is ours, how much is others'."""

    latest: int | None
    passages: tuple[Lacking, ...]
    reused: int = 0
    others: int = 0


def count_lacking(space_id: int) -> int:
    """Return how many passages have no vector in this space, those in quarantine aside."""
    return int(_rows(COUNT, {"space": space_id})[0][0])


def claim(space_id: int, *, after: int, size: int, only: Sequence[int] | None = None, waits: bool = False) -> Claim:
    """Claim up to `size` passages without a vector beyond the id `after`, within the transaction at hand.

    Equal texts that have a vector already lend it. With `waits` those that others work on are waited for.
    """
    values: dict[str, Any] = {
        "space": space_id,
        "after": after,
        "size": size,
        "only": None if only is None else list(only),
    }
    met = _rows(CLAIM.format(lock=WAIT if waits else TRY), values)
    claimed = [chunk for chunk, is_ours in met if is_ours]
    if not claimed:
        return Claim(latest=met[-1][0] if met else None, passages=(), others=len(met))
    ours: dict[str, Any] = {"space": space_id, "claimed": claimed}
    with connection.cursor() as cursor:
        cursor.execute(REUSE, ours)
        reused = int(cursor.rowcount)
    passages = tuple(Lacking(*row) for row in _rows(PASSAGES, ours))
    return Claim(latest=met[-1][0], passages=passages, reused=reused, others=len(met) - len(claimed))


def write_vectors(space_id: int, passages: Sequence[Lacking], vectors: Vectors) -> int:
    """Write one vector per passage and return how many; a passage that was deleted meanwhile is left out."""
    there = still_there([one.chunk_id for one in passages])
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)  # hosts send six digits
    kept = [(one, vector) for one, vector in zip(passages, units, strict=True) if one.chunk_id in there]
    copy_vectors((space_id, one.chunk_id, one.source_id, one.lang, vector) for one, vector in kept)
    return len(kept)


def still_there(chunk_ids: Sequence[int]) -> set[int]:
    """Return those of these passages that exist, and keep them from being deleted until the transaction ends."""
    return {row[0] for row in _rows(STILL_THERE, [list(chunk_ids)])}


def copy_vectors(rows: Iterable[tuple[int, int, int, str, Vectors]]) -> None:
    """Write (space, chunk, source, language, vector) rows in the server's own binary format, one after the other."""
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.write(SIGNATURE)
        for space, chunk, source, lang, vector in rows:
            spoken = lang.encode()
            values = np.asarray(vector, dtype=">f4").tobytes()
            head = struct.pack("!hiqiqiqi", 5, 8, space, 8, chunk, 8, source, len(spoken))
            copy.write(head + spoken + struct.pack("!ihh", len(values) + 4, len(values) // 4, 0) + values)
        copy.write(TRAILER)


def _rows(statement: str, values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
