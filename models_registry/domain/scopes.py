"""What a key may be used for. Pure."""

from collections.abc import Collection
from enum import StrEnum


class Scope(StrEnum):
    ADVICE = "advice"
    RAG = "rag"
    LIBRARY = "library"  # fill it and empty it; without it a key only reads
    GATEWAY = "gateway"
    EMBEDDINGS = "embeddings"
    STATS = "stats"


def is_allowed(scopes: Collection[str], scope: str) -> bool:
    """Return whether a key with these scopes may be used for `scope`. A key that names none may be used for all."""
    return not scopes or scope in scopes
