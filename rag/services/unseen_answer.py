"""Have a question answered for nobody: same reader, same path, nothing written. For shadows."""

from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from time import monotonic

from models_registry.domain.chat import Outcome
from models_registry.services.shadow import unless_wanted
from models_registry.services.turns import Ticket
from rag.services.prepare import Ask
from rag.services.transcripts import Transcript
from rag.services.turn import Turn


@dataclass(frozen=True, slots=True)
class UnseenAnswer:
    """What a question came to. `quality` 0 to 1, None where the library was found to hold no answer."""

    quality: float | None
    latency_ms: int
    model: str
    is_ungrounded: bool
    has_failed: bool
    is_spoken: bool


async def answer_unseen(
    ask: Ask, *, is_wanted: Callable[[], Awaitable[bool]] | None = None, clock: Callable[[], float] = monotonic
) -> UnseenAnswer:
    """Return what the answer came to. `is_wanted` is asked every second: True ends it.

    :raises GenerationCanceled: when somebody else wanted the model.
    """
    turn = Turn(ask, ticket=Ticket(), clock=clock)
    async with aclosing(unless_wanted(turn.untold(), is_wanted=is_wanted, clock=clock)) as heard:
        async for _ in heard:
            pass
    return _told(turn.transcript())


def _told(turn: Transcript) -> UnseenAnswer:
    said, result = turn.generation, turn.result
    has_failed = turn.outcome is Outcome.FAILED or bool(said and said.outcome is Outcome.FAILED)
    return UnseenAnswer(
        quality=result.quality.score if result and result.quality and result.model else None,
        latency_ms=turn.processing_ms,
        model=said.model if said else "",
        is_ungrounded=bool(result and result.checks),
        has_failed=has_failed,
        is_spoken=bool(said and said.model),
    )
