"""Look after the spaces: nothing lacks a vector, the index suits the size, the model is still the same.

Long work is queued; here only a slice of embedding is done.
"""

import time
from datetime import datetime

from models_registry.domain.errors import ModelError
from models_registry.domain.model_names import normalized
from models_registry.services.embed import embedding_models
from rag.models import IndexVersion
from rag.services import spaces
from rag.services.build_index import index_fits
from rag.services.probe_space import installed_model
from rag.services.reindex import embed_missing
from rag.services.space_rows import is_alive, is_built_in

SLICE_S = 60.0
REPLACED = "The model was replaced by another of that name on its host: a new space is planned."
State = IndexVersion.State


def keep_all(*, at: datetime) -> tuple[str, ...]:
    """Do for each space what is due and return a line for each that something was done for."""
    lines = [keep(row, at=at) for row in IndexVersion.objects.order_by("pk") if not is_alive(row, at=at)]
    return tuple(line for line in lines if line)


def keep(row: IndexVersion, *, at: datetime) -> str:
    """Do what is due for one space and return what it was; empty: nothing."""
    if _is_replaced(row):
        return _plan_successor(row, at=at)
    if row.state == State.BUILDING:
        return _build(row, "goes on", at=at)
    if row.state == State.PLANNED:
        return _build(row, "begins", at=at) if row.activates_when_ready and _is_there(row) else ""
    is_in_use = row.is_active or row.activated_at is None  # one that was left is completed when it is activated again
    if row.state == State.READY and is_in_use:
        return _complete(row) or keep_index(row, at=at)
    return ""


def keep_index(row: IndexVersion, *, at: datetime) -> str:
    """Queue the index that the size of a space calls for, when it has another; return what was done."""
    if is_alive(row, at=at) or index_fits(row):
        return ""
    return _build(row, "index", at=at)


def _build(row: IndexVersion, why: str, *, at: datetime) -> str:
    spaces.build(row, at=at)
    return f"space {row}: {why}"


def _complete(row: IndexVersion) -> str:
    """Embed what lacks in a space that is searched or about to be; a host that is away is asked next time."""
    if is_built_in(row) and not row.is_active:  # maybe of an older release
        return ""
    until = time.monotonic() + SLICE_S
    try:
        embedded = embed_missing(row, until=lambda: time.monotonic() > until)
    except ModelError as exc:
        return f"space {row}: {exc.code}"
    return f"space {row}: {embedded} embedded" if embedded else ""


def _is_there(row: IndexVersion) -> bool:
    return is_built_in(row) or installed_model(row.model) is not None


def _is_replaced(row: IndexVersion) -> bool:
    """Return whether the host's model of this name is another one now (IX-05). A host that is away replaces nothing."""
    if is_built_in(row) or not row.digest or row.message == REPLACED:
        return False
    found = [one.digest for one in embedding_models() if normalized(one.tag) == normalized(row.model)]
    return bool(found) and row.digest not in found


def _plan_successor(row: IndexVersion, *, at: datetime) -> str:
    IndexVersion.objects.filter(pk=row.pk).update(message=REPLACED)
    wanted = row.is_active or row.activates_when_ready
    successor = spaces.plan_space(row.model, at=at, version=row.version, activates_when_ready=wanted)
    if wanted:
        spaces.build(successor, at=at)
    return f"space {row}: {successor} takes its place"
