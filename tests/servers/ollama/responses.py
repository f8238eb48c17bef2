"""Write responses as Go's net/http and gin write them: one whole body, or chunked NDJSON cut as a fault wants."""

import asyncio
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus

from tests.servers.ollama.gojson import Json, encode
from tests.servers.ollama.scenarios import NORMAL, Fault, Scenario
from tests.servers.ollama.wire import Connection

JSON_TYPE = "application/json; charset=utf-8"
NDJSON_TYPE = "application/x-ndjson"
TEXT_TYPE = "text/plain; charset=utf-8"
LONGEST_COUNTED_BODY = 2048  # bytes; net/http chunks a longer body because it has not counted it
PAUSE_S = 0.001  # between the halves of a split payload, so that they arrive apart
LAST_CHUNK = b"0\r\n\r\n"

# The payload is held back and cut as a whole.
HELD_BACK = frozenset({Scenario.SPLIT_AT, Scenario.COALESCED})


def head(status: int, *headers: tuple[str, str], keeps_alive: bool = True) -> bytes:
    """Return the status line and headers, sorted by name as Go does."""
    dated = [("Date", formatdate(usegmt=True)), *headers]
    if not keeps_alive:
        dated.append(("Connection", "close"))
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in sorted(dated))]
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

    async def open(self) -> None:
        """Send the headers of an NDJSON stream, once."""
        if self.status is None:
            framing = ("Transfer-Encoding", "chunked")
            await self.connection.send(self._opened(200, ("Content-Type", NDJSON_TYPE), framing))

    async def line(self, value: Json, *, is_last: bool = False) -> None:
        """Send one NDJSON line, cut as the fault wants it."""
        bare = is_last and self.fault.scenario is Scenario.NO_LAST_NEWLINE
        blank = b"\n" if self.fault.scenario is Scenario.BLANK_LINES else b""
        payload = blank + encode(value) + (b"" if bare else b"\n")
        self.payload_bytes += len(payload)
        if self.fault.scenario in HELD_BACK:
            self._held += payload
            return
        await self.open()
        for piece in self._pieces(payload):
            await self.connection.send(chunk(piece))

    async def half_line(self, value: Json) -> None:
        """Send the first half of a line inside a chunk that announces all of it."""
        payload = encode(value) + b"\n"
        await self.open()
        whole = chunk(payload)
        await self.connection.send(whole[: len(whole) // 2])

    async def end(self) -> None:
        """Send what was held back and the closing chunk."""
        await self.open()
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

    def _pieces(self, payload: bytes) -> list[bytes]:
        if self.fault.scenario is Scenario.BYTE_CHUNKS:
            return [payload[at : at + 1] for at in range(len(payload))]
        return [payload]
