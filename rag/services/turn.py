"""One question on its way to an answer: prepare (database), generate (network), record (database)."""

import asyncio
import math
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, TypeVar

from models_registry.domain.chat import GenerationPlan, Loading, Outcome, Piece, Queued, Started, Text
from models_registry.domain.errors import GenerationCanceled, GenerationInterrupted, ModelError, RateLimited
from models_registry.domain.wording import clean_answer
from models_registry.services import turns
from models_registry.services.borrow import borrowing
from models_registry.services.generate import Speech
from models_registry.services.shield import finish
from models_registry.services.turns import Ticket
from rag import metrics
from rag.domain.answers import AnswerResult, Draft, abstention, check, degraded_note, note, quoted
from rag.domain.busy import capacity_refusal
from rag.domain.citing import CitationFilter
from rag.domain.events import Event, EventType, error, similar_document, status, voice, waiting, warning
from rag.domain.passages import Retrieval
from rag.services.cache import keep_answer
from rag.services.prepare import Ask, Scene, find_passages, messages_for, set_scene, space_fields
from rag.services.prompts import ANSWER_PURPOSE
from rag.services.transcripts import Transcript, record

T = TypeVar("T")
TYPICAL_PIECES = 150  # progress while writing is a guess: it nears 90 after a few times this many pieces


