"""A library of any size for the search bench: the real corpus where it is, the built-in library otherwise, then copies.

A copy has the words of its passage and a vector near it, so that words are as frequent as in a real library and vectors
have neighbors. It is made within the server, without the checks of each row.
"""

import tarfile
import tempfile
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import connection
from django.utils import timezone

from models_registry.domain.embedding import Vectors
from rag.models import Chunk, IndexVersion, Source
from rag.services import defaults
from rag.services.build_index import build_index
from rag.services.ingest import KNOWLEDGE_DIR, ingest_folder, upload_source
from rag.services.postings import settle, update_source_sums
from rag.services.vectors_sql import copy_vectors

CORPUS = Path(settings.BASE_DIR).parent / "shared" / "data" / "corpus.tar.xz"
COPY_STEP = 1_000_000  # between the ordinals of a passage and its copy
NOISE = 0.6  # length of what is added to a unit vector: cosine 0.86 to the passage it is a copy of
COPY_CHUNKS = """
INSERT INTO rag_chunk (document_id, ordinal, breadcrumb, text, sha256, word_count, lexeme_count)
SELECT document_id, ordinal + %(step)s, breadcrumb, text, '', word_count, lexeme_count
FROM rag_chunk WHERE ordinal < %(first)s ORDER BY id LIMIT %(count)s
"""
COPY_POSTINGS = """
INSERT INTO rag_posting (lexeme, chunk_id, source_id, lang, frequency, chunk_length)
SELECT p.lexeme, fresh.id, p.source_id, p.lang, p.frequency, p.chunk_length
FROM rag_chunk fresh
JOIN rag_chunk c ON c.document_id = fresh.document_id AND c.ordinal = fresh.ordinal - %(step)s
JOIN rag_posting p ON p.chunk_id = c.id
WHERE fresh.ordinal >= %(step)s AND fresh.ordinal < %(step)s + %(first)s
"""
COPIES = """
SELECT fresh.id, d.source_id, d.lang, e.embedding::text
FROM rag_chunk fresh
JOIN rag_chunk c ON c.document_id = fresh.document_id AND c.ordinal = fresh.ordinal - %(step)s
JOIN rag_document d ON d.id = fresh.document_id
JOIN rag_chunkembedding e ON e.chunk_id = c.id
WHERE fresh.ordinal >= %(step)s AND fresh.ordinal < %(step)s + %(first)s
"""


def base() -> Source:
    """Take the corpus in, the usual way, and return its source; nothing else is searched."""
    now = timezone.now()
    defaults.load(at=now)
    Source.objects.all().delete()
    source = upload_source("Corpus", slug="corpus", is_public=True)
    if not CORPUS.is_file():
        ingest_folder(KNOWLEDGE_DIR, source=source, at=now)
        return source
    with tempfile.TemporaryDirectory() as folder, tarfile.open(CORPUS) as archive:
        archive.extractall(folder, filter="data")
        ingest_folder(Path(folder) / "corpus", source=source, at=now)
    return source


def grow(source: Source, *, to: int, seed: int = 7) -> int:
    """Copy passages until there are `to`, and return how many there are."""
    rng = np.random.default_rng(seed)
    originals = Chunk.objects.filter(ordinal__lt=COPY_STEP).count()
    have, copies = Chunk.objects.count(), Chunk.objects.filter(ordinal__gte=COPY_STEP).count()
    while have < to:
        step = (copies // max(originals, 1) + 1) * COPY_STEP
        _copy_once(step=step, count=min(to - have, originals), rng=rng)
        have, copies = Chunk.objects.count(), Chunk.objects.filter(ordinal__gte=COPY_STEP).count()
    update_source_sums(source.pk)
    settle()
    return have


def index(kind: str) -> IndexVersion:
    """Build this kind of index in the space that is searched."""
    row = IndexVersion.objects.get(is_active=True)
    row.forced_kind = kind
    row.save(update_fields=["forced_kind"])
    build_index(row)
    return row


def _copy_once(*, step: int, count: int, rng: np.random.Generator) -> None:
    values = {"step": step, "first": COPY_STEP, "count": count}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no check of each row's references
        cursor.execute(COPY_CHUNKS, values)
        cursor.execute("ANALYZE rag_chunk")
        cursor.execute(COPY_POSTINGS, values)
        cursor.execute(COPIES, values)
        rows = cursor.fetchall()
        cursor.execute("RESET session_replication_role")
    space = IndexVersion.objects.get(is_active=True).pk
    near = (_near(vector, rng) for *_, vector in rows)
    copy_vectors(
        (space, chunk, source, lang, vector) for (chunk, source, lang, _), vector in zip(rows, near, strict=True)
    )


def _near(text: str, rng: np.random.Generator) -> Vectors:
    vector = np.array(text[1:-1].split(","), dtype=np.float32)
    noise = rng.normal(size=len(vector)).astype(np.float32)
    moved: Vectors = vector + NOISE * noise / np.linalg.norm(noise)
    return moved / np.float32(np.linalg.norm(moved))
