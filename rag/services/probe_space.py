"""Complete the row of a planned space by asking its model: which weights it has, and how wide its vectors are."""

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from models_registry.domain.embedding import EmbeddingModel, EmbeddingSpace
from models_registry.domain.errors import ModelNotInstalled, ProviderRejected
from models_registry.domain.model_names import normalized
from models_registry.services.embed import embed_question_by, embedding_models
from rag.domain.spaces import as_question
from rag.models import IndexVersion
from rag.services.space_rows import is_built_in

PATIENCE_S = 300.0  # a model on a slow disk has to be loaded first
SAMPLE = "How is a routing fee computed?"


def probe(row: IndexVersion) -> None:
    """Write digest, dimension and name of the space into its row, where they are not known.

    :raises ModelNotInstalled: when no host has the model.
    :raises ProviderRejected: when the model's vectors have another width than the row says, or the space exists.
    :raises ModelError: when the host fails.
    """
    if is_built_in(row) or (row.digest and row.dimension):
        return
    digest = row.digest or _digest(row.model)
    model = EmbeddingModel(row.model, digest=digest, dimension=row.dimension or None)
    vector = embed_question_by(as_question(SAMPLE, scheme=row.prefix_scheme), model=model, patience_s=PATIENCE_S)
    row.digest, row.dimension = digest, int(vector.shape[0])
    row.slug = _slug(row)
    try:
        with transaction.atomic():
            row.save(update_fields=["digest", "dimension", "slug"])
    except IntegrityError as exc:
        raise ProviderRejected(f"There is a space {row.slug} already.") from exc


def installed_model(model: str) -> EmbeddingModel | None:
    """Return the first host's model of this name, or None while no host has it. One statement; no host is asked."""
    return next((one for one in embedding_models() if normalized(one.tag) == normalized(model)), None)


def _digest(model: str) -> str:
    found = installed_model(model)
    if found is None:
        raise ModelNotInstalled(f"No host has the embedding model {model!r}. Pull it first.")
    return found.digest or ""


def _slug(row: IndexVersion) -> str:
    """Return the name of a space, which changes when anything about it changes."""
    space = EmbeddingSpace(row.model, row.digest.removeprefix("sha256:"), row.dimension, row.prefix_scheme, row.version)
    return slugify(space.slug.replace(":", "-").replace("/", "-").replace(".", "-"))[:120]
