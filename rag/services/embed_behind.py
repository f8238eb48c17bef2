"""Embed what has been stored while the next batch is read and stored: database and embedder work side by side.

Within a transaction nobody else sees what was stored: then it is embedded in between, in the same thread.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from threading import Barrier, Lock
from types import TracebackType
from typing import Self

from django.db import connection

from models_registry.domain.errors import ModelError
from models_registry.services.borrow import give_back
from rag.models import IndexVersion
from rag.services.keep_spaces import keep_index
from rag.services.reindex import embed_chunks, embed_missing
from rag.services.space_rows import searched_row, switch_to

TEXTS_AT_ONCE = 128  # a batch of the embedding; it can be stopped between two
WORKERS = 2  # while one claims its batch or writes the vectors, the embedder works for the other


class EmbedBehind:
    """Embeds passages one batch behind. What was stored and not embedded, an earlier run's too, `finish` completes.

    A model that cannot be reached costs the vectors, never the documents: `failure` says so, another run goes on.
    """

    def __init__(
        self, *, at: datetime, report: Callable[[str, int, int], None] | None, until: Callable[[], bool] | None
    ) -> None:
        self._at, self._report, self._until = at, report, until or (lambda: False)
        is_seen = not connection.in_atomic_block
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="embed-behind") if is_seen else None
        self._counting = Lock()
        self._jobs: list[Future[None]] = []
        self._version: IndexVersion | None = None
        self._ordered = self._embedded = 0
        self._has_begun = self._was_stopped = False
        self.failure: ModelError | None = None
        self.is_complete = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        for job in self._jobs:
            job.cancel()  # only those that an error left
        if self._pool:
            everybody = Barrier(WORKERS)
            for _ in range(WORKERS):
                self._pool.submit(_leave, everybody)
            self._pool.shutdown(wait=True)

    def add(self, chunk_ids: Sequence[int]) -> None:
        """Have these passages embedded; returns at once, outside a transaction."""
        if not chunk_ids:
            return
        self._version = self._version or searched_row(at=self._at)
        self._ordered += len(chunk_ids)
        for start in range(0, len(chunk_ids), TEXTS_AT_ONCE):
            part = chunk_ids[start : start + TEXTS_AT_ONCE]
            if self._pool:
                self._jobs.append(self._pool.submit(self._embed, self._version, part))
            else:
                self._embed(self._version, part)

    def finish(self) -> tuple[str, int]:
        """Wait for all, embed what earlier runs left, have the space searched; return it and how many texts it were."""
        for job in self._jobs:
            job.result()
        version = self._version or searched_row(at=self._at)
        if self.failure is None:
            self._complete(version)
        return version.slug, self._embedded

    def _complete(self, version: IndexVersion) -> None:
        try:
            self._embedded += embed_missing(version, report=self._missing_reported, until=self._is_time_up)
        except ModelError as exc:
            self.failure, self.is_complete = exc, False
            return
        self.is_complete = self.is_complete and not self._was_stopped
        if self.is_complete and not version.is_active:
            switch_to(version, at=self._at)
        if self._embedded:
            keep_index(version, at=self._at)

    def _is_time_up(self) -> bool:
        """Return whether to stop; never before the first batch, or no number of runs would come to an end."""
        self._was_stopped = self._was_stopped or (self._has_begun and self._until())
        return self._was_stopped

    def _missing_reported(self, done: int, of: int) -> None:
        self._has_begun = True
        if self._report:
            self._report("embed", self._embedded + done, self._embedded + of)

    def _embed(self, version: IndexVersion, chunk_ids: Sequence[int]) -> None:
        if self.failure or self._is_time_up():
            self.is_complete = False
            return
        try:
            embedded = embed_chunks(version, chunk_ids)
        except ModelError as exc:
            self.failure, self.is_complete = exc, False
            return
        with self._counting:
            self._embedded += embedded
            self._has_begun = True
            if self._report:
                self._report("embed", self._embedded, self._ordered)


def _leave(everybody: Barrier) -> None:
    """Give back the connection of this thread; each waits for the others, so that none does it twice."""
    everybody.wait()
    give_back()
