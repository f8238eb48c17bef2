"""One stream, four framings, equal dictionaries; exactly one end."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from models_registry.domain.errors import ProviderUnavailable
from rag.domain.errors import AnswerFailed, QuestionInvalid
from rag.domain.events import Event, EventType, error, status
from rag.streaming import collect, ndjson, numbered, outcome, sse, to_wire

STRANGE = "line\nbreak \u2028 \u0085 \r\n é ⚡ </script> data: x\n\nevent: fake"


async def stream(*, failure: Exception | None = None, closed: list[str] | None = None) -> AsyncGenerator[Event, None]:
    try:
        yield status("begin")
        yield Event(EventType.TOKEN, 55, {"text": STRANGE})
        if failure:
            raise failure
        yield Event(EventType.ANSWER, 90, {"answer": "a", "confidence": None})
        yield Event(EventType.COMPLETE, 100, {"processing_time_ms": 5})
    finally:
        if closed is not None:
            closed.append("closed")


async def lines_of(events: AsyncGenerator[bytes, None]) -> list[bytes]:
    return [line async for line in events]


async def test_the_three_framings_carry_equal_dictionaries() -> None:
    from_json = (await collect(stream()))["events"]
    from_ndjson = [json.loads(line) for line in await lines_of(ndjson(stream()))]
    from_sse = [json.loads(part.split(b"\ndata: ", 1)[1]) for part in await lines_of(sse(stream()))]
    from_socket = [content async for content in numbered(stream())]

    assert from_json == from_ndjson == from_sse == from_socket
    assert [one["sequence"] for one in from_json] == [0, 1, 2, 3]
    assert from_json[1] == {"type": "token", "progress": 55, "sequence": 1, "data": {"text": STRANGE}}


async def test_each_line_is_one_event_whatever_its_text() -> None:
    for line in await lines_of(ndjson(stream())):
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        assert b"\r" not in line


async def test_a_server_sent_event_has_its_type_its_number_and_one_line_of_data() -> None:
    token = (await lines_of(sse(stream())))[1].decode()

    assert token.startswith("event: token\nid: 1\ndata: {")
    assert token.endswith("}\n\n")
    assert token.count("\n") == 4


@pytest.mark.parametrize(
    ("failure", "code", "retryable"),
    [
        (ProviderUnavailable("The embedder is missing."), "provider_unavailable", True),
        (QuestionInvalid("Too short."), "question_invalid", False),
        (ValueError("a secret detail"), "internal", True),
    ],
)
async def test_each_fault_gives_one_error_event_without_internals(
    failure: Exception, code: str, retryable: bool
) -> None:
    events = (await collect(stream(failure=failure)))["events"]

    assert [one["type"] for one in events] == ["status", "token", "error"]
    assert (events[-1]["data"]["code"], events[-1]["data"]["retryable"]) == (code, retryable)
    assert events[-1]["progress"] == 55
    assert "secret" not in json.dumps(events)


async def test_nothing_follows_the_end() -> None:
    async def talkative() -> AsyncGenerator[Event, None]:
        yield error("x", "y", retryable=False, progress=10)
        yield Event(EventType.COMPLETE, 100)

    assert [one["type"] for one in (await collect(talkative()))["events"]] == ["error"]


@pytest.mark.parametrize("frame", [ndjson, sse, numbered])
async def test_closing_a_framing_closes_the_events(frame: Any) -> None:
    closed: list[str] = []
    framed = frame(stream(closed=closed))
    await anext(framed)

    await framed.aclose()

    assert closed == ["closed"]


async def test_cancelling_a_framing_closes_the_events() -> None:
    closed: list[str] = []

    async def endless() -> AsyncGenerator[Event, None]:
        try:
            while True:
                yield status("again")
                await asyncio.sleep(0.01)
        finally:
            closed.append("closed")

    task = asyncio.create_task(lines_of(ndjson(endless())))
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert closed == ["closed"]


async def test_the_outcome_joins_the_result_with_the_end() -> None:
    assert await outcome(stream()) == {"answer": "a", "confidence": None, "processing_time_ms": 5}


async def test_a_failed_stream_has_no_outcome() -> None:
    with pytest.raises(AnswerFailed) as caught:
        await outcome(stream(failure=ProviderUnavailable("The embedder is missing.")))

    assert (caught.value.code, caught.value.retryable) == ("provider_unavailable", True)


def test_what_json_does_not_know_never_reaches_the_wire() -> None:
    with pytest.raises(ValueError):
        json.dumps(to_wire(Event(EventType.TOKEN, 1, {"x": float("nan")}), 0), allow_nan=False)
