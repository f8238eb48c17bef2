"""Have a model speak as planned: admitted by our queue, on the host that can begin soonest, one voice per answer.

No row of the plan or the ledger is read or written here; see plan.py and ledger.py.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from itertools import groupby
from typing import Any

from models_registry.domain.budget import RetryBudget
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
from models_registry.domain.errors import (
    BreakerOpen,
    GenerationCanceled,
    GenerationInterrupted,
    ModelError,
    ProviderUnavailable,
)
from models_registry.domain.routing import normalized
from models_registry.domain.wording import clean_answer, neutralize_tags
from models_registry.providers import catalog
from models_registry.services import breakers, count, queue
from models_registry.services.course import Course, Refused
from models_registry.services.holding import held_back
from models_registry.services.interruption import until_stopped
from models_registry.services.open_turns import counted
from models_registry.services.shield import finish

SHARED_BUDGET = RetryBudget()  # of this process, for all turns


class Speech:
    """One turn: tries the planned candidates in order, and knows afterwards how it ended."""

    def __init__(
        self,
        plan: GenerationPlan,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        stop: asyncio.Event | None = None,
        deadline_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        budget: RetryBudget = SHARED_BUDGET,
    ) -> None:
        """Prepare a turn. `stop` ends it when set; `deadline_s` is the latest useful moment for a first word."""
        self._plan = plan
        self._messages = tuple(_harmless(message) for message in messages)
        self._prompt_chars = sum(len(message.content) for message in self._messages)
        self._schema = schema
        self._stop = stop
        self._clock = clock
        self._course = Course(budget, clock, deadline_s)
        self._asked_at = 0.0
        self._ended_at: float | None = None
        self._first_word_at: float | None = None
        self._speaker: Candidate | None = None
        self._finished: Finished | None = None
        self._outcome = Outcome.ABANDONED
        self._error_code = ""

    async def pieces(self) -> AsyncGenerator[Piece, None]:
        """Yield Started, then the one voice's pieces, then Finished. Closing it hangs up on the host.

        Queued and Loading may come before Started. So may Thinking: it is never part of the answer, and shows that a
        model is at work. Where the plan does not stream, all words come in one piece, before Finished.

        :raises QuotaExceeded: when the asker has too many turns open, by its tier.
        :raises QueueFull: when every model has too many waiting requests; `retry_after_s` tells when to come back.
        :raises WaitTooLong: when every model would be free too late; likewise.
        :raises NoModelAvailable: when no candidate said a word, for any other reason.
        :raises GenerationInterrupted: when the voice broke off; `__cause__` tells why.
        :raises GenerationCanceled: when `stop` was set.
        """
        self._course.begin()
        self._outcome, self._error_code = Outcome.FAILED, "unexpected"
        try:
            said = self._turns() if self._plan.is_streaming else held_back(self._turns())
            async with (
                counted(self._plan.unit, most=self._plan.most_at_once),
                aclosing(said) as turns,
                aclosing(until_stopped(turns, self._stop)) as pieces,
            ):
                async for piece in pieces:
                    yield piece
            self._outcome, self._error_code = Outcome.COMPLETED, ""
        except (GeneratorExit, asyncio.CancelledError):
            self._outcome, self._error_code = Outcome.ABANDONED, ""
            raise
        except ModelError as exc:
            self._outcome = Outcome.ABANDONED if isinstance(exc, GenerationCanceled) else Outcome.FAILED
            self._error_code = exc.code
            raise
        finally:
            self._ended_at = self._clock()
            self._count()

    async def completed(self) -> str:
        """Return the whole answer, cleaned. The same as collecting the pieces.

        :raises ModelError: as `pieces`.
        """
        async with aclosing(self.pieces()) as pieces:
            said = [piece.content async for piece in pieces if isinstance(piece, Text)]
        return clean_answer("".join(said))

    def record(self) -> GenerationRecord:
        """Return how the turn ended, or stands."""
        finished, speaker, course = self._finished, self._speaker, self._course
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
            attempts=tuple(course.attempts),
            digest=speaker.digest if speaker else "",
            queue_ms=None if course.started_at is None else round(course.queue_s * 1000),
            load_ms=round(course.load_s * 1000) if course.load_s else finished.load_ms if finished else None,
            prompt_chars=self._prompt_chars,
        )

    @property
    def _fell_back_from(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(lost.model for lost, _ in self._course.left_behind(self._speaker)))

    async def _turns(self) -> AsyncGenerator[Piece, None]:
        """Have one host speak after the other, until one does: of the first model, then of the next."""
        for group in by_model(self._plan.candidates):
            left = group
            while self._course.may_try(left):
                visit, self._asked_at = queue.enter(self._ask(left)), self._clock()
                try:
                    async with aclosing(visit.pieces()) as news:
                        async for told in news:
                            yield told
                    async with aclosing(self._spoken(visit)) as pieces:
                        async for piece in pieces:
                            yield piece
                    return
                except ModelError as exc:
                    self._note_failure(visit, exc)
                    if isinstance(exc, Refused):
                        break
                finally:
                    visit.leave()
                left = tuple(candidate for candidate in left if not self._course.has_failed(candidate))
        raise self._course.nobody_spoke()

    def _ask(self, candidates: tuple[Candidate, ...]) -> queue.Ask:
        tokens = queue.expected_tokens(
            candidates[0].model,
            purpose=self._plan.purpose,
            limit=self._plan.knobs.max_tokens,
            prompt_chars=self._prompt_chars,
        )
        return queue.Ask(candidates, self._plan.unit, self._plan.purpose, tokens, self._course.left_s())

    def _note_failure(self, visit: queue.Visit, failure: ModelError) -> None:
        """Note why this visit came to nothing.

        :raises GenerationInterrupted: when the answer had begun.
        """
        candidate = visit.candidate
        if candidate is None:
            self._course.note_wait(visit)
        if candidate is not None or not visit.failures:
            asked, seconds = candidate or visit.ask.candidates[0], self._clock() - self._asked_at
            self._course.note_failure(asked, failure, seconds=seconds, has_spoken=self._speaker is not None)
        visit.leave(is_well=False if isinstance(failure, ProviderUnavailable) else None)
        # Fall back only before the first word: two voices in one answer read as a lie.
        if self._speaker is not None:
            raise GenerationInterrupted(f"{self._speaker.model} broke off in the middle of its answer.") from failure

    async def _spoken(self, visit: queue.Visit) -> AsyncGenerator[Piece, None]:
        """Yield what the host says, and tell its breaker how that went."""
        self._course.note_wait(visit)
        candidate = visit.candidate
        if candidate is None:
            return
        if candidate.is_on_trial and not await breakers.claim_trial(candidate):
            raise BreakerOpen(f"{candidate.endpoint.slug} failed too often lately.")
        self._asked_at = self._clock()
        try:
            async with aclosing(catalog.connect(candidate.endpoint).stream(self._request(candidate))) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Text) and self._speaker is None:
                        self._speaker, self._first_word_at = candidate, self._clock()
                        yield Started(candidate.model, candidate.endpoint.slug, fell_back_from=self._fell_back_from)
                    if isinstance(piece, Finished):
                        await self._note_answer(visit, piece, seconds=self._clock() - self._asked_at)
                    yield piece
        except ModelError as exc:
            await breakers.note_failure(candidate, exc, latency_ms=_ms(self._clock() - self._asked_at))
            raise
        except (GeneratorExit, asyncio.CancelledError):
            if self._finished is None:
                await finish(breakers.note_hang_up, candidate)
            raise

    async def _note_answer(self, visit: queue.Visit, finished: Finished, *, seconds: float) -> None:
        """The host did its work: its slot is free before the last piece is read."""
        self._finished = finished
        if visit.candidate is not None:
            self._course.note_answer(visit.candidate, seconds=seconds)
            visit.leave(tokens=finished.generated_tokens, is_well=True)
            await breakers.note_success(visit.candidate, latency_ms=_ms(seconds))

    def _request(self, candidate: Candidate) -> ChatRequest:
        return ChatRequest(
            model=candidate.model,
            messages=self._messages,
            knobs=replace(self._plan.knobs, num_ctx=candidate.num_ctx),
            schema=self._schema,
            # Left out, a thinking model thinks first, at the cost of the answer's tokens; others refuse the field.
            think=False if "thinking" in candidate.capabilities else None,
            chars_per_token=candidate.chars_per_token,
        )

    def _count(self) -> None:
        if self._speaker:
            lost = self._course.left_behind(self._speaker)
            count.turn(self._plan.purpose, self._speaker, self.record(), failures=lost)

    def _since_start(self, moment: float | None) -> int | None:
        started_at = self._course.started_at
        return None if moment is None or started_at is None else _ms(moment - started_at)


def by_model(candidates: Sequence[Candidate]) -> Iterator[tuple[Candidate, ...]]:
    """Yield the candidates of one model together, over the hosts that follow each other in the plan."""
    return (tuple(group) for _, group in groupby(candidates, key=lambda candidate: normalized(candidate.model)))


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _harmless(message: Message) -> Message:
    """Template tags typed by a user or standing in a document must not become control marks (AD-04)."""
    return message if message.role is Role.SYSTEM else replace(message, content=neutralize_tags(message.content))
