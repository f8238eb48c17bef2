"""Have the planned model answer, and let through what holds: words, doubts about them, and how it ended."""

import asyncio
import math
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

from models_registry.domain.chat import Loading, Piece, Queued, Started, Text
from models_registry.domain.errors import GenerationCanceled, ModelError, RateLimited
from models_registry.domain.wording import clean_answer
from models_registry.services.generate import Speech
from rag.domain.answers import Draft
from rag.domain.busy import capacity_refusal
from rag.domain.events import Event, EventType, doubt, voice, waiting
from rag.domain.listening import Listener, Shown
from rag.domain.notes import note
from rag.domain.trace import Trace
from rag.services.prepare import Scene
from rag.services.telling import Told

TYPICAL_PIECES = 150  # progress while writing is a guess: it nears 90 after a few times this many pieces
MOST_AFTER_REFUSAL = 80  # pieces; a model that said it does not know, and goes on, is hung up on


class Speaking:
    """One model's turn. One use only."""

    def __init__(self, scene: Scene, told: Told, *, stop: asyncio.Event) -> None:
        self._scene = scene
        self.told = told
        self.speech = Speech(scene.plan, told.messages, stop=stop)
        self._listener = Listener(
            passages=len(told.retrieval.passages),
            given=told.given,
            evidence=told.evidence,
            lang=scene.lang,
        )
        self._pieces = 0
        self._late = Shown("")
        self._after_refusal = 0
        self.refusal: RateLimited | None = None
        self.is_interrupted = False

    @property
    def has_refused(self) -> bool:
        return self._listener.has_refused

    @property
    def text(self) -> str:
        return self._listener.text

    @property
    def model(self) -> str:
        return self.speech.record().model

    def draft(self) -> Draft | None:
        """Return what the model said, or None when nobody spoke."""
        text = clean_answer(self.text)
        if not text:
            return None
        return Draft(
            text,
            model=self.model,
            dropped_citations=self._listener.dropped_citations,
            removed=self._listener.removed,
        )

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yield the model's words and the doubts about them as they come.

        :raises GenerationCanceled: when somebody stopped it.
        """
        try:
            async with aclosing(self.speech.pieces()) as pieces:
                async for piece in pieces:
                    for event in self._heard(piece):
                        yield event
                    if self._has_said_enough():
                        break
            for event in self._told(self._listener.flush(), is_last=True):
                yield event
        except GenerationCanceled:
            raise
        except ModelError as exc:
            self.refusal = capacity_refusal(exc)
            # Quotes may still answer, but only before the first word: two voices in one answer read as a lie.
            self.is_interrupted = self._listener.has_spoken

    def note_attempts(self, trace: Trace, *, start_ms: int) -> None:
        """Add the models that failed before the one that spoke, or before the quotes did."""
        for attempt in self.speech.record().attempts:
            if attempt.error_code:
                told = f"{attempt.model}: {attempt.error_code}"
                trace.add("fallback", start_ms=start_ms, ms=attempt.latency_ms, within="generate", detail=told)

    def _heard(self, piece: Piece) -> Iterator[Event]:
        if isinstance(piece, Queued | Loading):
            yield waiting(piece)
        elif isinstance(piece, Started):
            yield voice(piece, plan=self._scene.plan, message=note("writing", lang=self._scene.lang), progress=50)
        elif isinstance(piece, Text):
            yield from self._told(self._listener.feed(piece.content))

    def _told(self, shown: Shown, *, is_last: bool = False) -> Iterator[Event]:
        if not self._scene.plan.is_streaming:  # all words at once, when the last of them is known to be good
            self._late = Shown(self._late.text + shown.text, (*self._late.checks, *shown.checks))
            if not is_last:
                return
            shown = self._late
        if shown.text:
            self._pieces += 1
            yield Event(EventType.TOKEN, self._progress, {"text": shown.text})
        for one in shown.checks:
            yield doubt(one, lang=self._scene.lang, progress=self._progress)

    @property
    def _progress(self) -> int:
        return 50 + round(39 * (1 - math.exp(-self._pieces / TYPICAL_PIECES)))

    def _has_said_enough(self) -> bool:
        self._after_refusal += self.has_refused
        return self._after_refusal > MOST_AFTER_REFUSAL
