"""Let a model choose and explain among the findings, item by item, and hold each item against what it was told."""

import math
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Self

from models_registry.domain.chat import Finished, GenerationPlan, Loading, Piece, Queued, Started, Text
from models_registry.domain.errors import GenerationCanceled, GenerationInterrupted, ModelError, RateLimited
from models_registry.services.generate import Speech
from models_registry.services.turns import Ticket
from rag.domain.busy import capacity_refusal
from rag.domain.events import Event, EventType, voice, waiting, warning
from recommendations.domain import french
from recommendations.domain.model_output import Tally, check_analysis, check_item, check_text, parse, schema
from recommendations.domain.partial_json import ItemScanner
from recommendations.domain.quality import spoken_quality
from recommendations.domain.recommendation import ScoredRecommendation
from recommendations.domain.shapes import merged
from recommendations.services.brief import Brief
from recommendations.services.cards import FIRST_PROGRESS, card
from recommendations.services.prepare import Prepared
from recommendations.services.retell import said
from recommendations.services.store import Result, Spoken

READING = "Reading what is known of the node."
WRITING = "The local model is writing."
INTERRUPTED = "The model stopped in mid-answer. What was shown so far is kept; ask again for the rest."
NO_MODEL_NOTE = "No local model answered: this advice comes from lnrag's exact rules and quoted passages."
BUSY_NOTE = "The model was busy: this advice comes from lnrag's exact rules and quoted passages. Ask again {when}."
RETRIED, RETRYING = "answer_retried", "The model's answer could not be used: asking once more."
CUT = "The host may have cut the prompt."
COOLER = 0.1  # of temperature, for the one second try
INVALID = "The model's answer did not keep its contract; what could be checked is shown, the rules add the rest."


