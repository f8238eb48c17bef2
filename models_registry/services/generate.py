"""Have a model speak as planned. Network only: no row is read or written here; see plan.py and ledger.py."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

from models_registry.domain.chat import (
    Candidate,
    ChatRequest,
    Finished,
    GenerationPlan,
    GenerationRecord,
    Message,
    Outcome,
    Piece,
    Role,
    Started,
    Text,
    prompt_sha256,
)
from models_registry.domain.errors import GenerationInterrupted, ModelError, NoModelAvailable
from models_registry.domain.wording import clean_answer, neutralize_tags
from models_registry.providers import catalog
from models_registry.services import count

logger = logging.getLogger(__name__)


class Speech:
    """One turn: tries the planned candidates in order, and knows afterwards how it ended."""

    def __init__(
        self,
        plan: GenerationPlan,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan = plan
        self._messages = tuple(_harmless(message) for message in messages)
        self._schema = schema
        self._clock = clock
        self._started_at: float | None = None
        self._ended_at: float | None = None
        self._first_word_at: float | None = None
        self._speaker: Candidate | None = None
        self._failures: list[tuple[Candidate, ModelError]] = []
        self._finished: Finished | None = None
        self._outcome = Outcome.ABANDONED
        self._error_code = ""

    async def pieces(self) -> AsyncGenerator[Piece, None]:
        """Yield Started, then the one voice's pieces, then Finished. Closing it hangs up on the host.

        Thinking may come before Started: it is never part of the answer, and shows that a model is at work.

        :raises NoModelAvailable: when no candidate said a word.
        :raises GenerationInterrupted: when the voice broke off; `__cause__` tells why.
        """
        self._started_at = self._clock()
        self._outcome, self._error_code = Outcome.FAILED, "unexpected"
        try:
            async with aclosing(self._turns()) as turns:
                async for piece in turns:
                    yield piece
            self._outcome, self._error_code = Outcome.COMPLETED, ""
        except (GeneratorExit, asyncio.CancelledError):
            self._outcome, self._error_code = Outcome.ABANDONED, ""
            raise
        except ModelError as exc:
            self._error_code = exc.code
            raise
        finally:
            self._ended_at = self._clock()
            self._count()

    async def completed(self) -> str:
        """Return the whole answer, cleaned. The same as collecting the pieces.

        :raises NoModelAvailable: when no candidate said a word.
        :raises GenerationInterrupted: when the voice broke off.
        """
        async with aclosing(self.pieces()) as pieces:
            said = [piece.content async for piece in pieces if isinstance(piece, Text)]
        return clean_answer("".join(said))

    def record(self) -> GenerationRecord:
        """Return how the turn ended, or stands."""
        finished, speaker = self._finished, self._speaker
        return GenerationRecord(
            outcome=self._outcome,
            model=speaker.model if speaker else "",
            endpoint=speaker.endpoint.slug if speaker else "",
            prompt_sha256=prompt_sha256(self._messages),
            prompt_tokens=finished.prompt_tokens if finished else None,
            generated_tokens=finished.generated_tokens if finished else None,
            latency_ms=self._since_start(self._ended_at),
            first_token_ms=self._since_start(self._first_word_at),
            error_code=self._error_code,
            truncation_suspected=bool(finished and finished.truncation_suspected),
            fell_back_from=self._fell_back_from,
        )

    @property
    def _fell_back_from(self) -> tuple[str, ...]:
        return tuple(candidate.model for candidate, _ in self._failures)

    async def _turns(self) -> AsyncGenerator[Piece, None]:
        for candidate in self._plan.candidates:
            try:
                async with aclosing(self._turn(candidate)) as pieces:
                    async for piece in pieces:
                        yield piece
                return
            except ModelError as exc:
                self._note_failure(candidate, exc)
                # Fall back only before the first word: two voices in one answer read as a lie.
                if self._speaker:
                    raise GenerationInterrupted(f"{candidate.model} broke off in the middle of its answer.") from exc
        latest = self._failures[-1][1] if self._failures else None
        raise NoModelAvailable(f"No model answered; {len(self._failures)} were asked.") from latest

    async def _turn(self, candidate: Candidate) -> AsyncGenerator[Piece, None]:
        speaker = catalog.connect(candidate.endpoint)
        async with aclosing(speaker.stream(self._request(candidate))) as pieces:
            async for piece in pieces:
                if isinstance(piece, Text) and self._speaker is None:
                    self._speaker, self._first_word_at = candidate, self._clock()
                    yield Started(
                        model=candidate.model, endpoint=candidate.endpoint.slug, fell_back_from=self._fell_back_from
                    )
                if isinstance(piece, Finished):
                    self._finished = piece
                yield piece

    def _request(self, candidate: Candidate) -> ChatRequest:
        return ChatRequest(
            model=candidate.model,
            messages=self._messages,
            knobs=replace(self._plan.knobs, num_ctx=candidate.num_ctx),
            schema=self._schema,
            # Left out, a thinking model thinks first, at the cost of the answer's tokens; others refuse the field.
            think=False if "thinking" in candidate.capabilities else None,
        )

    def _note_failure(self, candidate: Candidate, failure: ModelError) -> None:
        logger.warning(
            "models_registry.candidate.failed",
            extra={
                "model": candidate.model,
                "host": candidate.endpoint.slug,
                "code": failure.code,
                "why": str(failure),
            },
        )
        count.failed_attempt(candidate, failure)
        if not self._speaker:
            self._failures.append((candidate, failure))

    def _count(self) -> None:
        if self._speaker:
            count.turn(self._plan.purpose, self._speaker, self.record(), failures=self._failures)

    def _since_start(self, moment: float | None) -> int | None:
        return None if moment is None or self._started_at is None else round((moment - self._started_at) * 1000)


def _harmless(message: Message) -> Message:
    """Template tags typed by a user or standing in a document must not become control marks (AD-04)."""
    return message if message.role is Role.SYSTEM else replace(message, content=neutralize_tags(message.content))
