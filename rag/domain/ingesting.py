"""What an ingestion did, as everybody is told: terminal, page, program. Pure."""

from dataclasses import dataclass, replace

from rag.domain.documents import Unread

FIGURES = (
    "documents", "created", "updated", "unchanged", "renamed", "deleted", "failed", "chunks", "embedded", "flagged",
    "seconds",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What one ingestion did, in documents, chunks and texts embedded; `flagged` documents show injection patterns.

    `failed` counts files and records. Not `is_complete`: time was up, or the model could not be reached, as
    `without_vectors` says; another run goes on.
    """

    source: str
    documents: int
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    renamed: int = 0
    deleted: int = 0
    failed: int = 0
    chunks: int = 0
    embedded: int = 0
    flagged: int = 0
    seconds: float = 0.0
    index_version: str = ""
    without_vectors: str = ""
    is_complete: bool = True
    failures: tuple[Unread, ...] = ()

    @property
    def has_changed(self) -> bool:
        return bool(self.created or self.updated or self.renamed or self.deleted)


def together(first: IngestReport, second: IngestReport) -> IngestReport:
    """Return two reports on different documents of one source as one."""
    sums = {name: getattr(first, name) + getattr(second, name) for name in FIGURES}
    return replace(
        second,
        source=first.source,
        index_version=second.index_version or first.index_version,
        failures=first.failures + second.failures,
        without_vectors=first.without_vectors or second.without_vectors,
        is_complete=first.is_complete and second.is_complete,
        **sums,
    )
