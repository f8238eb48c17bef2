"""Which space is searched now, and a question's vector in it. A host that is away costs the dense leg, never an answer.

The built-in embedder remembers questions by itself; what a host made is kept in the cache.
"""

import base64
import hashlib
import logging
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from models_registry.domain.embedding import EmbeddingModel, Vectors
from models_registry.domain.errors import ModelError
from models_registry.services.embed import embed_question, embed_question_by, embed_questions_soon, embedding_space
from models_registry.services.text_cache import keep_text, kept_text
from rag.domain.policy import SHIPPED
from rag.domain.spaces import Element, IndexKind, Space, as_question
from rag.models import IndexVersion

logger = logging.getLogger(__name__)
Begun = dict[str, Future[Vectors]]  # vectors under way, by their texts
PATIENCE_S = 5.0  # a model that is in memory needs 20 to 600 ms; whoever asks can do without
NAMES = {  # of a space, and of its row
    "slug": "slug",
    "model": "model",
    "digest": "digest",
    "dimension": "dimension",
    "version": "version",
    "prefix_scheme": "prefix_scheme",
    "ef_search": "hnsw_ef_search",
    "lists": "ivfflat_lists",
    "probes": "ivfflat_probes",
    "least_cosine": "least_cosine",
}
FIELDS = ("pk", "index_kind", "element", *NAMES.values())
LEFT_ALONE_S = 15  # after a failure: the next question need not wait for the same host


def active_space() -> Space | None:
    """Return the space that is searched, or None while there is none. One statement."""
    values = IndexVersion.objects.filter(is_active=True).values_list(*FIELDS).first()
    return space_of_values(*values) if values else None


def space_of(row: IndexVersion) -> Space:
    """Return the row as retrieval needs it."""
    return space_of_values(*(getattr(row, name) for name in FIELDS))


def space_of_values(pk: int, kind: str, element: str, *others: Any) -> Space:
    """Return the space of a row's values, in the order of FIELDS."""
    named = dict(zip(NAMES, others, strict=True))
    is_built_in = named["model"] == embedding_space().model
    return Space(pk, index_kind=IndexKind(kind), element=Element(element), is_built_in=is_built_in, **named)


def embed_question_in(space: Space | None, text: str, *, ttl_s: int = SHIPPED.embedding_ttl_s) -> Vectors | None:
    """Return the question's vector in this space; None when its model cannot make one now: then words alone search.

    A vector by a host is kept for `ttl_s` seconds. Call it in a thread, not on the event loop.

    :raises ProviderUnavailable: when the built-in embedder's files are missing or altered.
    """
    if space is None:
        return None
    if space.is_built_in:  # an older release's space: this one cannot make vectors for it
        return embed_question(text) if space.slug == embedding_space().slug else None
    key = _key(space, text)
    kept = _kept(key, space.dimension)
    return _by_host(space, text, key=key, ttl_s=ttl_s) if kept is None else kept


def guess_embedding(text: str) -> Begun:
    """Begin with a question's vector before it is known which space is searched: where the latest was the built-in."""
    return embed_questions_soon((text,)) if _latest.is_built_in else {}


def begin_embedding(space: Space, texts: Sequence[str], *, guessed: Begun) -> Begun:
    """Begin with the vectors of these texts aside; {} where they come from a host, which answers when asked."""
    _latest.is_built_in = space.is_built_in and space.slug == embedding_space().slug
    if not _latest.is_built_in:
        return {}
    return {**guessed, **embed_questions_soon(text for text in texts if text not in guessed)}


def middle_vector(space: Space, texts: Sequence[str], *, begun: Begun, ttl_s: int) -> Vectors | None:
    """Return the unit-length middle of what the texts mean, some `begun` already; None while no model can tell.

    :raises ProviderUnavailable: as `embed_question_in`.
    """
    vectors = [begun[text].result() if text in begun else embed_question_in(space, text, ttl_s=ttl_s) for text in texts]
    known = [vector for vector in vectors if vector is not None]
    if len(known) < 2:
        return known[0] if known else None
    middle = np.sum(known, axis=0, dtype=np.float32)
    return cast(Vectors, middle / np.linalg.norm(middle))


@dataclass(slots=True)
class _Latest:
    """What this process searched last: a guess at what is searched next, which costs 2 ms when it is wrong."""

    is_built_in: bool = False


_latest = _Latest()


def _by_host(space: Space, text: str, *, key: str, ttl_s: int) -> Vectors | None:
    away = f"rag:embed:away:{space.pk}"
    if kept_text(away):
        return None
    model = EmbeddingModel(space.model, digest=space.digest, dimension=space.dimension)
    try:
        vector = embed_question_by(
            as_question(text.strip(), scheme=space.prefix_scheme), model=model, patience_s=PATIENCE_S
        )
    except ModelError as exc:
        logger.warning("rag.embed.unavailable", extra={"space": space.slug, "code": exc.code})
        keep_text(away, "1", ttl_s=LEFT_ALONE_S)
        return None
    keep_text(key, base64.b64encode(vector.astype("<f4").tobytes()).decode(), ttl_s=ttl_s)
    return vector


def _key(space: Space, text: str) -> str:
    named = f"{space.slug}\n{text.strip()}"
    return f"rag:embed:hash:{hashlib.sha256(named.encode()).hexdigest()}"


def _kept(key: str, dimension: int) -> Vectors | None:
    text = kept_text(key)
    vector = np.frombuffer(base64.b64decode(text), dtype="<f4") if text else None
    return vector if vector is not None and vector.shape == (dimension,) else None
