"""One HTTP/1.1 connection without encryption: h11 on a socket of the event loop, and nothing between the two.

Speaks httpx's values and raises httpx's errors, for direct.py alone.
"""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Self, cast

import h11
import httpx

LARGEST_HEAD = 100 * 1024  # bytes of a status line and its headers
MOST_UNREAD = 256 * 1024  # bytes that wait for a slow reader; then the host is made to wait
NEXT_ADDRESS_S = 0.25  # a name may have several: how long the first one is tried alone


class Connection(asyncio.Protocol):
    """Carries one request after the other, never two at once."""

    def __init__(self) -> None:
        self.idle_since = 0.0
        self._loop = asyncio.get_running_loop()
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)
        self._transport: asyncio.Transport | None = None
        self._arriving: asyncio.Future[None] | None = None
        self._unread = 0
        self._is_paused = False
        self._is_lost = False

    @classmethod
    async def open(cls, host: str, port: int, *, within_s: float | None) -> Self:
        """Return a new connection.

        :raises httpx.ConnectTimeout: when it takes longer than `within_s` seconds.
        :raises httpx.ConnectError: when nobody answers there.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(within_s):
                _, opened = await loop.create_connection(cls, host, port, happy_eyeballs_delay=NEXT_ADDRESS_S)
        except TimeoutError as exc:
            raise httpx.ConnectTimeout("There was no connection in time.") from exc
        except OSError as exc:
            raise httpx.ConnectError(str(exc)) from exc
        return opened

    @property
    def is_quiet(self) -> bool:
        """Return whether the connection stands, and nothing came that nobody asked for."""
        return not self._is_lost and not self._unread

    async def ask(self, request: httpx.Request) -> h11.Response:
        """Send a request and return the head of its response.

        :raises httpx.TransportError: when the request cannot be sent, or the answer is none.
        """
        self._write(request, await request.aread())
        while not isinstance(event := await self._event(), h11.Response):
            if isinstance(event, h11.ConnectionClosed):
                raise httpx.RemoteProtocolError("The host hung up without an answer.")
        return event

    async def body(self) -> AsyncGenerator[bytes, None]:
        """Yield the response's body as it comes; what came together is one piece.

        :raises httpx.TransportError: when the connection breaks before its end.
        """
        parts: list[bytes] = []
        while True:
            try:
                event = self._next()
            except httpx.TransportError:
                if parts:
                    yield b"".join(parts)
                raise
            if isinstance(event, h11.Data):
                parts.append(bytes(event.data))
            elif parts and event is None:
                yield b"".join(parts)
                parts.clear()  # more may have come meanwhile: look again before waiting
            elif event is None:
                await self._arrival()
            else:
                break
        if parts:
            yield b"".join(parts)

    def turn_over(self) -> bool:
        """Be ready for another request; return False when this connection can carry none."""
        if self._is_lost or not (self._http.our_state is self._http.their_state is h11.DONE):
            return False
        self._unread = len(self._http.trailing_data[0])
        self._http.start_next_cycle()
        self.idle_since = self._loop.time()
        return self.is_quiet

    def close(self) -> None:
        """Hang up at once."""
        if self._transport is not None:
            self._transport.abort()

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._http.receive_data(data)
        self._unread += len(data)
        if self._unread > MOST_UNREAD and not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._http.receive_data(b"")
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost = True
        if exc is None:
            self._http.receive_data(b"")
        self._wake()

    # One step

    def _write(self, request: httpx.Request, body: bytes) -> None:
        try:
            head = h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
            events: tuple[Any, ...] = (head, h11.Data(body), h11.EndOfMessage()) if body else (head, h11.EndOfMessage())
            data = b"".join(self._http.send(event) or b"" for event in events)
        except h11.LocalProtocolError as exc:
            raise httpx.LocalProtocolError(str(exc)) from exc
        if self._transport is not None:
            self._transport.write(data)

    async def _event(self) -> h11.Event:
        while (event := self._next()) is None:
            await self._arrival()
        return event

    def _next(self) -> h11.Event | None:
        """Return the next event among what has come; None when more must come for that."""
        try:
            event = self._http.next_event()
        except h11.RemoteProtocolError as exc:
            raise httpx.RemoteProtocolError(str(exc)) from exc
        return None if event is h11.NEED_DATA else cast(h11.Event, event)

    async def _arrival(self) -> None:
        """Wait until something came, or the connection broke.

        :raises httpx.ReadError: when it broke before.
        """
        if self._is_lost:
            raise httpx.ReadError("The connection broke.")
        self._unread = 0
        if self._is_paused and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()
        self._arriving = self._loop.create_future()
        try:
            await self._arriving
        finally:
            self._arriving = None

    def _wake(self) -> None:
        if self._arriving is not None and not self._arriving.done():
            self._arriving.set_result(None)
