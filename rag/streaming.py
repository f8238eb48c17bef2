"""Events on the wire: one dictionary per event, alike in NDJSON, SSE, websocket and JSON. Encodes; decides nothing."""

import json
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from models_registry.domain.errors import GenerationInterrupted, ModelError
from rag.domain.errors import AnswerFailed, RagError
from rag.domain.events import Event, EventType, error

logger = logging.getLogger(__name__)

SORRY = "Something went wrong on our side. It has been noted; ask again."
RESULTS = (EventType.CACHED_DATA, EventType.ANSWER, EventType.AI_RECOMMENDATIONS, EventType.AI_ANALYSIS)


def to_wire(event: Event, sequence: int) -> dict[str, Any]:
    """Return the dictionary of one event; `sequence` counts from 0 within a stream."""
    return {
        "type": event.type.value,
        "progress": event.progress,
        "sequence": sequence,
        "data": dict(event.data),
    }


def encode(content: Any) -> str:
    """Return JSON on one line; a value that JSON does not know is a programming error and raises TypeError."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


async def unbroken(events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
    """Yield the events; when they fail, one error event ends them. Every door sends its stream through this.

    The head of the response is long gone by then, so no status can tell it.
    """
    progress = 0
    failure: Event | None = None
    try:
        async with aclosing(events) as opened:
            async for event in opened:
                progress = event.progress
                yield event
                if event.is_terminal:
                    return
    except (RagError, ModelError) as exc:
        failure = error(exc.code, str(exc), retryable=exc.retryable, progress=progress)
    except Exception:
        logger.exception("Unable to finish a stream")
        failure = error("internal", SORRY, retryable=True, progress=progress)
    if failure:
        yield failure


async def numbered(events: AsyncGenerator[Event, None]) -> AsyncGenerator[dict[str, Any], None]:
    """Yield each event's dictionary. Closing this closes the events, and with them the model's connection."""
    async with aclosing(unbroken(events)) as opened:
        sequence = 0
        async for event in opened:
            yield to_wire(event, sequence)
            sequence += 1


async def ndjson(events: AsyncGenerator[Event, None]) -> AsyncGenerator[bytes, None]:
    """Yield one JSON text per line and event."""
    async with aclosing(numbered(events)) as opened:
        async for content in opened:
            yield f"{encode(content)}\n".encode()


async def sse(events: AsyncGenerator[Event, None]) -> AsyncGenerator[bytes, None]:
    """Yield one server-sent event per event: its type, its number as id, the dictionary as data."""
    async with aclosing(numbered(events)) as opened:
        async for content in opened:
            head = f"event: {content['type']}\nid: {content['sequence']}\n"
            yield f"{head}data: {encode(content)}\n\n".encode()


async def collect(events: AsyncGenerator[Event, None]) -> dict[str, Any]:
    """Drain a stream and return {"events": […]} with the same dictionaries that the other framings send one by one."""
    async with aclosing(numbered(events)) as opened:
        return {"events": [content async for content in opened]}


async def outcome_of(turn: Callable[[bool], AsyncGenerator[Event, None]]) -> dict[str, Any]:
    """Return the outcome of a turn for a reader who hears nothing before its end; `turn(False)` quotes only.

    A voice that broke off was heard by nobody here, so quotes in its place are no second voice.

    :raises AnswerFailed: when the turn failed in any other way.
    """
    try:
        return await outcome(turn(True))
    except AnswerFailed as exc:
        if exc.code != GenerationInterrupted.code:
            raise
    return await outcome(turn(False))


async def outcome(events: AsyncGenerator[Event, None]) -> dict[str, Any]:
    """Drain a stream and return its result joined with what `complete` says.

    :raises AnswerFailed: when the stream ended with an error event.
    """
    drained = (await collect(events))["events"]
    latest = drained[-1]
    if latest["type"] == EventType.ERROR:
        failure = latest["data"]
        raise AnswerFailed(failure["message"], code=failure["code"], retryable=failure["retryable"])
    results = [one["data"] for one in drained if one["type"] in RESULTS]
    return {**(results[-1] if results else {}), **latest["data"]}
