"""One recorded answer, cut anywhere: it decodes alike, and no part of it without its end counts as an answer."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models_registry.domain.chat import Endpoint, Finished, Piece, Text
from models_registry.domain.errors import AnswerCutOff, ModelError, ProviderUnavailable
from models_registry.providers import catalog
from models_registry.providers.base import Patience
from models_registry.providers.calling import decoded
from models_registry.providers.framing import LineCutter, lines_of
from models_registry.providers.ollama import OllamaSpeaker
from models_registry.providers.ollama_wire import ChatLine
from tests.models_registry.conftest import QUICK, ask, endpoint_of, ollama_at, overhear
from tests.servers.ollama import Fault, OllamaServer, Scenario
from tests.servers.ollama.scripts import STRANGE_PIECES
from tests.servers_selftest.raw import chat, chunks, post, split_response, talk

STRANGE_TEXT = "".join(STRANGE_PIECES)
NOWHERE = Endpoint(slug="ollama", kind="ollama", base_url="http://ollama.test")
ONE_TRY = Patience(attempts=1)
SAMPLE_STEP = 53  # a prime, so that the sample over the socket falls on every kind of place


RECORDING = Path(__file__).parent / "recordings" / "strange_answer.http"
RAW = RECORDING.read_bytes()
BODY = b"".join(chunks(split_response(RAW)[1]))
LINES = BODY.count(b"\n")
END_AT = len(BODY) - 1  # from here on the closing brace has arrived


class Replayed(httpx.AsyncByteStream):
    """A body that arrives in these pieces."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


async def heard(*pieces: bytes) -> list[Piece]:
    """Return what our speaker makes of a body in these pieces.

    :raises ModelError: when it is no whole answer.
    """
    headers = {"content-type": "application/x-ndjson"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers, stream=Replayed(pieces)))
    async with httpx.AsyncClient(transport=transport) as client:
        found: list[Piece] = []
        await overhear(OllamaSpeaker(NOWHERE, client=client, patience=ONE_TRY).stream(ask()), found)
        return found


def text_of(pieces: Sequence[Piece]) -> str:
    return "".join(piece.content for piece in pieces if isinstance(piece, Text))


def cut(body: bytes, offsets: Sequence[int]) -> list[bytes]:
    return [body[start:end] for start, end in pairwise([0, *sorted(offsets), len(body)])]


def test_the_recording_is_what_the_stand_in_says_today() -> None:
    with OllamaServer(respond=lambda _request: STRANGE_PIECES) as server:
        today = chunks(split_response(talk(server, post("/api/chat", chat())))[1])

    assert [timeless(piece) for piece in today] == [timeless(piece) for piece in chunks(split_response(RAW)[1])]


def timeless(line: bytes) -> bytes:
    return re.sub(rb'("created_at":"|_duration":)[^",}]+', rb"\1", line)


def test_the_recording_holds_everything_that_tears_a_naive_client() -> None:
    for character in ("\u0085", "\ufeff", "🧡", "При"):
        assert character.encode() in BODY
    assert rb"\u2028" in BODY
    assert len(BODY.decode().splitlines()) > LINES


@pytest.mark.parametrize("tail", [b"\n", b""], ids=["newline", "no newline at the end"])
async def test_a_cut_at_every_byte_gives_the_same_lines(tail: bytes) -> None:
    body = BODY.rstrip(b"\n") + tail
    whole = [decoded(line, ChatLine) async for line in lines_of(_stream(body))]

    for at in range(len(body) + 1):
        lines = [decoded(line, ChatLine) async for line in lines_of(_stream(body[:at], body[at:]))]
        assert lines == whole, f"cut at byte {at} of {len(body)}"

    assert "".join(line.message.content or "" for line in whole if line.message) == STRANGE_TEXT
    assert whole[-1].done


@given(st.lists(st.integers(0, len(BODY)), max_size=40))
def test_any_number_of_cuts_gives_the_same_lines(offsets: list[int]) -> None:
    cutter = LineCutter()

    lines = [line for piece in cut(BODY, offsets) for line in cutter.feed(piece)]

    assert lines == [line.strip() for line in BODY.split(b"\n") if line]
    assert cutter.rest() == b""


async def test_a_cut_at_every_byte_gives_the_same_answer_to_whoever_listens() -> None:
    whole = text_of(await heard(BODY))

    for at in range(len(BODY) + 1):
        pieces = await heard(BODY[:at], BODY[at:])
        assert text_of(pieces) == whole, f"cut at byte {at} of {len(BODY)}"
        assert isinstance(pieces[-1], Finished)

    assert whole == STRANGE_TEXT


async def test_single_bytes_give_the_same_answer() -> None:
    assert text_of(await heard(*cut(BODY, range(1, len(BODY))))) == text_of(await heard(BODY))


async def test_a_sample_of_cuts_over_a_real_socket_gives_the_same_answer() -> None:
    expected = text_of(await heard(BODY))

    with OllamaServer(respond=lambda _request: STRANGE_PIECES) as server:
        speaker = ollama_at(endpoint_of(server))
        for at in range(1, len(BODY), SAMPLE_STEP):
            server.use(Fault(Scenario.SPLIT_AT, split_at=at))
            found: list[Piece] = []
            await overhear(speaker.stream(ask()), found)
            assert text_of(found) == expected, f"cut at byte {at}"
        await catalog.close()


