"""One question on its way to an answer: prepare (database), generate (network), record (database)."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any, TypeVar

from models_registry.domain.chat import Outcome
from models_registry.domain.errors import GenerationCanceled, GenerationInterrupted
from models_registry.services import turns
from models_registry.services.borrow import borrowing
from models_registry.services.shield import finish
from models_registry.services.turns import Ticket
from rag import metrics
from rag.domain.answers import AnswerResult, Draft, abstention, check, quoted
from rag.domain.events import Event, EventType, error, similar_document, status, warning
from rag.domain.notes import note
from rag.domain.passages import Retrieval
from rag.domain.trace import Trace
from rag.services.keep import keep
from rag.services.prepare import Ask, Scene, find_passages, look_up, open_scene, put, space_fields
from rag.services.prompts import ANSWER_PURPOSE
from rag.services.rewrite import rewrite
from rag.services.speaking import Speaking
from rag.services.telling import tell
from rag.services.transcripts import Transcript, record

T = TypeVar("T")


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
        self._speaking: Speaking | None = None
        self._result: AnswerResult | None = None
        self._outcome = Outcome.FAILED
        self._error_code = "internal"
        self._progress = 0
        self._is_cached = False
        self._is_recorded = False
        self._trace = Trace()

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

    async def untold(self) -> AsyncGenerator[Event, None]:
        """Yield the turn's events without opening it for anybody to see, and write nothing: for the shadow."""
        async with aclosing(self._unless_stopped()) as events:
            async for event in events:
                yield event

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
        scene, kept = await self._step("prepare", open_scene, self._ask)
        self._scene, self._lang = scene, scene.lang
        for block in scene.facts:
            yield Event(EventType.NODE_INFO, 25, {"title": block.title, "lines": list(block.lines), **block.data})
        if scene.earlier:
            scene = await self._rewritten(scene)
            kept = await self._step("cache", look_up, scene)
        if kept is not None:
            self._is_cached = True
            yield self._succeed(kept, EventType.CACHED_DATA)
            return
        if not scene.earlier:
            scene = await self._rewritten(scene)
        began = self._clock()
        retrieval = await self._step("retrieve", find_passages, scene)
        self._trace.add_parts(retrieval.took, of="retrieve", start_ms=self._ms(began - self._started_at))
        if retrieval.best_cosine is not None:
            metrics.SIMILARITY.labels(query_type=scene.query_type.value).observe(retrieval.best_cosine)
        for number, passage in enumerate(retrieval.passages, start=1):
            yield similar_document(passage, number=number)
        is_lacking = not retrieval.is_answerable and not scene.facts
        searched = {"standalone": scene.standalone} if scene.standalone else {}
        yield status(note("lacking" if is_lacking else "writing", lang=self._lang), progress=50, **searched)
        async with aclosing(self._written(scene, retrieval, is_lacking=is_lacking)) as events:
            async for event in events:
                yield event

    async def _rewritten(self, scene: Scene) -> Scene:
        """Put the question so that it stands alone and can be searched; without a model where the asker wants none."""
        may_ask = self._ask.include_ai and scene.policy.rewrites_questions
        started = self._clock()
        said = await rewrite(
            scene.ask.question,
            lang=scene.lang,
            earlier=scene.earlier,
            unit=self._ask.unit,
            policy=replace(scene.policy, rewrites_questions=may_ask),
            stop=self._ticket.stop,
        )
        if said.search_text or said.standalone != scene.question:
            self._note_step("rewrite", started, detail=said.search_text or said.standalone)
        self._scene = put(scene, said)
        return self._scene

    async def _written(self, scene: Scene, retrieval: Retrieval, *, is_lacking: bool) -> AsyncGenerator[Event, None]:
        if scene.plan.can_generate and not is_lacking:
            async with aclosing(self._spoken(scene, retrieval)) as events:
                async for event in events:
                    yield event
            if self._error_code == GenerationInterrupted.code:
                return
        draft = self._draft(retrieval, is_lacking=is_lacking)
        if draft.is_degraded:
            yield warning("degraded", draft.note, progress=50)
        started = self._clock()
        result = await asyncio.to_thread(self._checked, draft, retrieval)
        self._note_step("check", started)
        yield self._succeed(result, EventType.ANSWER)

    async def _spoken(self, scene: Scene, retrieval: Retrieval) -> AsyncGenerator[Event, None]:
        """Yield the model's words as they come. No row is read or written while it speaks."""
        started = self._clock()
        told = await asyncio.to_thread(tell, scene, retrieval)
        self._speaking = speaking = Speaking(scene, told, stop=self._ticket.stop)
        try:
            async with aclosing(speaking.events()) as events:
                async for event in events:
                    yield event
            if speaking.is_interrupted:
                self._error_code = GenerationInterrupted.code
        finally:
            self._note_step("generate", started, detail=speaking.model)
            speaking.note_attempts(self._trace, start_ms=self._ms(started - self._started_at))

    def _draft(self, retrieval: Retrieval, *, is_lacking: bool) -> Draft:
        """Return what the model said; when nobody spoke, or it did not find the answer, what we say."""
        speaking = self._speaking
        if is_lacking:
            return abstention(retrieval)
        if speaking and speaking.has_refused:
            return abstention(retrieval, is_by_model=True)
        said = speaking.draft() if speaking else None
        return said or quoted(retrieval, refusal=speaking.refusal if speaking else None)

    def _checked(self, draft: Draft, retrieval: Retrieval) -> AnswerResult:
        scene, speaking = self._scene, self._speaking
        told = speaking.told.retrieval if speaking and draft.model else retrieval
        return check(
            draft,
            retrieval=told,
            found=retrieval,
            given=scene.fact_lines if scene else (),
            query_type=scene.query_type.value if scene else "detailed",
            space=space_fields(retrieval, scene.space if scene else None),
            standalone=scene.standalone if scene else "",
            evidence=speaking.told.evidence if speaking and draft.model else None,
        )

    def _succeed(self, result: AnswerResult, kind: EventType) -> Event:
        self._result, self._outcome, self._error_code = result, Outcome.COMPLETED, ""
        return Event(kind, 90, {**result.as_data(), **self._identity()})

    def _last_event(self) -> Event:
        if self._error_code:
            is_stopped = self._error_code == GenerationCanceled.code
            words = note("canceled" if is_stopped else "broke_off", lang=self._lang)
            return error(self._error_code, words, retryable=True, progress=self._progress if is_stopped else 90)
        ended = {"processing_time_ms": self._ms(self._clock() - self._started_at), "trace": self._trace.as_data()}
        return Event(EventType.COMPLETE, 100, {**self._identity(), **ended})

    def _identity(self) -> dict[str, Any]:
        conversation = self._scene.conversation_id if self._scene else None
        return {
            "answer_id": str(self._id),
            "cached": self._is_cached,
            "conversation_id": str(conversation) if conversation else None,
        }

    async def _record(self) -> None:
        await borrowing(record, self.transcript())
        self._is_recorded = True
        if self._outcome is Outcome.COMPLETED and self._result and self._scene and not self._is_cached:
            await borrowing(keep, self._scene, self._result)

    def transcript(self) -> Transcript:
        """Return what the turn came to so far, as its row says it."""
        scene, speaking = self._scene, self._speaking
        return Transcript(
            id=self._id,
            ask=self._ask,
            lang=self._lang,
            query_type=scene.query_type.value if scene else "detailed",
            outcome=self._outcome,
            processing_ms=self._ms(self._clock() - self._started_at),
            result=self._result,
            partial_text=speaking.text if speaking else "",
            is_cached=self._is_cached,
            error_code=self._error_code,
            generation=speaking.speech.record() if speaking else None,
            plan=scene.plan if scene else None,
            trace=self._trace,
            conversation_id=scene.conversation_id if scene else None,
            met=scene.choice.assignments if scene else (),
        )

    async def _step(self, name: str, verb: Callable[[Any], T], argument: Any) -> T:
        """Run one verb that needs the database in a thread, which gives its connection back; note how long it took."""
        started = self._clock()
        try:
            return await borrowing(verb, argument)
        finally:
            self._note_step(name, started)

    def _note_step(self, name: str, started: float, *, detail: str = "") -> None:
        taken = self._ms(self._clock() - started)
        self._trace.add(name, start_ms=self._ms(started - self._started_at), ms=taken, detail=detail)

    @staticmethod
    def _ms(seconds: float) -> int:
        return round(seconds * 1000)
