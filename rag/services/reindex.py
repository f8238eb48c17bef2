"""Keep the vectors of all passages in a space: only what is missing is made, in batches, and never twice.

Resumable at any moment: each batch is claimed, embedded and written in one transaction. Memory is that of one batch.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import cast

import numpy as np
from django.db import transaction

from models_registry.domain.embedding import EmbeddingModel, EmbeddingReport, RefusedText, Vectors
from models_registry.services.embed import embed_each_by, embed_passages
from rag.domain.spaces import as_passage
from rag.metrics import EMBEDDINGS_GENERATED
from rag.models import IndexVersion, Quarantine
from rag.services.space_rows import is_built_in, searched_row, switch_to
from rag.services.vectors_sql import Claim, Lacking, claim, count_lacking, still_there, write_vectors

BATCH = 128  # passages per transaction: four calls of 32 to a host at once, and enough to sort by length here
HEADING_SHARE = 0.3  # of the vector of the breadcrumb alone: MRR +0.03; 0.2 the same, from 0.5 on it is worse
Report = Callable[[int, int], None]  # (done, of)
Until = Callable[[], bool]


def embed_missing(version: IndexVersion, *, report: Report | None = None, until: Until | None = None) -> int:
    """Give every passage that has none a vector in `version`; return how many texts were embedded.

    `report(done, of)` after each batch. Once `until()` says so it stops between two batches; a further call goes on.

    :raises ModelError: when the model or its host fails; what is written stays.
    """
    total = count_lacking(version.pk)
    return _Run(version, total=total, report=report, until=until).all_of(None) if total else 0


def embed_chunks(version: IndexVersion, chunk_ids: Sequence[int], *, report: Report | None = None) -> int:
    """Give these passages a vector in `version`, where they have none; return how many texts were embedded.

    :raises ModelError: when the model or its host fails; what is written stays.
    """
    return _Run(version, total=len(chunk_ids), report=report).all_of(chunk_ids) if chunk_ids else 0


def is_complete(version: IndexVersion) -> bool:
    """Return whether every passage has a vector in `version`, or is in its quarantine."""
    return count_lacking(version.pk) == 0


def ensure_active_index(*, at: datetime, report: Report | None = None) -> tuple[IndexVersion, int]:
    """Fill the space that is to be searched and search it; return it and how many texts were embedded.

    :raises ModelError: when its model or host fails; passages without a vector are found by their words.
    """
    version = searched_row(at=at)
    embedded = embed_missing(version, report=report)
    if not version.is_active:
        switch_to(version, at=at)
    return version, embedded


class _Run:
    """One pass over what is missing, and a second over what others were at: they may have been killed."""

    def __init__(
        self, version: IndexVersion, *, total: int, report: Report | None = None, until: Until | None = None
    ) -> None:
        self._version, self._total = version, total
        self._report, self._until = report, until
        self._done = self._embedded = 0

    def all_of(self, only: Sequence[int] | None) -> int:
        if self._pass(only, waits=False):
            self._pass(only, waits=True)
        return self._embedded

    def _pass(self, only: Sequence[int] | None, *, waits: bool) -> int:
        """Embed one batch after the other; return how many passages others had claimed."""
        after: int | None = 0
        others = 0
        while after is not None and not (self._until and self._until()):
            with transaction.atomic():
                found = claim(self._version.pk, after=after, size=BATCH, only=only, waits=waits)
                self._embed(found)
            after, others = found.latest, others + found.others
        return others

    def _embed(self, found: Claim) -> None:
        if found.passages:
            self._embedded += _embed(self._version, found.passages)
        self._done += len(found.passages) + found.reused
        if self._report and found.latest is not None:
            self._report(min(self._done, self._total), self._total)


def _embed(version: IndexVersion, passages: Sequence[Lacking]) -> int:
    """Embed and write these passages, equal texts once; return how many texts were embedded."""
    first = {one.sha256 or str(one.chunk_id): at for at, one in reversed(list(enumerate(passages)))}
    distinct = sorted(first.values())
    report = _vectors(version, [passages[at].text for at in distinct])
    rows = {distinct[place]: row for row, place in enumerate(report.places)}
    refused = {distinct[one.place]: one for one in report.refused}
    leads = [first[one.sha256 or str(one.chunk_id)] for one in passages]
    stored = [(one, rows[lead]) for one, lead in zip(passages, leads, strict=True) if lead in rows]
    write_vectors(version.pk, [one for one, _ in stored], report.vectors[[row for _, row in stored]])
    _quarantine(version, [(one, refused[at]) for one, at in zip(passages, leads, strict=True) if at in refused])
    EMBEDDINGS_GENERATED.labels(model=version.model, operation="index").inc(len(report.places))
    return len(report.places)


def _vectors(version: IndexVersion, texts: Sequence[str]) -> EmbeddingReport:
    if is_built_in(version):
        vectors = _with_headings(texts)
        return EmbeddingReport(vectors, tuple(range(len(texts))), refused=(), prompt_tokens=None, model=version.model)
    model = EmbeddingModel(version.model, digest=version.digest, dimension=version.dimension)
    return embed_each_by([as_passage(text, scheme=version.prefix_scheme) for text in texts], model=model)


def _with_headings(texts: Sequence[str]) -> Vectors:
    """Return the vectors of passages, drawn toward what their headings mean alone; equal headings cost one text."""
    headings = [text.partition("\n")[0] for text in texts]
    places = {heading: len(texts) + place for place, heading in enumerate(dict.fromkeys(headings))}
    vectors = embed_passages([*texts, *places])
    mixed = vectors[: len(texts)] + HEADING_SHARE * vectors[[places[heading] for heading in headings]]
    return cast(Vectors, mixed / np.linalg.norm(mixed, axis=1, keepdims=True))


def _quarantine(version: IndexVersion, refused: Sequence[tuple[Lacking, RefusedText]]) -> None:
    """Set passages aside that the model refused even alone, unless they were deleted meanwhile."""
    there = still_there([passage.chunk_id for passage, _ in refused])
    Quarantine.objects.bulk_create(
        [
            Quarantine(index_version=version, chunk_id=passage.chunk_id, reason=why.reason[:300])
            for passage, why in refused
            if passage.chunk_id in there
        ],
        ignore_conflicts=True,
    )
