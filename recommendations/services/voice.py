"""Let a model choose and explain among the findings, item by item, and hold each item against what it was told."""

import math
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any, Self

from models_registry.domain.chat import Finished, GenerationPlan, Loading, Piece, Queued, Started, Text
from models_registry.domain.errors import GenerationCanceled, GenerationInterrupted, ModelError, RateLimited
from models_registry.services.generate import Speech
from models_registry.services.turns import Ticket
from rag.domain.busy import capacity_refusal
from rag.domain.events import Event, EventType, voice, waiting, warning
from recommendations.domain.model_output import AdviceOut, Tally, check_item, check_text, parse, schema
from recommendations.domain.partial_json import ItemScanner
from recommendations.domain.quality import spoken_quality
from recommendations.domain.recommendation import ScoredRecommendation
from recommendations.services.brief import Brief
from recommendations.services.cards import FIRST_PROGRESS, card
from recommendations.services.prepare import Prepared
from recommendations.services.store import Result

WRITING = "The local model is writing."
INTERRUPTED = "The model stopped in mid-answer. What was shown so far is kept; ask again for the rest."
NO_MODEL_NOTE = "No local model answered: this advice comes from lnrag's exact rules and quoted passages."
BUSY_NOTE = "The model was busy: this advice comes from lnrag's exact rules and quoted passages. Ask again {when}."
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
    speech = Speech(plan, told.messages, schema=schema(told.finding_keys), stop=ticket.stop)
    hearing = Hearing(prepared, result, told, plan)
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
        result.generation = speech.record()
    _conclude(result, told, hearing.tally, parse(hearing.scanner.text))
    if not result.is_degraded:
        result.said = _said(result, told)


def repeat(prepared: Prepared, result: Result) -> Iterator[Event]:
    """Yield what the model said before of exactly these facts: `cached_data`, then its recommendations."""
    said, told = prepared.memory, prepared.brief
    if said is None or told is None:
        return
    yield Event(EventType.CACHED_DATA, FIRST_PROGRESS, {"model_used": said["model"]})
    result.is_cached, result.model, result.summary = True, said["model"], said["summary"]
    result.analysis, result.quality_score = said["analysis"], said["quality_score"]
    result.quality_components = said["quality_components"]
    by_key = {item.finding_key: item for item in prepared.shown}
    for words in said["items"]:
        if item := by_key.get(words["finding"]):
            cited = tuple(one for one in told.citations if one.number in words["citations"]) or item.citations
            said_of_it = words["explanation"]
            item = replace(item, explanation=said_of_it or item.explanation, citations=cited)
            result.shown.append(replace(item, spoken_by="model" if said_of_it else None))
            yield card(prepared, result.shown[-1], position=len(result.shown), is_spoken=True)


def _said(result: Result, told: Brief) -> dict[str, Any]:
    numbers = {citation.chunk_id: citation.number for citation in told.citations}
    items = [
        {
            "finding": item.finding_key,
            "explanation": item.explanation if item.spoken_by else None,  # None: the rule's own words
            "citations": [numbers[one.chunk_id] for one in item.citations if one.chunk_id in numbers],
        }
        for item in result.shown
    ]
    return {
        "model": result.model,
        "summary": result.summary,
        "analysis": dict(result.analysis),
        "quality_score": result.quality_score,
        "quality_components": dict(result.quality_components),
        "items": items,
    }


@dataclass(slots=True)
class Hearing:
    """What was heard of one speech so far, and what of it may be shown."""

    prepared: Prepared
    result: Result
    told: Brief
    plan: GenerationPlan
    scanner: ItemScanner = field(default_factory=lambda: ItemScanner("recommendations"))
    tally: Tally = field(default_factory=Tally)

    def take(self, piece: Piece) -> Iterator[Event]:
        """Yield the events that one piece of the speech gives rise to."""
        if isinstance(piece, Queued | Loading):
            yield waiting(piece)
        elif isinstance(piece, Started):
            self.result.model = piece.model
            yield voice(piece, plan=self.plan, message=WRITING, progress=FIRST_PROGRESS)
        elif isinstance(piece, Text):
            yield Event(EventType.TOKEN, FIRST_PROGRESS, {"text": piece.content})
            for raw in self.scanner.feed(piece.content):
                yield from self._card(raw)
        elif isinstance(piece, Finished) and piece.truncation_suspected:
            yield warning("prompt_truncated", "The host may have cut the prompt.", progress=FIRST_PROGRESS)

    def _card(self, raw: dict[str, object]) -> Iterator[Event]:
        item = _accept(self.prepared, self.told, raw, self.tally)
        if item is None or len(self.result.shown) >= self.prepared.request.max_results:
            return
        self.result.shown.append(item)
        yield card(self.prepared, item, position=len(self.result.shown), is_spoken=True)


def _accept(prepared: Prepared, told: Brief, raw: dict[str, object], tally: Tally) -> ScoredRecommendation | None:
    """Return the rule's recommendation with the model's reasons; title, numbers, command and score stay the rule's."""
    checked = check_item(raw, told.known, tally)
    if checked is None:
        return None
    by_key = {item.finding_key: item for item in prepared.shown}
    item = by_key.get(checked.finding_key)
    if item is None:
        return None
    citations = tuple(c for c in told.citations if c.number in checked.citations) or item.citations
    return replace(
        item,
        explanation=checked.rationale or item.explanation,
        citations=citations,
        spoken_by=None if checked.rationale is None else "model",
    )


def _conclude(result: Result, told: Brief, tally: Tally, document: AdviceOut | None) -> None:
    if document is None or not tally.valid:
        result.note, result.is_degraded = INVALID, True
    if document is not None:
        result.summary = check_text(document.summary, told.known, tally) or ""
        analysis = document.analysis
        result.analysis = {
            "performance": check_text(analysis.performance, told.known, tally) or "",
            "strengths": [text for text in analysis.strengths if check_text(text, told.known, tally)],
            "weaknesses": [text for text in analysis.weaknesses if check_text(text, told.known, tally)],
        }
    result.quality_score, result.quality_components = spoken_quality(tuple(result.shown), tally)
