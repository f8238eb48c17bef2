"""Jobs of the knowledge floor. Safe to run twice: ingestion is idempotent, embedding makes only what is missing."""

from django.utils import timezone

from rag.services.ingest import load_library
from rag.services.reindex import ensure_active_index


def load_knowledge(**_future: object) -> None:
    """Bring the built-in library up to date."""
    load_library(at=timezone.now())


def complete_index(**_future: object) -> None:
    """Embed the passages that have no vector in the current space, and search in it."""
    ensure_active_index(at=timezone.now())
