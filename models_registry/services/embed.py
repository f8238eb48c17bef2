"""Turn texts into vectors of the one space in use. Sync: call it from a job or a thread, never on the event loop."""

from collections.abc import Sequence
from functools import cache, lru_cache

from django.conf import settings

from models_registry.domain.embedding import EmbeddingSpace, Vectors
from models_registry.providers.builtin import SPACE, BuiltinEmbedder

QUESTIONS_KEPT = 512  # x 384 floats: under 1 MB; the same question is embedded for retrieval, cache and warming


def embedding_space() -> EmbeddingSpace:
    """Return the space of every vector made here."""
    return SPACE


def embed_passages(texts: Sequence[str]) -> Vectors:
    """Return one unit-length row per passage, in order; float32, shape (n, dimension).

    :raises ProviderUnavailable: when the embedder's files are missing or altered.
    """
    return _embedder().embed(texts)


def embed_question(text: str) -> Vectors:
    """Return the question's unit-length vector, shape (dimension,); read-only, since equal questions share it.

    :raises ProviderUnavailable: when the embedder's files are missing or altered.
    """
    return _embedded_question(text.strip())


@lru_cache(maxsize=QUESTIONS_KEPT)
def _embedded_question(text: str) -> Vectors:
    vector: Vectors = _embedder().embed((text,))[0]
    vector.setflags(write=False)
    return vector


@cache
def _embedder() -> BuiltinEmbedder:
    return BuiltinEmbedder(settings.MODEL_CACHE_DIR)