class Turn:
    """Holds what the row at its end will say. One use only."""

    def __init__(self, ask: Ask, *, ticket: Ticket, clock: Callable[[], float]) -> None:
        self._ask = ask
        self._ticket = ticket
        self._id = uuid.uuid4()
        self._clock = clock
        self._started_at = clock()
        self._lang = ask.lang or "en"
        self._scene: Scene | None = None
        self._speech: Speech | None = None
        self._citations = CitationFilter(passages=0)
        self._said: list[str] = []
        self._result: AnswerResult | None = None
        self._outcome = Outcome.FAILED
        self._error_code = "internal"
        self._refusal: RateLimited | None = None
        self._progress = 0
        self._is_cached = False
        self._is_recorded = False
        self._trace: list[tuple[str, int]] = []

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yield the turn's events; its row is written before the last one, or when the reader leaves."""
        metrics.REQUESTS_IN_PROGRESS.labels(endpoint="answer").inc()
        try:
            with turns.opened(self._ticket, unit=self._ask.unit, purpose=ANSWER_PURPOSE):
                yield status(note("searching", lang=self._lang), answer_id=str(self._id), turn_id=str(self._ticket.id))
                async with aclosing(self._unless_stopped()) as events:
                    async for event in events:
                        yield event
                await finish(self._record)
            yield self._last_event()
        except (GeneratorExit, asyncio.CancelledError):
            self._outcome, self._error_code = Outcome.ABANDONED, ""
            raise
        finally:
            metrics.REQUESTS_IN_PROGRESS.labels(endpoint="answer").dec()
            if not self._is_recorded:
                await finish(self._record)

    async def _unless_stopped(self) -> AsyncGenerator[Event, None]:
        try:
            async with aclosing(self._answered()) as events:
                async for event in events:
                    self._ticket.check()
                    self._progress = event.progress
                    yield event
        except GenerationCanceled as exc:
            self._outcome, self._error_code, self._result = Outcome.ABANDONED, exc.code, None

    async def _answered(self) -> AsyncGenerator[Event, None]:
        self._scene = scene = await self._step("prepare", set_scene, self._ask)
        self._lang = scene.lang
        for block in scene.facts:
            yield Event(EventType.NODE_INFO, 25, {"title": block.title, "lines": list(block.lines), **block.data})
        if scene.kept is not None:
            self._is_cached = True
            self._succeed()
            yield Event(EventType.CACHED_DATA, 90, {**scene.kept, **self._identity()})
            return
        retrieval = await self._step("retrieve", find_passages, scene)
        if retrieval.best_cosine is not None:
            metrics.SIMILARITY.labels(query_type=scene.query_type.value).observe(retrieval.best_cosine)
        for number, passage in enumerate(retrieval.passages, start=1):
            yield similar_document(passage, number=number)
        is_lacking = not retrieval.is_answerable and not scene.facts
        yield status(note("lacking" if is_lacking else "writing", lang=self._lang), progress=50)
        async with aclosing(self._written(scene, retrieval, is_lacking=is_lacking)) as events:
            async for event in events:
                yield event

    async def _written(self, scene: Scene, retrieval: Retrieval, *, is_lacking: bool) -> AsyncGenerator[Event, None]:
        if scene.plan.can_generate and not is_lacking:
            async with aclosing(self._spoken(scene, retrieval)) as events:
                async for event in events:
                    yield event
            if self._error_code == GenerationInterrupted.code:
                return
        draft = abstention(retrieval) if is_lacking else self._draft() or quoted(retrieval)
        if draft.is_degraded:
            yield warning("degraded", degraded_note(self._refusal, lang=self._lang), progress=50)
        self._result = check(
            draft,
            retrieval=retrieval,
            given=[line for block in scene.facts for line in block.lines],
            query_type=scene.query_type.value,
            space=space_fields(),
            refusal=self._refusal,
        )
        self._succeed()
        yield Event(EventType.ANSWER, 90, {**self._result.as_data(), **self._identity()})

    async def _spoken(self, scene: Scene, retrieval: Retrieval) -> AsyncGenerator[Event, None]:
        """Yield the model's words as they come. No row is read or written while it speaks."""
        self._citations = CitationFilter(passages=len(retrieval.passages))
        self._speech = Speech(scene.plan, messages_for(scene, retrieval), stop=self._ticket.stop)
        started = self._clock()
        try:
            async with aclosing(self._speech.pieces()) as pieces:
                async for piece in pieces:
                    for event in self._heard(piece, scene.plan):
                        yield event
            if rest := self._citations.flush():
                yield self._token(rest)
        except GenerationCanceled:
            raise
        except ModelError as exc:
            self._refusal = capacity_refusal(exc)
            # Quotes may still answer, but only before the first word: two voices in one answer read as a lie.
            if self._said:
                self._error_code = GenerationInterrupted.code
        finally:
            self._trace.append(("generate", self._since(started)))

    def _heard(self, piece: Piece, plan: GenerationPlan) -> tuple[Event, ...]:
        if isinstance(piece, Queued | Loading):
            return (waiting(piece),)
        if isinstance(piece, Started):
            return (voice(piece, plan=plan, message=note("writing", lang=self._lang), progress=50),)
        if isinstance(piece, Text) and (shown := self._citations.feed(piece.content)):
            return (self._token(shown),)
        return ()

    def _token(self, shown: str) -> Event:
        self._said.append(shown)
        progress = 50 + round(39 * (1 - math.exp(-len(self._said) / TYPICAL_PIECES)))
        return Event(EventType.TOKEN, progress, {"text": shown})

    def _draft(self) -> Draft | None:
        """Return what the model said, or None when nobody spoke."""
        text = clean_answer("".join(self._said))
        if not text or self._speech is None:
            return None
        return Draft(text, model=self._speech.record().model, dropped_citations=tuple(self._citations.dropped))

    def _succeed(self) -> None:
        self._outcome, self._error_code = Outcome.COMPLETED, ""

    def _last_event(self) -> Event:
        if self._error_code:
            is_stopped = self._error_code == GenerationCanceled.code
            words = note("canceled" if is_stopped else "broke_off", lang=self._lang)
            return error(self._error_code, words, retryable=True, progress=self._progress if is_stopped else 90)
        return Event(EventType.COMPLETE, 100, {**self._identity(), "processing_time_ms": self._since(self._started_at)})

    def _identity(self) -> dict[str, Any]:
        return {"answer_id": str(self._id), "cached": self._is_cached}

    async def _record(self) -> None:
        await borrowing(record, self._transcript())
        self._is_recorded = True
        if self._outcome is Outcome.COMPLETED and self._result and self._scene:
            ttl_s = self._scene.policy.answer_ttl_s
            await borrowing(keep_answer, self._scene.scope, self._result.as_data(), ttl_s=ttl_s)

    def _transcript(self) -> Transcript:
        return Transcript(
            id=self._id,
            ask=self._ask,
            lang=self._lang,
            query_type=self._scene.query_type.value if self._scene else "detailed",
            outcome=self._outcome,
            processing_ms=self._since(self._started_at),
            result=self._result,
            partial_text="".join(self._said),
            is_cached=self._is_cached,
            error_code=self._error_code,
            generation=self._speech.record() if self._speech else None,
            plan=self._scene.plan if self._scene else None,
            trace=tuple(self._trace),
        )

    async def _step(self, name: str, verb: Callable[[Any], T], argument: Any) -> T:
        """Run one verb that needs the database in a thread, which gives its connection back; note how long it took."""
        started = self._clock()
        try:
            return await borrowing(verb, argument)
        finally:
            self._trace.append((name, self._since(started)))

    def _since(self, moment: float) -> int:
        return round((self._clock() - moment) * 1000)
