"""Turn texts of programs into vectors of the space that is searched, as passages or as questions."""

from collections.abc import Sequence
from dataclasses import dataclass

from models_registry.domain.embedding import EmbeddingModel, Vectors
from models_registry.services.embed import embed_each_by, embed_passages
from rag.domain.errors import IndexUnavailable
from rag.domain.spaces import Space, as_passage, as_question
from rag.services.active_space import active_space


@dataclass(frozen=True, slots=True)
class SpaceVectors:
    """One unit-length row per text, in order, and the space they lie in."""

    space: Space
    vectors: Vectors


def vectors_in_use(texts: Sequence[str], *, are_questions: bool = False) -> SpaceVectors:
    """Return the vectors of the texts in the space that is searched now.

    :raises IndexUnavailable: when no space is searched.
    :raises ModelError: when its model fails, or refuses one of the texts.
    """
    space = active_space()
    if space is None:
        raise IndexUnavailable("No embedding space is active. Build one in the admin under Index versions.")
    if space.is_built_in:
        return SpaceVectors(space, embed_passages(texts))
    worded = as_question if are_questions else as_passage
    model = EmbeddingModel(space.model, digest=space.digest, dimension=space.dimension)
    report = embed_each_by([worded(text, scheme=space.prefix_scheme) for text in texts], model=model)
    if report.refused:
        raise report.refused[0].error
    return SpaceVectors(space, report.vectors)
