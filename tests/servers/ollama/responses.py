"""Write responses as Go's net/http and gin write them: one whole body, or chunked NDJSON cut as a fault wants."""

import asyncio
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus

from tests.servers.ollama.dialects import NDJSON_TYPE
from tests.servers.ollama.gojson import Json, encode
from tests.servers.ollama.scenarios import NORMAL, Fault, Scenario
from tests.servers.ollama.wire import Connection

JSON_TYPE = "application/json; charset=utf-8"
TEXT_TYPE = "text/plain; charset=utf-8"
LONGEST_COUNTED_BODY = 2048  # bytes; net/http chunks a longer body because it has not counted it
PAUSE_S = 0.001  # between the halves of a split payload, so that they arrive apart
KNOWN = frozenset(HTTPStatus)
LAST_CHUNK = b"0\r\n\r\n"

# The payload is held back and cut as a whole.
HELD_BACK = frozenset({Scenario.SPLIT_AT, Scenario.COALESCED})


def head(status: int, *headers: tuple[str, str], keeps_alive: bool = True) -> bytes:
    """Return the status line and headers, sorted by name as Go does."""
    dated = [("Date", formatdate(usegmt=True)), *headers]
    if not keeps_alive:
        dated.append(("Connection", "close"))
    phrase = HTTPStatus(status).phrase if status in KNOWN else f"status code {status}"  # as Go words 499
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in sorted(dated))]
    return "\r\n".join([*lines, "", ""]).encode()


def chunk(payload: bytes) -> bytes:
    """Return one HTTP chunk."""
    return b"%x\r\n%b\r\n" % (len(payload), payload)


def _ignore(*_: object) -> None:
    """Nobody listens."""


class Response:
    """The answer to one request. Remembers the status and how much payload went out.

    `on_status` and `on_last_bytes` are called before the client can have the bytes, so that a test that has read
    an answer finds it in the records.
    """

    def __init__(self, connection: Connection, *, method: str = "GET", keeps_alive: bool = True) -> None:
        self.connection = connection
        self.on_status: Callable[[int], None] = _ignore
        self.on_last_bytes: Callable[[], None] = _ignore
        self.fault: Fault = NORMAL  # known once the request has been read
        self.status: int | None = None
        self.payload_bytes = 0
        self._has_body = method != "HEAD"
        self._keeps_alive = keeps_alive
        self._held = bytearray()

    async def whole(self, payload: bytes, *, status: int = 200, kind: str = JSON_TYPE, allow: str = "") -> None:
        """Send one complete body."""
        typed = [("Content-Type", kind)] if payload else []
        allowed = [("Allow", allow)] if allow else []
        counted = len(payload) <= LONGEST_COUNTED_BODY
        framing = ("Content-Length", str(len(payload))) if counted else ("Transfer-Encoding", "chunked")
        first = self._opened(status, *typed, *allowed, framing)
        body = payload if counted else chunk(payload) + LAST_CHUNK
        self.payload_bytes += len(payload)
        self.on_last_bytes()
        await self.connection.send(first + body if self._has_body else first)

    async def json(self, value: object, *, status: int = 200) -> None:
        """Send one JSON value, without a newline."""
        await self.whole(encode(value), status=status)

    async def open(self, kind: str = NDJSON_TYPE) -> None:
        """Send the headers of a stream, once."""
        if self.status is None:
            framing = ("Transfer-Encoding", "chunked")
            await self.connection.send(self._opened(200, ("Content-Type", kind), framing))

    async def line(self, value: Json) -> None:
        """Send one value of an NDJSON stream."""
        await self.open()
        await self.say(encode(value) + b"\n")

    async def say(self, payload: bytes, *, is_last: bool = False) -> None:
        """Send one line or event of an open stream, cut as the fault wants it."""
        payload = self._spoiled(payload, is_last=is_last)
        self.payload_bytes += len(payload)
        if self.fault.scenario in HELD_BACK:
            self._held += payload
        elif self.fault.scenario is Scenario.BYTE_CHUNKS:
            for at in range(len(payload)):
                await self.connection.send(chunk(payload[at : at + 1]))
        else:
            await self.connection.send(chunk(payload))

    async def say_half(self, payload: bytes) -> None:
        """Send the first half of a line inside a chunk that announces all of it."""
        whole = chunk(payload)
        await self.connection.send(whole[: len(whole) // 2])

    async def end(self) -> None:
        """Send what was held back and the closing chunk."""
        cut = self.fault.split_at if self.fault.scenario is Scenario.SPLIT_AT else len(self._held)
        for piece in filter(None, (bytes(self._held[:cut]), bytes(self._held[cut:]))):
            await self.connection.send(chunk(piece))
            await asyncio.sleep(PAUSE_S)
        self.on_last_bytes()
        await self.connection.send(LAST_CHUNK)

    def _opened(self, status: int, *headers: tuple[str, str]) -> bytes:
        self.status = status
        self.on_status(status)
        return head(status, *headers, keeps_alive=self._keeps_alive)

    def _spoiled(self, payload: bytes, *, is_last: bool) -> bytes:
        if self.fault.scenario is Scenario.BLANK_LINES:
            return b"\n" + payload
        return payload.rstrip(b"\n") if is_last and self.fault.scenario is Scenario.NO_LAST_NEWLINE else payload
