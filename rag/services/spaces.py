"""What an administrator does with embedding spaces: plan one, have it built, search in it, give it up.

`build_space` does the work, `keep_spaces` looks after them.
"""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify

from models_registry.domain.errors import ModelError
from models_registry.domain.model_names import normalized
from models_registry.services.embed import BUILTIN_NAMES, embedding_space
from rag.domain.errors import SpaceNotReady
from rag.domain.spaces import PrefixScheme, element_for, scheme_of
from rag.metrics import INDEX_OPERATIONS
from rag.models import ChunkEmbedding, IndexVersion, Quarantine
from rag.services import build_space
from rag.services.index_sql import building, drop_indexes
from rag.services.probe_space import installed_model
from rag.services.reindex import embed_chunks
from rag.services.space_rows import built_in_row

State = IndexVersion.State
AT_ONCE = 5_000  # vectors deleted in one statement


def plan_space(
    model: str,
    *,
    at: datetime,
    version: str = "",
    dimension: int = 0,
    scheme: PrefixScheme | None = None,
    activates_when_ready: bool = False,
) -> IndexVersion:
    """Return the row of a space by this model, made when it is new: the built-in one, or a host's by its tag.

    What is not known of it, digest and width, is asked of the model when it is built. `scheme` None: told by the name;
    `version` empty: as the settings say.
    """
    version = version or settings.EMBED_VERSION
    if _is_built_in(model):
        row = built_in_row(at=at)
    else:
        row = _host_row(model.strip(), at=at, version=version, dimension=dimension, scheme=scheme or scheme_of(model))
    if activates_when_ready and not row.is_active:
        row.activates_when_ready = True
        row.save(update_fields=["activates_when_ready"])
    return row


def find_space(model: str | None) -> IndexVersion | None:
    """Return the latest space of this model (None: the one that is searched), or None while there is none."""
    if model is None:
        return IndexVersion.objects.filter(is_active=True).first()
    if _is_built_in(model):
        return IndexVersion.objects.filter(slug=embedding_space().slug).first()
    rows = IndexVersion.objects.order_by("-created_at")
    return next((row for row in rows if normalized(row.model) == normalized(model)), None)


def force_kind(row: IndexVersion, kind: str) -> None:
    """Have a space searched by this kind of index, whatever its size; empty: by its size again."""
    IndexVersion.objects.filter(pk=row.pk).update(forced_kind=kind)
    row.forced_kind = kind


def build(row: IndexVersion, *, at: datetime, afresh: bool = False) -> None:
    """Queue the building of a space; with `afresh` its index is built also when one is there.

    Where it is under way this is another pair of hands: they share the work.
    """
    row.message, row.alive_at = "", at
    if not row.is_active:
        row.state = State.BUILDING
    row.save(update_fields=["state", "message", "alive_at"])
    build_space.enqueue(row.pk, afresh=afresh)


def activate(row: IndexVersion, *, at: datetime) -> None:
    """Search in this space from the next question on, complete.

    :raises SpaceNotReady: when it has not been built.
    :raises ModelError: when what is missing cannot be embedded.
    """
    build_space.activate(row, at=at)


def retire(row: IndexVersion) -> None:
    """Delete a space with its vectors and its index. The one that is searched stays.

    :raises SpaceNotReady: when it is the one that is searched.
    :raises BuiltElsewhere: when its index is being built now.
    """
    if IndexVersion.objects.filter(pk=row.pk, is_active=True).exists():
        raise SpaceNotReady(f"{row} is searched. Activate another space first.")
    with building(row.pk) as session:
        drop_indexes(session, row.pk)
    while ids := list(ChunkEmbedding.objects.filter(index_version=row).values_list("pk", flat=True)[:AT_ONCE]):
        ChunkEmbedding.objects.filter(pk__in=ids).delete()
    IndexVersion.objects.filter(pk=row.pk, is_active=False).delete()
    INDEX_OPERATIONS.labels(operation="retire", status="ok").inc()


def retry_quarantine(row_ids: Sequence[int]) -> int:
    """Try passages in quarantine once more and return how many left it; a host that is away leaves them there."""
    rows = Quarantine.objects.filter(pk__in=row_ids).select_related("index_version")
    return sum(_retry(row) for row in rows)


def _is_built_in(model: str) -> bool:
    return model.strip() in BUILTIN_NAMES or normalized(model) in BUILTIN_NAMES


def _retry(row: Quarantine) -> bool:
    version, chunk_id = row.index_version, row.chunk_id
    again = Quarantine.objects.filter(index_version=version, chunk_id=chunk_id)
    try:
        with transaction.atomic():
            row.delete()
            embed_chunks(version, [chunk_id])
            return not again.update(tries=row.tries + 1)
    except ModelError:
        return False


def _host_row(model: str, *, at: datetime, version: str, dimension: int, scheme: PrefixScheme) -> IndexVersion:
    """Return the row of this space, planned when there is none; no host is asked yet."""
    installed = installed_model(model)
    tag, digest = (installed.tag, installed.digest or "") if installed else (model, "")
    same = IndexVersion.objects.filter(model=tag, version=version, prefix_scheme=scheme, digest__in=("", digest))
    row: IndexVersion = same.first() or IndexVersion.objects.create(
        slug=slugify(f"{tag.replace(':', '-')}-{version}-planned-{at:%Y%m%d%H%M%S}")[:120],
        model=tag,
        digest=digest,
        dimension=dimension,
        prefix_scheme=scheme,
        version=version,
        state=State.PLANNED,
        element=element_for(dimension),
        created_at=at,
    )
    return row
