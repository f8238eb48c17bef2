"""Passages with made-up vectors: as many as a test of an index needs, without embedding anything."""

import numpy as np
from django.db import connection
from django.utils import timezone

from models_registry.domain.embedding import Vectors
from rag.models import Chunk, Document, IndexVersion, Source
from rag.services.postings import update_source_sums
from rag.services.vectors_sql import copy_vectors

COPY_CHUNKS = "COPY rag_chunk (document_id, ordinal, breadcrumb, text, sha256, word_count, lexeme_count) FROM STDIN"


def unit_vectors(count: int, *, dimension: int, seed: int = 7, topics: int = 200) -> Vectors:
    """Return vectors around some topics, as those of texts are; evenly spread ones have no near neighbors at all."""
    rng = np.random.default_rng(seed)
    centers = rng.normal(size=(topics, dimension))
    rows = centers[rng.integers(topics, size=count)] + rng.normal(size=(count, dimension))
    vectors: Vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return vectors


def space_row(slug: str, *, dimension: int, **values: object) -> IndexVersion:
    """Return a new row of a space by a model that nobody has."""
    given = {"model": "made-up", "digest": "1", "version": "1", "dimension": dimension}
    return IndexVersion.objects.create(slug=slug, **(given | values))


def stored_passages(source: Source, count: int, *, lang: str = "en") -> list[int]:
    """Store a document of `count` passages without words, and return their ids."""
    document = Document.objects.create(
        source=source, uid=f"{lang}-{timezone.now()}", title="Made up", lang=lang, content="", content_sha256=""
    )
    with connection.cursor() as cursor, cursor.copy(COPY_CHUNKS) as copy:
        for ordinal in range(count):
            copy.write_row((document.pk, ordinal, "Made up", f"Passage {ordinal}", f"{document.pk}-{ordinal}", 2, 2))
    update_source_sums(source.pk)
    return list(Chunk.objects.filter(document=document).order_by("pk").values_list("pk", flat=True))


def stored_vectors(row: IndexVersion, source: Source, chunk_ids: list[int], vectors: Vectors, lang: str = "en") -> None:
    """Give these passages these vectors in a space."""
    copy_vectors((row.pk, chunk, source.pk, lang, vector) for chunk, vector in zip(chunk_ids, vectors, strict=True))