class Unspoken(Exception):
    """No model said a word. The turn is still free. `refusal` is set when all were busy."""

    def __init__(self, code: str, *, refusal: RateLimited | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.refusal = refusal

    @classmethod
    def by(cls, failure: ModelError | ValueError) -> Self:
        """Return what to tell of a speech that failed like this before its first word."""
        refusal = capacity_refusal(failure)
        return cls(refusal.code if refusal else getattr(failure, "code", "answer_invalid"), refusal=refusal)

    @property
    def note(self) -> str:
        """Why the rules answer alone, and when a busy model may be asked again."""
        if self.refusal is None:
            return NO_MODEL_NOTE
        wait_s = self.refusal.retry_after_s
        return BUSY_NOTE.format(when="a little later" if wait_s is None else f"in about {math.ceil(wait_s)} s")


class Interrupted(Exception):
    """The model broke off after its first word: another voice may not take over."""

    code = GenerationInterrupted.code
    message = INTERRUPTED


async def speak(prepared: Prepared, result: Result, *, ticket: Ticket) -> AsyncGenerator[Event, None]:
    """Yield `token` events as the model writes and a `recommendation` for each item that checks out.

    :raises Unspoken: before the first word. :raises Interrupted: after it. :raises GenerationCanceled: when stopped.
    """
    told, plan = prepared.brief, prepared.plan
    if told is None or plan is None:
        raise Unspoken("no_model_available")
    blank, hearing = result.spoken(), Hearing(prepared, result, told, plan)
    async with aclosing(_voice_of(hearing, ticket)) as events:
        async for event in events:
            yield event
    hearing.conclude()
    if hearing.deserves_another:
        async with aclosing(_second_try(hearing, blank, ticket)) as events:
            async for event in events:
                yield event
    if not result.is_degraded:
        result.said = said(result, told)


async def _second_try(first: "Hearing", blank: Spoken, ticket: Ticket) -> AsyncGenerator[Event, None]:
    """Ask once more, the next model or the same one more soberly, and keep the better of the two. Never a third time.

    Nobody heard the first, so this is no second voice in one answer.
    """
    result, prepared = first.result, first.prepared
    came_to, plan = result.spoken(), another(first.plan, result.model)
    again = Hearing(prepared, result, first.told, plan)
    result.restore(blank)
    yield warning(RETRIED, french.said(RETRYING, lang=prepared.request.lang), progress=FIRST_PROGRESS)
    try:
        async with aclosing(_voice_of(again, ticket)) as events:
            async for event in events:
                yield event
        again.conclude()
        is_better = (result.quality_score or 0.0) >= (came_to.quality_score or 0.0)
    except (Unspoken, Interrupted):
        if result.shown and not prepared.request.is_held:
            raise
        is_better = False
    if not is_better:
        result.restore(came_to)
        for position, item in enumerate(result.shown, start=1):
            yield card(prepared, item, position=position, is_spoken=True)


async def _voice_of(hearing: "Hearing", ticket: Ticket) -> AsyncGenerator[Event, None]:
    told, result = hearing.told, hearing.result
    speech = Speech(hearing.plan, told.messages, schema=schema(told.known, told.shape), stop=ticket.stop)
    try:
        async with aclosing(speech.pieces()) as pieces:  # hanging up must reach the host now, not at collection
            async for piece in pieces:
                for event in hearing.take(piece):
                    yield event
    except GenerationCanceled:
        raise
    except GenerationInterrupted as exc:
        raise Interrupted from exc
    except (ModelError, ValueError) as exc:
        if result.model:
            raise Interrupted from exc
        raise Unspoken.by(exc) from exc
    finally:
        result.heard(speech.record())


def another(plan: GenerationPlan, spoke: str) -> GenerationPlan:
    """Return the plan of a second try: the models after the one that spoke, else that one at a lower temperature."""
    names = [candidate.model for candidate in plan.candidates]
    later = plan.candidates[names.index(spoke) + 1 :] if spoke in names else ()
    if later:
        return replace(plan, candidates=later)
    knobs = plan.knobs.asked(temperature=max(plan.knobs.temperature - COOLER, 0.0))
    same = tuple(candidate for candidate in plan.candidates if candidate.model == spoke)
    return replace(plan, candidates=same or plan.candidates, knobs=knobs)


@dataclass(slots=True)
class Hearing:
    """What was heard of one speech so far, and what of it may be shown."""

    prepared: Prepared
    result: Result
    told: Brief
    plan: GenerationPlan
    scanner: ItemScanner = field(default_factory=lambda: ItemScanner("recommendations"))
    tally: Tally = field(default_factory=Tally)
    _offered: dict[str, ScoredRecommendation] = field(init=False)
    _has_room_for: int = field(init=False)

    def __post_init__(self) -> None:
        self._offered = {item.finding_key: item for item in self.prepared.shown}
        self._has_room_for = min(self.told.shape.most_chosen, self.prepared.request.max_results)

    def take(self, piece: Piece) -> Iterator[Event]:
        """Yield the events that one piece of the speech gives rise to."""
        if isinstance(piece, Queued | Loading):
            yield waiting(piece)
        elif isinstance(piece, Started):
            self.result.model = piece.model
            message = french.said(WRITING, lang=self.prepared.request.lang)
            yield voice(piece, plan=self.plan, message=message, progress=FIRST_PROGRESS)
        elif isinstance(piece, Text):
            yield from self._cards(piece.content)
        elif isinstance(piece, Finished) and piece.truncation_suspected:
            note = french.said(CUT, lang=self.prepared.request.lang)
            yield warning("prompt_truncated", note, progress=FIRST_PROGRESS)

    @property
    def deserves_another(self) -> bool:
        """Whether it was poor, and nobody was shown any of it: only then may another voice take the turn."""
        is_heard = bool(self.result.shown) and not self.prepared.request.is_held
        return not is_heard and (self.result.quality_score or 0.0) < self.prepared.quality_bar.min_score

    def conclude(self) -> None:
        """Check what the whole document says beside its items, and judge the speech."""
        result, told, tally, document = self.result, self.told, self.tally, parse(self.scanner.text)
        if document is None or not tally.valid:
            result.note, result.is_degraded = french.said(INVALID, lang=self.prepared.request.lang), True
        if document is not None:
            result.summary = check_text(document.summary, told.known, tally) or result.summary
            parts = check_analysis(document.analysis, told.shape, told.known, tally)
            result.analysis = merged(result.analysis, parts, told.shape)
        result.quality_score, result.quality_components = spoken_quality(tuple(result.shown), tally)

    def _cards(self, piece: str) -> Iterator[Event]:
        fresh = [item for raw in self.scanner.feed(piece) if (item := self._accepted(raw)) is not None]
        # What a model wrote is told only after it was checked: a token holds the words that passed, mostly none.
        words = " ".join(item.explanation for item in fresh if item.spoken_by)
        yield Event(EventType.TOKEN, FIRST_PROGRESS, {"text": words})
        for item in fresh:
            self.result.shown.append(item)
            yield card(self.prepared, item, position=len(self.result.shown), is_spoken=True)

    def _accepted(self, raw: dict[str, object]) -> ScoredRecommendation | None:
        """Return the rule's recommendation with the model's reasons; title, numbers, command, score stay the rule's."""
        told = self.told
        checked = check_item(raw, told.known, self.tally)
        item = None if checked is None else self._offered.get(checked.finding_key)
        if checked is None or item is None or self._has_room_for <= 0:
            return None
        self._has_room_for -= 1
        citations = tuple(one for one in told.citations if one.number in checked.citations) or item.citations
        words = checked.rationale
        return replace(
            item,
            explanation=words or item.explanation,
            citations=citations,
            spoken_by=None if words is None else "model",
        )
