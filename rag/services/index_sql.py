"""Build, find and drop the index of a space: a partial one over its own vectors, built while everybody goes on reading.

The build has a connection of its own, past a pooler: it sets memory for its session and holds the lock of the space.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql

from rag.domain.spaces import Element, IndexKind, Space

LOCK = 0x696E6465  # "inde": beside the number of a space
LEAST_MEMORY_MB, MOST_MEMORY_MB = 64, 1024  # of a build; a graph that does not fit is built many times slower
BYTES_PER_LINK = 10
KEEPALIVE = {"connect_timeout": 10, "application_name": "lnrag index"}
FIND = """
SELECT c.relname, a.amname, i.indisvalid, pg_relation_size(c.oid), pg_get_indexdef(c.oid) LIKE '%%halfvec%%'
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
WHERE i.indrelid = 'rag_chunkembedding'::regclass AND c.relname LIKE %s
"""
CREATE = """
CREATE INDEX CONCURRENTLY {name} ON rag_chunkembedding USING {kind} ((embedding::{element}) {ops})
WITH ({options}) WHERE index_version_id = {space}
"""
PROGRESS = """
SELECT coalesce(tuples_done, 0) FROM pg_stat_progress_create_index
WHERE relid = 'rag_chunkembedding'::regclass AND pid = %s
"""
Session = psycopg.Connection[Any]


class BuiltElsewhere(Exception):
    """Somebody else builds the index of this space now."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index that exists; one that is not valid was left behind by a build that was killed."""

    name: str
    kind: IndexKind
    element: Element
    is_valid: bool
    size_bytes: int


def indexes_of(space_id: int) -> tuple[Index, ...]:
    """Return the indexes of a space, broken ones too."""
    with connection.cursor() as cursor:
        cursor.execute(FIND, [f"{_prefix(space_id)}%".replace("_", r"\_")])
        return tuple(
            Index(name, IndexKind(method), Element.HALFVEC if is_half else Element.VECTOR, is_valid, size_bytes)
            for name, method, is_valid, size_bytes, is_half in cursor.fetchall()
        )


def count_vectors(space_id: int) -> int:
    """Return how many vectors a space holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM rag_chunkembedding WHERE index_version_id = %s", [space_id])
        return int(cursor.fetchone()[0])


def drop_indexes(session: Session, space_id: int, *, but: str = "") -> None:
    """Drop the indexes of a space, broken ones too, except the one of this name; readers go on meanwhile."""
    for index in indexes_of(space_id):
        if index.name != but:
            session.execute(sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(sql.Identifier(index.name)))


@contextmanager
def building(space_id: int) -> Iterator[Session]:
    """Give the connection that builds, with the lock of the space held; who is killed lets go.

    :raises BuiltElsewhere: when another process builds an index of this space.
    """
    with psycopg.connect(**connection_settings(), autocommit=True) as session:
        held = session.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, space_id]).fetchone()
        if not (held and held[0]):
            raise BuiltElsewhere
        yield session


def create_index(session: Session, space: Space, *, vectors: int, m: int, ef_construction: int) -> None:
    """Build the index that `space` describes beside the one that serves, then put it in its place.

    Readers and writers go on meanwhile. What a killed build left behind is dropped first.
    """
    name = f"{_prefix(space.pk)}{space.index_kind}_{space.element}"
    fresh = sql.Identifier(f"{name}_new")
    drop = sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(fresh)
    memory = sql.Literal(f"{_memory_mb(space, vectors, m)}MB")
    session.execute(drop)
    session.execute(sql.SQL("SET maintenance_work_mem = {}").format(memory))
    is_graph = space.index_kind == IndexKind.HNSW
    options = {"m": m, "ef_construction": ef_construction} if is_graph else {"lists": space.lists or 1}
    session.execute(
        sql.SQL(CREATE).format(
            name=fresh,
            kind=sql.SQL(space.index_kind.value),
            element=sql.SQL(f"{space.element.value}({int(space.dimension)})"),
            ops=sql.SQL(f"{space.element.value}_cosine_ops"),
            options=sql.SQL(", ".join(f"{key} = {int(value)}" for key, value in options.items())),
            space=sql.Literal(space.pk),
        )
    )
    session.execute("ANALYZE rag_chunkembedding (index_version_id, source_id, lang)")
    drop_indexes(session, space.pk, but=f"{name}_new")
    session.execute(sql.SQL("ALTER INDEX {} RENAME TO {}").format(fresh, sql.Identifier(name)))


def progress_of(pid: int) -> int | None:
    """Return how many vectors a build has taken in, by the process id of its session; None when there is no build."""
    with connection.cursor() as cursor:
        cursor.execute(PROGRESS, [pid])
        row = cursor.fetchone()
    return int(row[0]) if row else None


def connection_settings() -> dict[str, Any]:
    """Return how the connection that builds is opened, in libpq's words."""
    if direct := settings.DATABASE_DIRECT_URL:
        return {"conninfo": direct, **KEEPALIVE}
    given = connection.settings_dict  # in a test, the test's own database
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return {**KEEPALIVE, **{key: given[name] for key, name in names.items() if given.get(name)}}


def _memory_mb(space: Space, vectors: int, m: int) -> int:
    """Return what a build may take: the whole graph where that is not too much."""
    width = 2 if space.element == Element.HALFVEC else 4
    graph = vectors * (space.dimension * width + 3 * m * BYTES_PER_LINK + 200)
    return max(LEAST_MEMORY_MB, min(MOST_MEMORY_MB, graph * 5 // 4 // 2**20))


def _prefix(space_id: int) -> str:
    return f"rag_space_{int(space_id)}_"
