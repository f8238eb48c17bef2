"""Jobs of the knowledge floor. Safe to run twice: ingestion is idempotent, embedding makes only what is missing."""

from django.utils import timezone

from rag.services import build_space as building
from rag.services import keep_spaces as keeping
from rag.services.ingest import load_library
from rag.services.reindex import ensure_active_index


def load_knowledge(**_future: object) -> None:
    """Bring the built-in library up to date."""
    load_library(at=timezone.now())


def complete_index(**_future: object) -> None:
    """Embed the passages that have no vector in the current space, and search in it."""
    ensure_active_index(at=timezone.now())


def build_space(*, space_id: int, afresh: bool = False, **_future: object) -> None:
    """Work on an embedding space for a while, and queue the next slice when it is not complete."""
    if building.run_slice(space_id, afresh=afresh):
        building.enqueue(space_id, afresh=afresh)


def keep_spaces(**_future: object) -> None:
    """Go on with what was interrupted, embed what lacks a vector, and give every space the index its size calls for."""
    keeping.keep_all(at=timezone.now())
