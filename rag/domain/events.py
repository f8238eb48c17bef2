"""The closed list of things a stream can say. Values only; `rag/streaming.py` puts them on the wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from models_registry.domain.chat import GenerationPlan, Loading, Queued, Started
from rag.domain.grounding import Check
from rag.domain.passages import Passage


class EventType(StrEnum):
    STATUS = "status"
    QUEUED = "queued"
    LOADING = "loading"
    NODE_INFO = "node_info"
    TECHNICAL_RECOMMENDATIONS = "technical_recommendations"
    RECOMMENDATION = "recommendation"
    TOKEN = "token"  # noqa: S105 - an event name, not a credential
    WARNING = "warning"
    CACHED_DATA = "cached_data"
    SIMILAR_DOCUMENT = "similar_document"
    BASIC_INFO = "basic_info"
    AI_RECOMMENDATIONS = "ai_recommendations"
    AI_ANALYSIS = "ai_analysis"
    ANSWER = "answer"
    COMPLETE = "complete"
    ERROR = "error"


MOST_REASONS = 8
TERMINAL = frozenset({EventType.COMPLETE, EventType.ERROR})


@dataclass(frozen=True, slots=True)
class Event:
    """One step of a turn. `progress` is 0 to 100 and never falls within a stream; `data` is JSON-safe."""

    type: EventType
    progress: int
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_terminal(self) -> bool:
        return self.type in TERMINAL


def status(message: str, *, progress: int = 0, **data: Any) -> Event:
    return Event(EventType.STATUS, progress, {"message": message, **data})


def voice(piece: Started, *, plan: GenerationPlan, message: str, progress: int) -> Event:
    """A model took the turn: which one, which ones failed before it, and why it and no other was chosen."""
    names = {"model": piece.model, "fell_back_from": list(piece.fell_back_from)}
    return status(message, progress=progress, **names, why=reasons(plan))


def reasons(plan: GenerationPlan) -> list[str]:
    """Return a sentence for each model that was thought of, the chosen one first, at most `MOST_REASONS`."""
    thought_of = plan.decision.get("candidates") or ()
    told = [f"{one['model']} on {one['host']}: {one['reason']}" for one in thought_of]
    return (told or list(plan.reasons))[:MOST_REASONS]


def waiting(piece: Queued | Loading, *, progress: int = 50) -> Event:
    """The model is not free yet: the request's place in line, or how far its loading is. Times in milliseconds."""
    if isinstance(piece, Queued):
        content = {"model": piece.model, "position": piece.position, "expected_wait_ms": piece.expected_wait_ms}
        return Event(EventType.QUEUED, progress, content)
    content = {"model": piece.model, "host": piece.endpoint}
    times = {"elapsed_ms": piece.elapsed_ms, "expected_ms": piece.expected_ms}
    return Event(EventType.LOADING, progress, content | times)


EXCERPT = 280  # characters of a passage shown while the answer is being written


def similar_document(passage: Passage, *, number: int) -> Event:
    """A passage was found; `number` is the one that citations use."""
    content = {
        "number": number,
        "chunk_id": passage.chunk_id,
        "document_id": passage.document_id,
        "document_uid": passage.document_uid,
        "title": passage.title,
        "breadcrumb": passage.breadcrumb,
        "excerpt": passage.text[:EXCERPT],
        "lang": passage.lang,
        "url": passage.url,
        "score": round(passage.score, 5),
        "cosine": None if passage.cosine is None else round(passage.cosine, 4),
    }
    return Event(EventType.SIMILAR_DOCUMENT, 25, content)


def warning(code: str, message: str, *, progress: int, **data: Any) -> Event:
    return Event(EventType.WARNING, progress, {"code": code, "message": message, **data})


def doubt(check: Check, *, lang: str, progress: int) -> Event:
    """A finished sentence states what nobody gave, or what another passage than the cited one gave."""
    told = check.as_data(lang=lang)
    return warning("ungrounded", told["message"], progress=progress, check=told)


def error(code: str, message: str, *, retryable: bool, progress: int) -> Event:
    """End a stream that failed. `message` is for the reader: no internals, no exception text."""
    return Event(EventType.ERROR, progress, {"code": code, "message": message, "retryable": retryable})
