"""How far an embedding space is, and what there is still to do."""

from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Exists, OuterRef

from rag.domain.spaces import IndexKind, kind_for
from rag.models import Chunk, ChunkEmbedding, IndexVersion, LibraryPolicy, Quarantine


@dataclass(frozen=True, slots=True)
class Survey:
    """One space as it stands. `wanted_kind` is the index its size calls for; recall is None where nothing is missed."""

    slug: str
    model: str
    state: str
    is_active: bool
    vectors: int
    lacking: int
    quarantined: int
    kind: str
    wanted_kind: str
    recall: float | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def hnsw_from() -> int:
    """Return from how many passages on a graph is built, as the policy says. One statement."""
    row = LibraryPolicy.objects.only("hnsw_from").first() or LibraryPolicy()
    return row.hnsw_from


def survey(row: IndexVersion | None, *, model: str = "", forced: str = "") -> Survey:
    """Return how a space stands; None: one that is not planned yet, by this model."""
    passages = Chunk.objects.count()
    pk = row.pk if row else None
    held = ChunkEmbedding.objects.filter(index_version=pk)
    quarantined = Quarantine.objects.filter(index_version=pk)
    there = Exists(held.filter(chunk=OuterRef("pk"))) | Exists(quarantined.filter(chunk=OuterRef("pk")))
    lacking = Chunk.objects.exclude(there).count() if row else passages
    return Survey(
        slug=row.slug if row else "",
        model=row.model if row else model,
        state=row.state if row else "",
        is_active=row is not None and row.is_active,
        vectors=held.count() if row else 0,
        lacking=lacking,
        quarantined=quarantined.count() if row else 0,
        kind=row.index_kind if row else IndexKind.EXACT,
        wanted_kind=kind_for(passages, hnsw_from=hnsw_from(), forced=forced or (row.forced_kind if row else "")),
        recall=row.measured_recall if row else None,
    )
