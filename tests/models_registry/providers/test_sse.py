"""Events end at blank lines, wherever the stream was cut; what is in them stays bytes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_registry.domain.errors import ProviderUnavailable
from models_registry.providers.sse import ServerEvent, events_of

STREAM = (
    ": a comment\r\n\r\n"
    'data: {"a":"При\u0085вет \u2028🧡"}\r\n\r\n'
    "event: error\ndata: one\ndata:two\nid: 7\nretry\n\n"
    "\n\n"
    'error: {"code":500}\n\n'
    "event: nothing\n\n"
    "data: [DONE]"
).encode()
EVENTS = [
    ServerEvent("message", '{"a":"При\u0085вет \u2028🧡"}'.encode()),
    ServerEvent("error", b"one\ntwo"),
    ServerEvent("error", b'{"code":500}'),
    ServerEvent("message", b"[DONE]"),
]


async def stream(*chunks):
    for chunk in chunks:
        yield chunk


@pytest.mark.parametrize("at", range(len(STREAM) + 1))
async def test_a_cut_at_any_byte_changes_nothing(at):
    assert [event async for event in events_of(stream(STREAM[:at], STREAM[at:]))] == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=20).map(sorted))
async def test_any_number_of_cuts_changes_nothing(cuts):
    chunks = [STREAM[start:end] for start, end in pairwise([0, *cuts, len(STREAM)])]

    assert [event async for event in events_of(stream(*chunks))] == EVENTS


async def test_a_long_last_event_arrives_whole():
    body = b"data: " + b"x" * 5_000_000
    chunks = [body[at : at + 65_536] for at in range(0, len(body), 65_536)]

    (event,) = [event async for event in events_of(stream(*chunks))]

    assert len(event.payload) == 5_000_000


@pytest.mark.parametrize("body", [b"data: " + b"x" * 200, b"data: " + b"x" * 60 + b"\ndata: " + b"x" * 60 + b"\n"])
async def test_an_event_beyond_the_cap_fails_clearly(body):
    with pytest.raises(ProviderUnavailable, match="more than 100 bytes"):
        [event async for event in events_of(stream(body), longest=100)]
