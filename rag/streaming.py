"""Events on the wire: one dictionary per event, the same in NDJSON, SSE, websocket and JSON. Encodes; decides nothing."""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from rag.domain.errors import AnswerFailed
from rag.domain.events import Event, EventType

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


async def numbered(events: AsyncIterator[Event]) -> AsyncIterator[dict[str, Any]]:
    """Yield each event's dictionary. Closing this closes the events, and with them the model's connection."""
    async with aclosing(events) as opened:  # type: ignore[type-var]  # every stream of ours is an async generator
        sequence = 0
        async for event in opened:
            yield to_wire(event, sequence)
            sequence += 1


async def ndjson(events: AsyncIterator[Event]) -> AsyncIterator[bytes]:
    """Yield one JSON text per line and event."""
    async with aclosing(numbered(events)) as opened:  # type: ignore[type-var]  # as above
        async for content in opened:
            yield f"{encode(content)}\n".encode()


async def sse(events: AsyncIterator[Event]) -> AsyncIterator[bytes]:
    """Yield one server-sent event per event: its type, its number as id, the dictionary as data."""
    async with aclosing(numbered(events)) as opened:  # type: ignore[type-var]  # as above
        async for content in opened:
            head = f"event: {content['type']}\nid: {content['sequence']}\n"
            yield f"{head}data: {encode(content)}\n\n".encode()


async def collect(events: AsyncIterator[Event]) -> dict[str, Any]:
    """Drain a stream and return {"events": […]} with the same dictionaries that the other framings send one by one."""
    async with aclosing(numbered(events)) as opened:  # type: ignore[type-var]  # as above
        return {"events": [content async for content in opened]}


async def outcome(events: AsyncIterator[Event]) -> dict[str, Any]:
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