# Five megabytes in one line


@pytest.fixture(scope="module")
def giant() -> bytes:
    with OllamaServer(scenario=Scenario.GIANT_LAST_LINE) as server:
        return b"".join(chunks(split_response(talk(server, post("/api/chat", chat())))[1]))


def giant_offsets(body: bytes) -> list[int]:
    """Return the places where a giant line may go wrong: its borders, powers of two, inside numbers, its end."""
    start, size = body.rstrip(b"\n").rfind(b"\n") + 1, len(body)
    powers = [start + 2**power + step for power in range(10, 23) for step in (-1, 0, 1)]
    inside = [match.start() for match in re.finditer(rb'"context":\[|\],"total', body)]
    return sorted({1, start - 1, start, start + 1, *inside, *powers, size // 2, size - 2, size - 1} - {0})


async def test_five_megabytes_in_the_last_line_survive_a_cut_anywhere(giant: bytes) -> None:
    expected = text_of(await heard(giant))
    assert len(giant) - giant.rstrip(b"\n").rfind(b"\n") > 5_000_000

    for at in giant_offsets(giant):
        pieces = await heard(giant[:at], giant[at:])
        assert text_of(pieces) == expected, f"cut at byte {at} of {len(giant)}"
        assert isinstance(pieces[-1], Finished)


@pytest.mark.parametrize("size", [1460, 16_384, 65_535, 65_536, 65_537])
async def test_five_megabytes_survive_pieces_of_any_size(giant: bytes, size: int) -> None:
    pieces = await heard(*(giant[at : at + size] for at in range(0, len(giant), size)))

    assert isinstance(pieces[-1], Finished)


@pytest.mark.parametrize("missing", [2, 3, 100, 1_000_000, 4_999_999])
async def test_five_megabytes_without_their_end_are_no_answer(giant: bytes, missing: int) -> None:
    with pytest.raises(ModelError):
        await heard(giant[:-missing])


# What lacks its end


async def test_no_part_of_an_answer_without_its_last_line_is_an_answer() -> None:
    for at in range(END_AT):
        with pytest.raises(ModelError) as caught:
            await heard(BODY[:at])
        is_between_lines = not at or BODY[at - 1 : at] == b"\n" or BODY[at : at + 1] == b"\n"
        assert type(caught.value) is (AnswerCutOff if is_between_lines else ProviderUnavailable), f"first {at} bytes"


async def test_the_last_brace_makes_it_an_answer_even_without_the_newline() -> None:
    assert isinstance((await heard(BODY[:END_AT]))[-1], Finished)


@given(at=st.integers(0, END_AT - 1), offsets=st.lists(st.integers(0, END_AT - 1), max_size=8))
@settings(max_examples=150, deadline=None)
def test_a_part_in_any_pieces_is_never_an_answer(at: int, offsets: list[int]) -> None:
    part = BODY[:at]

    with pytest.raises(ModelError):
        asyncio.run(heard(*cut(part, [min(offset, at) for offset in offsets])))


@given(dropped=st.integers(0, LINES - 2))
@settings(max_examples=20, deadline=None)
def test_the_last_line_alone_decides(dropped: int) -> None:
    """Lines lost on the way cannot be known; a lost last line must be."""
    kept = [line + b"\n" for number, line in enumerate(BODY.split(b"\n")[:-1]) if number != dropped]

    assert isinstance(asyncio.run(heard(*kept))[-1], Finished)
    with pytest.raises(ModelError):
        asyncio.run(heard(*kept[:-1]))


@asynccontextmanager
async def replaying(raw: bytes) -> AsyncIterator[OllamaSpeaker]:
    """Yield the speaker of a server that sends these raw bytes to whoever asks, then closes the connection."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    endpoint = replace(NOWHERE, base_url=f"http://127.0.0.1:{port}", timeouts=replace(QUICK, attempts=1))
    try:
        yield ollama_at(endpoint)
    finally:
        await catalog.close()
        server.close()
        await server.wait_closed()


RAW_END_AT = RAW.index(b'"done":true')


@given(at=st.integers(0, RAW_END_AT))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_response_cut_off_anywhere_on_a_real_socket_is_never_an_answer(at: int) -> None:
    found: list[Piece] = []

    async def listen() -> None:
        async with replaying(RAW[:at]) as speaker:
            await overhear(speaker.stream(ask()), found)

    with pytest.raises(ModelError):
        asyncio.run(listen())
    assert not any(isinstance(piece, Finished) for piece in found)


async def test_a_response_without_its_closing_chunk_still_said_done() -> None:
    found: list[Piece] = []

    async with replaying(RAW.removesuffix(b"0\r\n\r\n")) as speaker:
        await overhear(speaker.stream(ask()), found)

    assert isinstance(found[-1], Finished)


async def _stream(*pieces: bytes):
    for piece in pieces:
        yield piece
