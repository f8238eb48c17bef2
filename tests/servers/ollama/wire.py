"""Speak HTTP/1.1 over one socket with every byte under control. Knows nothing of models."""

import asyncio
import socket
import struct
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

READ_SIZE = 65_536
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER, zero seconds: close() sends RST instead of FIN
STALL_S = 3600.0  # longer than any client waits
SETTLE_S = 0.03  # lets the client read what was sent before the RST overtakes it


class Malformed(Exception):
    """The bytes are no HTTP request."""


class Dropped(Exception):
    """The server broke the connection on purpose."""


@dataclass(frozen=True, slots=True)
class RawRequest:
    """One HTTP request as it arrived; header names are lower case."""

    method: str
    target: str
    version: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def keeps_alive(self) -> bool:
        asked = self.headers.get("connection", "").lower()
        return asked == "keep-alive" if self.version == "HTTP/1.0" else asked != "close"


class Connection:
    """One client. Reads ahead all the time, so that its leaving is seen at once, as Go's server does."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, number: int) -> None:
        self.number = number
        self.closed_at: float | None = None  # when the client left
        self.bytewise = False
        self.deaf = False
        self._reader = reader
        self._writer = writer
        self._buffer = bytearray()
        self._arrived = asyncio.Event()
        self._working: asyncio.Task[None] | None = None
        self._dropped = False

    async def pump(self) -> None:
        """Read until the client closes; then cancel the handler at work."""
        while received := await self._receive():
            self._buffer += received
            self._arrived.set()
        if not self._dropped:
            self.closed_at = time.monotonic()
        self._arrived.set()
        if self._working and not self.deaf and not self._dropped:
            self._working.cancel()

    async def _receive(self) -> bytes:
        try:
            return await self._reader.read(READ_SIZE)
        except OSError:
            return b""

    @property
    def has_ended(self) -> bool:
        return self._dropped or self.closed_at is not None

    async def work(self, handler: Coroutine[Any, Any, None]) -> bool:
        """Run one handler; return False when the client left or was dropped before its end."""
        self._working = asyncio.ensure_future(handler)
        if self.has_ended:
            self._working.cancel()
        try:
            await self._working
        except asyncio.CancelledError:
            if self.closed_at is None:  # the server itself is stopping
                raise
            return False
        except (Dropped, OSError):
            return False
        finally:
            self._working = None
        return True

    async def read_request(self) -> RawRequest | None:
        """Return the next request, None when the client closed instead.

        :raises Malformed: when the head cannot be read.
        """
        head = await self._until(b"\r\n\r\n")
        if head is None:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        method, target, version = _request_line(first)
        headers = dict(_header(line) for line in lines)
        if headers.get("expect", "").lower() == "100-continue":
            await self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await self._body(headers)
        return None if body is None else RawRequest(method, target, version, headers, body)

    async def _body(self, headers: dict[str, str]) -> bytes | None:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            return await self._chunks()
        length = headers.get("content-length", "0")
        if not length.isdigit():
            raise Malformed("Content-Length is no number")
        return await self._exactly(int(length))

    async def _chunks(self) -> bytes | None:
        body = bytearray()
        while (line := await self._until(b"\r\n")) is not None:
            chunk = await self._exactly(_chunk_size(line) + 2)
            if chunk is None or len(chunk) == 2:  # the closing chunk is 0 CRLF CRLF; trailers are not supported
                return None if chunk is None else bytes(body)
            body += chunk[:-2]
        return None

    async def _until(self, mark: bytes) -> bytes | None:
        while (at := self._buffer.find(mark)) < 0:
            if not await self._more():
                return None
        found = bytes(self._buffer[:at])
        del self._buffer[: at + len(mark)]
        return found

    async def _exactly(self, size: int) -> bytes | None:
        while len(self._buffer) < size:
            if not await self._more():
                return None
        found = bytes(self._buffer[:size])
        del self._buffer[:size]
        return found

    async def _more(self) -> bool:
        if self.has_ended:
            return False
        self._arrived.clear()
        await self._arrived.wait()
        return True

    async def send(self, payload: bytes) -> None:
        """Write bytes, one by one when `bytewise` is set."""
        if not self.bytewise:
            self._writer.write(payload)
            await self._writer.drain()
            return
        for at in range(len(payload)):
            self._writer.write(payload[at : at + 1])
            await self._writer.drain()
            await asyncio.sleep(0)

    async def stall(self) -> None:
        """Say nothing more, until the client leaves."""
        await asyncio.sleep(STALL_S)

    async def reset(self) -> None:
        """Send RST to the client.

        :raises Dropped: always.
        """
        await asyncio.sleep(SETTLE_S)
        self._dropped = True
        raw: socket.socket = self._writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        self._writer.transport.abort()
        raise Dropped

    async def hang_up(self) -> None:
        """Close in good manners, though in the middle of a response.

        :raises Dropped: always.
        """
        self._dropped = True
        self._writer.close()
        raise Dropped

    def close(self) -> None:
        self._dropped = self._dropped or self.closed_at is None
        self._writer.close()


def _request_line(line: str) -> tuple[str, str, str]:
    parts = line.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise Malformed(line)
    return parts[0], parts[1], parts[2]


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise Malformed(line)
    return name.strip().lower(), value.strip()


def _chunk_size(line: bytes) -> int:
    try:
        return int(line.partition(b";")[0], 16)
    except ValueError:
        raise Malformed("chunk size") from None
