"""What every speaker and embedder can do, and when the same host is asked once more. Knows no wire."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from random import Random, SystemRandom
from typing import Protocol, TypeVar, runtime_checkable

from models_registry.domain.chat import ChatRequest, ModelFacts, Piece, Timeouts
from models_registry.domain.embedding import Embedded
from models_registry.domain.errors import ModelError

T = TypeVar("T")
JITTER = 0.2  # share of a wait; many callers that failed together must not come back together


class Speaker(Protocol):
    """One host that can speak. `stream` is the verb; closing the generator closes the host's connection."""

    def stream(self, request: ChatRequest) -> AsyncGenerator[Piece, None]:
        """Yield what the model says, then exactly one Finished.

        :raises ModelError: at any point; before the first Text nothing was shown yet.
        """

    async def list_models(self) -> tuple[ModelFacts, ...]:
        """Return the models the host holds.

        :raises ModelError: when it does not answer.
        """


@runtime_checkable
class Embedder(Protocol):
    """One host that can turn texts into vectors."""

    async def embed_batch(self, texts: Sequence[str], *, model: str, dimension: int | None = None) -> Embedded:
        """Return one unit-length vector per text, in order, from one call. One bad text fails them all.

        :raises ModelError: when it fails; AnswerInvalid when count, width, finiteness or length is wrong.
        """


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and after which waits a failed call is repeated on the same host (CL-07)."""

    attempts: int = 3
    wait_s: float = 1.0
    rng: Random = field(default_factory=SystemRandom)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    @classmethod
    def of(cls, timeouts: Timeouts) -> "Patience":
        return cls(attempts=timeouts.attempts, wait_s=timeouts.retry_wait_s)

    async def permits(self, failure: ModelError, *, attempt: int) -> bool:
        """Wait and return True when the call may be repeated; return False at once when not (CL-08)."""
        if not failure.repeat_here or attempt >= self.attempts:
            return False
        await self.sleep(self.wait_s * 2 ** (attempt - 1) * self.rng.uniform(1 - JITTER, 1 + JITTER))
        return True


async def persist(call: Callable[[], Awaitable[T]], *, patience: Patience) -> T:
    """Return what the call returns, repeated as the patience permits.

    :raises ModelError: the failure of the last attempt.
    """
    attempt = 1
    while True:
        try:
            return await call()
        except ModelError as exc:
            if not await patience.permits(exc, attempt=attempt):
                raise
        attempt += 1


async def persist_stream(
    opened: Callable[[], AsyncGenerator[Piece, None]], *, patience: Patience
) -> AsyncGenerator[Piece, None]:
    """Yield the pieces of a stream, opened anew as the patience permits, but never after its first piece.

    :raises ModelError: the failure of the last attempt.
    """
    attempt = 1
    while True:
        has_spoken = False
        try:
            async with aclosing(opened()) as pieces:
                async for piece in pieces:
                    has_spoken = True
                    yield piece
            return
        except ModelError as exc:
            if has_spoken or not await patience.permits(exc, attempt=attempt):
                raise
        attempt += 1
