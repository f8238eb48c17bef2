"""Build the index that a space's size calls for, measure what it misses, and only then let the search use it."""

import logging
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from django.db import connection

from rag import metrics
from rag.domain.spaces import Element, IndexKind, Space, element_for, keeps_kind, kind_for, lists_for
from rag.models import IndexVersion
from rag.queries.spaces import hnsw_from
from rag.services.active_space import space_of
from rag.services.index_recall import tuned
from rag.services.index_sql import (
    Session,
    building,
    count_vectors,
    create_index,
    drop_indexes,
    indexes_of,
    progress_of,
)

logger = logging.getLogger(__name__)
POLL_S = 0.5
Report = Callable[[str, int, int], None]  # (step, done, of)


def index_fits(row: IndexVersion) -> bool:
    """Return whether the index of a space still suits its size, and is there."""
    vectors = count_vectors(row.pk)
    current = IndexKind(row.index_kind)
    if not keeps_kind(current, vectors=vectors, hnsw_from=hnsw_from(), forced=row.forced_kind):
        return False
    return current == IndexKind.EXACT or any(one.kind == current and one.is_valid for one in indexes_of(row.pk))


def build_index(row: IndexVersion, *, report: Report | None = None, afresh: bool = False) -> None:
    """Make the space's index what its row and size ask for; with `afresh` also one that is there already.

    The former one serves until the new one is there and measured.

    :raises BuiltElsewhere: when another process builds an index of this space.
    """
    vectors = count_vectors(row.pk)
    wanted = _wanted(row, vectors)
    with building(row.pk) as session:
        if wanted.index_kind == IndexKind.EXACT:
            _keep(row, wanted, recall=None)
            drop_indexes(session, row.pk)
            return
        if afresh or not index_fits(row):
            with _watched(session, vectors=vectors, report=report):
                create_index(session, wanted, vectors=vectors, m=row.hnsw_m, ef_construction=row.hnsw_ef_construction)
        if report:
            report("check", 0, 1)
        _keep(row, *tuned(wanted))


def _wanted(row: IndexVersion, vectors: int) -> Space:
    kind = kind_for(vectors, hnsw_from=hnsw_from(), forced=row.forced_kind)
    lists = row.ivfflat_lists or lists_for(vectors)
    element = Element.HALFVEC if element_for(row.dimension) == Element.HALFVEC else Element(row.element)
    space = replace(space_of(row), index_kind=kind, element=element)
    if kind == IndexKind.IVFFLAT:
        return replace(space, lists=lists, probes=row.ivfflat_probes or math.isqrt(lists))
    return space


def _keep(row: IndexVersion, space: Space, recall: float | None) -> None:
    """Write down what serves from now on, in one statement."""
    row.index_kind, row.element, row.measured_recall = space.index_kind, space.element, recall
    row.hnsw_ef_search, row.ivfflat_lists, row.ivfflat_probes = space.ef_search, space.lists, space.probes
    fields = ["index_kind", "element", "measured_recall", "hnsw_ef_search", "ivfflat_lists", "ivfflat_probes"]
    row.save(update_fields=fields)
    for index in indexes_of(row.pk):
        metrics.INDEX_SIZE_BYTES.labels(index_type=index.kind.value).set(index.size_bytes)
    logger.info("rag.index.built", extra={"space": row.slug, "kind": space.index_kind.value, "recall": recall})


@contextmanager
def _watched(session: Session, *, vectors: int, report: Report | None) -> Iterator[None]:
    """Report how far a build is, from a thread with a connection of its own, since the session is busy with it."""
    if report is None:
        yield
        return
    is_over = threading.Event()
    watch = threading.Thread(target=_watch, args=(session.info.backend_pid, vectors, report, is_over), daemon=True)
    watch.start()
    try:
        yield
    finally:
        is_over.set()
        watch.join()


def _watch(pid: int, vectors: int, report: Report, is_over: threading.Event) -> None:
    try:
        while not is_over.wait(POLL_S):
            if done := progress_of(pid):
                report("index", min(done, vectors), vectors)
    finally:
        connection.close()
