"""What a route answers: one whole body, or the events of a stream; and how they are written to the socket."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import msgspec

from tests.servers.hosted.orders import Fault, Order
from tests.servers.hosted.records import Generation, Outcome
from tests.servers.ollama.wire import Connection

JSON_TYPE = "application/json"
EVENT_STREAM = "text/event-stream; charset=utf-8"
LAST_CHUNK = b"0\r\n\r\n"
HELD_BACK = frozenset({Fault.SPLIT_AT, Fault.COALESCED, Fault.BYTE_CHUNKS})
PAUSE_S = 0.001  # between the halves of a cut body, so that they arrive apart


@dataclass(frozen=True, slots=True)
class Whole:
    """One body."""

    body: object
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = JSON_TYPE


@dataclass(frozen=True, slots=True)
class Event:
    """One server-sent event; `token` when the model said something in it, `is_error` when it is the order's."""

    payload: bytes
    name: str = ""
    token: str | None = None
    is_error: bool = False

    def encoded(self, newline: bytes) -> bytes:
        named = [b"event: " + self.name.encode()] if self.name else []
        return newline.join([*named, b"data: " + self.payload, b"", b""])


@dataclass(frozen=True, slots=True)
class Stream:
    """The events of one answer."""

    events: tuple[Event, ...]
    generation: Generation


def event(value: object, *, name: str = "", token: str | None = None) -> Event:
    """Return an event that holds one JSON value."""
    return Event(msgspec.json.encode(value), name=name, token=token)


def head(status: int, kind: str, headers: Mapping[str, str], *, length: int | None) -> bytes:
    """Return the status line and the headers; without a length the body is chunked."""
    phrase = HTTPStatus(status).phrase if status in HTTPStatus.__members__.values() else "Overloaded"
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    rows = [f"HTTP/1.1 {status} {phrase}", f"Content-Type: {kind}", framing]
    return "\r\n".join([*rows, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()


def chunk(payload: bytes) -> bytes:
    """Return one HTTP chunk."""
    return b"%x\r\n%b\r\n" % (len(payload), payload)


async def write_whole(connection: Connection, reply: Whole) -> None:
    """Write one body; bytes go out as they are."""
    payload = reply.body if isinstance(reply.body, bytes) else msgspec.json.encode(reply.body)
    await connection.send(head(reply.status, reply.kind, reply.headers, length=len(payload)) + payload)


class StreamWriter:
    """Writes the events of one answer as the order wants them cut, and ends them as it wants."""

    def __init__(self, connection: Connection, order: Order, *, token_delay_s: float) -> None:
        self._connection = connection
        self._order = order
        self._delay_s = token_delay_s
        self._newline = b"\r\n" if order.fault is Fault.CRLF else b"\n"
        self._held = bytearray()

    async def write(self, stream: Stream) -> None:
        """Write the whole stream, or as much as the order allows."""
        said = stream.generation
        await self._connection.send(head(200, EVENT_STREAM, {}, length=None))
        for number, one in enumerate(stream.events):
            if one.token is not None:
                await asyncio.sleep(self._delay_s)
                await self._strike(len(said.tokens))
                said.note_token(one.token)
            await self._send(self._payload(one, is_last=number == len(stream.events) - 1), said)
        await self._flush()
        said.outcome = Outcome.DONE
        await self._connection.send(LAST_CHUNK)

    def _payload(self, one: Event, *, is_last: bool) -> bytes:
        comment = b": keep the line open" + self._newline if self._order.fault is Fault.COMMENTS else b""
        payload = comment + one.encoded(self._newline)
        return payload.rstrip(b"\r\n") if is_last and self._order.fault is Fault.NO_LAST_NEWLINE else payload

    async def _send(self, payload: bytes, said: Generation) -> None:
        said.payload_bytes += len(payload)
        if self._order.fault in HELD_BACK:
            self._held += payload
        else:
            await self._connection.send(chunk(payload))

    async def _flush(self) -> None:
        for piece in filter(None, self._pieces(bytes(self._held))):
            await self._connection.send(chunk(piece))
            if self._order.fault is Fault.SPLIT_AT:
                await asyncio.sleep(PAUSE_S)

    def _pieces(self, held: bytes) -> list[bytes]:
        if self._order.fault is Fault.BYTE_CHUNKS:
            return [held[at : at + 1] for at in range(len(held))]
        cut = self._order.at if self._order.fault is Fault.SPLIT_AT else len(held)
        return [held[:cut], held[cut:]]

    async def _strike(self, tokens: int) -> None:
        if tokens < self._order.at:
            return
        if self._order.fault is Fault.STALL_MID_STREAM:
            await self._connection.stall()
        if self._order.fault is Fault.RESET_MID_STREAM:
            await self._connection.reset()
