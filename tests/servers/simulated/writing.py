"""Write an answer to the socket: whole, as lines without an end, or broken in the way a fault wants it."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any

from tests.servers.ollama.wire import Connection
from tests.servers.simulated.faults import Fault, Kind

JSON_TYPE = "application/json"
PIECE = b"[" * 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: a body, or `lines` that come one by one."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = JSON_TYPE
    lines: AsyncIterator[Any] | None = None

    def with_header(self, name: str, value: str) -> "Answer":
        """Return the answer with one header more."""
        return replace(self, headers={**self.headers, name: value})


async def write(connection: Connection, answer: Answer) -> None:
    """Write the answer as it is meant."""
    if answer.lines is not None:
        await _write_lines(connection, answer)
        return
    payload = _payload(answer)
    await connection.send(_head(answer, length=len(payload)) + payload)


async def write_fault(connection: Connection, answer: Answer, fault: Fault) -> None:
    """Write the answer as the fault spoils it."""
    payload = _payload(answer)
    match fault.kind:
        case Kind.SLOW:
            await asyncio.sleep(fault.delay_s)
            await connection.send(_head(answer, length=len(payload)) + payload)
        case Kind.RESET:
            await connection.reset()
        case Kind.HANG_UP:
            await connection.hang_up()
        case Kind.TRUNCATED:
            await connection.send(_head(answer, length=len(payload)) + payload[: len(payload) // 2])
            await connection.hang_up()
        case Kind.STALLED:
            await connection.send(_head(answer, length=len(payload)) + payload[: len(payload) // 2])
            await connection.stall()
        case Kind.MISPACKED:
            await connection.send(_head(answer.with_header("Content-Encoding", "gzip"), length=len(payload)) + payload)
        case Kind.REDIRECT:
            moved = Answer(b"", status=307, headers={"Location": "https://example.org/"})
            await connection.send(_head(moved, length=0))
        case Kind.ENDLESS:
            await _write_endless(connection, answer)
        case _:
            spoiled = _spoiled(answer, payload, fault.kind)
            await connection.send(_head(answer, length=len(spoiled)) + spoiled)


def _spoiled(answer: Answer, payload: bytes, kind: Kind) -> bytes:
    if kind is Kind.BROKEN_JSON:
        return b"{" + payload + b"}"
    if kind is Kind.CUT_JSON:
        return payload[: len(payload) // 2]
    if kind is Kind.PAGE:
        return b"<html><body>Welcome to the router</body></html>"
    return b"{}" if kind is Kind.EMPTY else json.dumps(_twisted(answer.body)).encode()


def _twisted(value: Any) -> Any:
    """Return the value with every number a list and every list a number."""
    if isinstance(value, dict):
        return {key: _twisted(one) for key, one in value.items()}
    if isinstance(value, list):
        return 7
    return value if isinstance(value, bool) or value is None else [value]


def _payload(answer: Answer) -> bytes:
    return answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body, separators=(",", ":")).encode()


def _head(answer: Answer, *, length: int | None) -> bytes:
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    rows = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}", f"Content-Type: {answer.kind}", framing]
    return "\r\n".join([*rows, *(f"{name}: {value}" for name, value in answer.headers.items()), "", ""]).encode()


async def _write_lines(connection: Connection, answer: Answer) -> None:
    assert answer.lines is not None
    await connection.send(_head(answer, length=None))
    async for line in answer.lines:
        payload = json.dumps(line, separators=(",", ":")).encode() + b"\n"
        await connection.send(b"%x\r\n%b\r\n" % (len(payload), payload))
    await connection.send(b"0\r\n\r\n")


async def _write_endless(connection: Connection, answer: Answer) -> None:
    await connection.send(_head(answer, length=None))
    while True:
        await connection.send(b"%x\r\n%b\r\n" % (len(PIECE), PIECE))
        await asyncio.sleep(0)  # a send that does not wait would never let the client's leaving be seen
