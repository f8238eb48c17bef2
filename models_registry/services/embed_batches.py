"""Embed many texts at one host: in batches, a few at once, in order. A text that spoils its batch is found out."""

import asyncio
import time
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from django.utils import timezone

from models_registry.domain.breaker import breaker_name
from models_registry.domain.chat import Candidate, Endpoint
from models_registry.domain.embedding import Embedded, EmbeddingReport, RefusedText, Vectors
from models_registry.domain.errors import AnswerInvalid, BreakerOpen, ModelError, ProviderRejected, ProviderUnavailable
from models_registry.metrics import EMBEDDING_SECONDS, OLLAMA_EMBED_MS, batch_label, model_label
from models_registry.providers import catalog
from models_registry.providers.base import Embedder
from models_registry.services import breaker_calls, breakers
from models_registry.services.borrow import borrowing

T = TypeVar("T")


async def embed_each(
    texts: Sequence[str],
    *,
    endpoint: Endpoint,
    model: str,
    dimension: int | None = None,
    batch_size: int | None = None,
    in_flight: int | None = None,
) -> EmbeddingReport:
    """Return the vectors, and which texts were refused even alone. Sizes that are None are the host's own.

    :raises ProviderRejected: when hosts of this kind do not embed.
    :raises ModelError: when the host fails rather than a text, or refuses all of several.
    """
    embedder = catalog.connect_embedder(endpoint)
    if embedder is None:
        raise ProviderRejected(f"{endpoint.slug} does not embed.")
    size, at_once = batch_size or endpoint.batches.texts, in_flight or endpoint.batches.at_once
    work = _Work(embedder, endpoint=endpoint, model=model, dimension=dimension, in_flight=at_once)
    starts = range(0, len(texts), size)
    if starts:
        await work.enter()
    parts = await _together([work.batch(texts[start : start + size], start=start) for start in starts])
    return _joined([outcome for part in parts for outcome in part], model=model, dimension=dimension)


class _Outcome:
    """What became of some texts that went out together."""

    def __init__(self, places: range, result: Embedded | ModelError) -> None:
        self.places = places
        self.result = result


class _Work:
    """The calls of one job; never more at once than allowed, single ones included."""

    def __init__(
        self, embedder: Embedder, *, endpoint: Endpoint, model: str, dimension: int | None, in_flight: int
    ) -> None:
        self._embedder = embedder
        self._candidate = Candidate(endpoint, model)
        self._dimension = dimension
        self._free = asyncio.Semaphore(in_flight)

    async def enter(self) -> None:
        """Ask the model's breaker once for all calls; where the model failed often lately, the first is a trial.

        :raises BreakerOpen: when it is left alone.
        """
        name = breaker_name(self._candidate.endpoint.slug, self._candidate.model)
        passage = await borrowing(breaker_calls.ask, name, at=timezone.now())
        if passage is None:
            raise BreakerOpen(f"{name} failed too often lately and is left alone for a while.")
        self._candidate = replace(self._candidate, is_on_trial=passage.is_trial)

    async def batch(self, texts: Sequence[str], *, start: int) -> list[_Outcome]:
        """Return the outcome of one batch; of each text of it, when one of them spoils it for all.

        :raises ModelError: when the host fails rather than a text.
        """
        places = range(start, start + len(texts))
        try:
            return [_Outcome(places, await self._call(texts))]
        except ModelError as exc:
            if not _may_be_the_texts_fault(exc):
                raise
            if len(texts) == 1:
                return [_Outcome(places, exc)]
        parts = await _together([self.batch((text,), start=start + at) for at, text in enumerate(texts)])
        return [outcome for part in parts for outcome in part]

    async def _call(self, texts: Sequence[str]) -> Embedded:
        async with self._free:
            candidate, started = self._first_on_trial(), time.monotonic()
            try:
                embedded = await self._embedder.embed_batch(texts, model=candidate.model, dimension=self._dimension)
            except ModelError as exc:
                await _note_failure(candidate, exc, since=started)
                raise
            except asyncio.CancelledError:
                await breakers.note_hang_up(candidate)
                raise
        elapsed_s = time.monotonic() - started
        await breakers.note_success(candidate, latency_ms=round(elapsed_s * 1000))
        self._count(elapsed_s, size=len(texts))
        return embedded

    def _first_on_trial(self) -> Candidate:
        candidate = self._candidate
        self._candidate = replace(candidate, is_on_trial=False)
        return candidate

    def _count(self, elapsed_s: float, *, size: int) -> None:
        label = model_label(self._candidate.model)
        EMBEDDING_SECONDS.labels(model=label, batch_size=batch_label(size)).observe(elapsed_s)
        if self._candidate.endpoint.kind == "ollama":
            OLLAMA_EMBED_MS.labels(model=label).observe(elapsed_s * 1000)


async def _note_failure(candidate: Candidate, failure: ModelError, *, since: float) -> None:
    """Tell the breaker what failed; what one text may be to blame for says nothing of the model."""
    if _may_be_the_texts_fault(failure):
        await breakers.note_hang_up(candidate)
    else:
        await breakers.note_failure(candidate, failure, latency_ms=round((time.monotonic() - since) * 1000))


def _may_be_the_texts_fault(failure: ModelError) -> bool:
    """Return whether the same host may take other texts: older ones answer 500 to a text whose vector is no number."""
    is_crash = type(failure) is ProviderUnavailable and not failure.repeat_here
    return is_crash or isinstance(failure, ProviderRejected | AnswerInvalid)


def _joined(outcomes: Sequence[_Outcome], *, model: str, dimension: int | None) -> EmbeddingReport:
    done = [(outcome.places, outcome.result) for outcome in outcomes if isinstance(outcome.result, Embedded)]
    refused = [
        RefusedText(place=outcome.places[0], error=outcome.result)
        for outcome in outcomes
        if isinstance(outcome.result, ModelError)
    ]
    # Nobody was served: then it is the host, or the model, unless there was but one text that it plainly refused.
    if refused and not done and (len(refused) > 1 or isinstance(refused[0].error, ProviderUnavailable)):
        raise refused[0].error
    counts = [embedded.prompt_tokens for _, embedded in done]
    return EmbeddingReport(
        vectors=_stacked([embedded.vectors for _, embedded in done], dimension=dimension),
        places=tuple(place for places, _ in done for place in places),
        refused=tuple(refused),
        prompt_tokens=None if None in counts else sum(count for count in counts if count is not None),
        model=model,
    )


def _stacked(rows: Sequence[Vectors], *, dimension: int | None) -> Vectors:
    """Return all rows in one array.

    :raises AnswerInvalid: when the host changed the width between two calls: the model was replaced meanwhile.
    """
    if not rows:
        return np.empty((0, dimension or 0), dtype=np.float32)
    if len({row.shape[1] for row in rows}) > 1:
        raise AnswerInvalid("The vectors are not all of one width.")
    return np.concatenate(rows)


async def _together(steps: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Return the results in order; when one step fails, the others are canceled before its error goes on."""
    tasks = [asyncio.ensure_future(step) for step in steps]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
