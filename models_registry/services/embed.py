"""Turn texts into vectors: by the built-in embedder, whose space the product uses, or by a host's embedding model.

The built-in one is sync: from the event loop call `aembed`, which runs it in a thread. Texts go out as they are.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, lru_cache

from asgiref.sync import async_to_sync
from django.conf import settings
from django.db.models import QuerySet

from models_registry.domain.chat import Endpoint
from models_registry.domain.embedding import Embedded, EmbeddingModel, EmbeddingReport, EmbeddingSpace, Vectors
from models_registry.domain.errors import ModelNotInstalled, ProviderRejected, ProviderTimeout
from models_registry.domain.routing import normalized
from models_registry.metrics import EMBEDDING_SECONDS, batch_label, model_label
from models_registry.models import LanguageModel
from models_registry.providers.builtin import SPACE, BuiltinEmbedder
from models_registry.services.borrow import borrowing
from models_registry.services.embed_batches import embed_each

QUESTIONS_KEPT = 512  # x 384 floats: under 1 MB; the same question is embedded for retrieval, cache and warming
_AHEAD = ThreadPoolExecutor(4, thread_name_prefix="question")
BUILTIN_NAMES = frozenset({"", "auto", normalized(SPACE.model)})


def embedding_space() -> EmbeddingSpace:
    """Return the space of every vector the product stores."""
    return SPACE


def embed_passages(texts: Sequence[str]) -> Vectors:
    """Return one unit-length row per passage, in order; float32, shape (n, dimension).

    :raises ProviderUnavailable: when the embedder's files are missing or altered.
    """
    return _built_in(texts).vectors


def embed_question(text: str) -> Vectors:
    """Return the question's unit-length vector, shape (dimension,); read-only, since equal questions share it.

    :raises ProviderUnavailable: when the embedder's files are missing or altered.
    """
    return _embedded_question(text.strip())


def embed_questions_soon(texts: Iterable[str]) -> dict[str, Future[Vectors]]:
    """Begin with each question's vector in a thread of its own, while the caller does something else.

    A result is as by `embed_question`, errors included.
    """
    return {text: _AHEAD.submit(embed_question, text) for text in texts}


def embed_texts(texts: Sequence[str], *, model: str | None = None) -> Embedded:
    """Return one unit-length row per text, in order; for jobs and commands, which have no event loop.

    :raises ModelError: as `aembed`.
    """
    if _is_built_in(model):
        return _built_in(texts)
    embedded: Embedded = async_to_sync(aembed)(texts, model=model)
    return embedded


async def aembed(texts: Sequence[str], *, model: str | None = None) -> Embedded:
    """Return one unit-length row per text, in order, by the named model; None and `auto` mean the built-in one.

    :raises ModelNotInstalled: when no host that is switched on has the model.
    :raises ProviderRejected: when the model is there but does not embed.
    :raises ModelError: when a host fails, or refuses one of the texts.
    """
    if _is_built_in(model):
        return await asyncio.to_thread(_built_in, texts)
    endpoint, tag = await borrowing(_installed, model or "")
    report = await embed_each(texts, endpoint=endpoint, model=tag)
    if report.refused:
        raise report.refused[0].error
    return Embedded(report.vectors, prompt_tokens=report.prompt_tokens, model=tag)


async def aembed_each(
    texts: Sequence[str],
    *,
    model: str,
    dimension: int | None = None,
    batch_size: int | None = None,
    in_flight: int | None = None,
) -> EmbeddingReport:
    """Return the vectors by a host's model, and which texts it refused even alone: those are for quarantine (IX-09).

    `batch_size` texts go out in one call, `in_flight` calls at once; None: as the host's row says.

    :raises ModelNotInstalled: when no host that is switched on has the model.
    :raises ModelError: when the host fails, rather than a text.
    """
    endpoint, tag = await borrowing(_installed, model)
    return await embed_each(
        texts, endpoint=endpoint, model=tag, dimension=dimension, batch_size=batch_size, in_flight=in_flight
    )


def embed_each_by(texts: Sequence[str], *, model: EmbeddingModel) -> EmbeddingReport:
    """Return the vectors by a host's model, and which texts it refused even alone; for jobs, outside an event loop.

    :raises ModelNotInstalled: when no host that is switched on has this very model.
    :raises ModelError: when the host fails, rather than a text.
    """
    endpoint, tag = _installed(model.tag, digest=model.digest)
    report: EmbeddingReport = async_to_sync(embed_each)(texts, endpoint=endpoint, model=tag, dimension=model.dimension)
    return report


def embed_question_by(text: str, *, model: EmbeddingModel, patience_s: float) -> Vectors:
    """Return a question's unit-length vector by a host's model, shape (dimension,); from a thread, not an event loop.

    :raises ModelNotInstalled: when no host that is switched on has this very model.
    :raises ModelError: when the host fails, or takes longer than `patience_s` seconds.
    """
    endpoint, tag = _installed(model.tag, digest=model.digest)
    vectors: Vectors = async_to_sync(_within)(text, endpoint, tag, model.dimension, patience_s)
    vector: Vectors = vectors[0]
    return vector


async def _within(text: str, endpoint: Endpoint, tag: str, dimension: int | None, patience_s: float) -> Vectors:
    try:
        async with asyncio.timeout(patience_s):
            report = await embed_each((text,), endpoint=endpoint, model=tag, dimension=dimension)
    except TimeoutError as exc:
        raise ProviderTimeout(f"{endpoint.slug} did not embed a question within {patience_s:g} s.") from exc
    if report.refused:
        raise report.refused[0].error
    return report.vectors


def can_embed(tag: str, capabilities: Sequence[str]) -> bool:
    """Return whether a model embeds; where the host is too old to tell, its name decides."""
    return "embedding" in capabilities if capabilities else "embed" in tag.lower()


def embedding_models() -> tuple[EmbeddingModel, ...]:
    """Return what the hosts that are switched on can embed with, by priority; one of each tag."""
    rows = _held().order_by("provider__priority", "tag")
    able = [row for row in rows if can_embed(row.tag, row.capabilities)]
    first = {normalized(row.tag): row for row in reversed(able)}
    return tuple(EmbeddingModel(row.tag, digest=row.digest) for row in able if first[normalized(row.tag)] is row)


def _held() -> QuerySet[LanguageModel]:
    rows = LanguageModel.objects.select_related("provider")
    return rows.filter(is_installed=True, is_enabled=True, provider__is_enabled=True)


def _installed(model: str, *, digest: str | None = None) -> tuple[Endpoint, str]:
    """Return the first host that has the model, by priority, those that do not answer last; None: whatever its digest.

    :raises ModelNotInstalled: when there is none.
    :raises ProviderRejected: when the model does not embed.
    """
    named = [row for row in _held().order_by("provider__priority", "tag") if normalized(row.tag) == normalized(model)]
    if not named:
        raise ModelNotInstalled(f"No host has the model {model!r}.")
    named = [row for row in named if digest in (None, row.digest)]
    if not named:
        raise ModelNotInstalled(f"No host has the model {model!r} as it was: it was replaced by another of that name.")
    able = [row for row in named if can_embed(row.tag, row.capabilities)]
    if not able:
        raise ProviderRejected(f"The model {model!r} does not embed.")
    chosen = min(able, key=lambda row: row.provider.is_healthy is False)
    return chosen.provider.endpoint(), chosen.tag


def _is_built_in(model: str | None) -> bool:
    return model is None or model.strip() in BUILTIN_NAMES or normalized(model) in BUILTIN_NAMES


def _built_in(texts: Sequence[str]) -> Embedded:
    started = time.monotonic()
    embedded = _embedder().embed_counted(texts)
    seen = EMBEDDING_SECONDS.labels(model=model_label(SPACE.model), batch_size=batch_label(len(texts)))
    seen.observe(time.monotonic() - started)
    return embedded


@lru_cache(maxsize=QUESTIONS_KEPT)
def _embedded_question(text: str) -> Vectors:
    vector: Vectors = _built_in((text,)).vectors[0]
    vector.setflags(write=False)
    return vector


@cache
def _embedder() -> BuiltinEmbedder:
    return BuiltinEmbedder(settings.MODEL_CACHE_DIR)
