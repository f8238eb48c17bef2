"""Keep the vectors of all chunks in the space of the model that serves. Resumable: only what is missing is made."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from models_registry.services.embed import embed_passages, embedding_space
from rag.metrics import EMBEDDINGS_GENERATED, INDEX_OPERATIONS
from rag.models import Chunk, ChunkEmbedding, IndexVersion

BATCH = 64  # texts per call: enough to sort by length, small enough to show progress


def current_version(*, at: datetime) -> IndexVersion:
    """Return the row of the space that the embedder of this process writes in, created when it is new."""
    space = embedding_space()
    version, _ = IndexVersion.objects.get_or_create(
        slug=space.slug,
        defaults={
            "model": space.model,
            "digest": space.digest,
            "dimension": space.dimension,
            "prefix_scheme": space.prefix_scheme,
            "version": space.version,
            "created_at": at,
        },
    )
    return version


def embed_missing(version: IndexVersion, *, report: Callable[[int, int], None] | None = None) -> int:
    """Embed every chunk that has no vector in `version`; return how many. `report(done, of)` after each batch."""
    missing = Chunk.objects.exclude(embeddings__index_version=version).order_by("pk")
    done = 0
    texts = list(missing.values_list("pk", "document__source_id", "document__lang", "breadcrumb", "text"))
    for chunks in (texts[start : start + BATCH] for start in range(0, len(texts), BATCH)):
        vectors = embed_passages([f"{breadcrumb}\n{text}" for _, _, _, breadcrumb, text in chunks])
        ChunkEmbedding.objects.bulk_create(
            [
                ChunkEmbedding(index_version=version, chunk_id=pk, source_id=source_id, lang=lang, embedding=vector)
                for (pk, source_id, lang, _, _), vector in zip(chunks, vectors, strict=True)
            ],
            ignore_conflicts=True,  # another process may embed the same chunks
        )
        done += len(chunks)
        EMBEDDINGS_GENERATED.labels(model=version.model, operation="index").inc(len(chunks))
        if report:
            report(done, len(texts))
    return done


@transaction.atomic
def activate(version: IndexVersion) -> None:
    """Make `version` the one that is searched. One transaction: there is never none and never two."""
    IndexVersion.objects.filter(is_active=True).exclude(pk=version.pk).update(is_active=False)
    IndexVersion.objects.filter(pk=version.pk).update(is_active=True)
    INDEX_OPERATIONS.labels(operation="activate", status="ok").inc()


def ensure_active_index(*, at: datetime, report: Callable[[int, int], None] | None = None) -> tuple[IndexVersion, int]:
    """Fill the current space and make it the searched one; return it and how many texts were embedded."""
    version = current_version(at=at)
    embedded = embed_missing(version, report=report)
    if not IndexVersion.objects.filter(pk=version.pk, is_active=True).exists():
        activate(version)
    return version, embedded
