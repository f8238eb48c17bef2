"""Lines end at newline bytes, wherever the stream was cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_registry.domain.errors import ProviderUnavailable
from models_registry.providers.framing import LineCutter, lines_of

ANSWER = '{"a":"При\u0085вет"}\n\n{"b":"\u2028 🧡\ufeff"}\r\n{"c":1}'.encode()
LINES = ['{"a":"При\u0085вет"}'.encode(), '{"b":"\u2028 🧡\ufeff"}'.encode(), b'{"c":1}']


async def stream(*chunks):
    for chunk in chunks:
        yield chunk


@pytest.mark.parametrize("at", range(len(ANSWER) + 1))
async def test_a_cut_at_any_byte_changes_nothing(at):
    assert [line async for line in lines_of(stream(ANSWER[:at], ANSWER[at:]))] == LINES


@given(st.lists(st.integers(0, len(ANSWER)), max_size=20).map(sorted))
def test_any_number_of_cuts_changes_nothing(cuts):
    cutter = LineCutter()

    lines = [line for start, end in pairwise([0, *cuts, len(ANSWER)]) for line in cutter.feed(ANSWER[start:end])]

    assert [*lines, cutter.rest()] == LINES


async def test_a_line_beyond_the_cap_fails_clearly():
    with pytest.raises(ProviderUnavailable, match="more than 10 bytes"):
        [line async for line in lines_of(stream(b"01234", b"56789x"), longest=10)]


async def test_a_long_line_below_the_cap_arrives_whole():
    pieces = [b"x" * 100_000] * 50

    assert [len(line) async for line in lines_of(stream(*pieces, b"\n"))] == [5_000_000]


async def test_an_empty_stream_has_no_lines():
    assert [line async for line in lines_of(stream(b"", b"\n\n"))] == []
