"""Carry httpx's requests to hosts without encryption, such as a local one, the short way.

httpx's own transport suits every event loop and every kind of server, and each request pays for that: on the way to a
first word it took more time than everything else of ours. Encrypted hosts are still reached through it.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import httpx

from models_registry.providers.direct_connection import Connection

Origin = tuple[str, int]


class Direct(httpx.AsyncBaseTransport):
    """At most `most` connections; one whose answer was read to its end is kept for `keep_alive_s` seconds."""

    def __init__(self, *, most: int, keep_alive_s: float) -> None:
        self._room = asyncio.Semaphore(most)
        self._keep_alive_s = keep_alive_s
        self._idle: defaultdict[Origin, list[Connection]] = defaultdict(list)  # the latest used one last
        self._busy: set[Connection] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and return its response, whose body is read by whoever wants it.

        :raises httpx.PoolTimeout: when there is no room in time.
        :raises httpx.TransportError: when the host cannot be reached, or does not answer in HTTP.
        """
        if request.url.scheme != "http":
            raise httpx.UnsupportedProtocol(f"{request.url.scheme!r} is not spoken here.")
        limits_s = request.extensions.get("timeout", {})
        origin = (request.url.raw_host.decode("ascii"), request.url.port or 80)
        await self._enter(limits_s.get("pool"))
        connection = None
        try:
            connection = self._kept(origin) or await Connection.open(*origin, within_s=limits_s.get("connect"))
            self._busy.add(connection)
            head = await connection.ask(request)
        except BaseException:
            self.leave(origin, connection)
            raise
        body = _Body(connection, lambda: self.leave(origin, connection))
        version = {"http_version": b"HTTP/" + head.http_version, "reason_phrase": head.reason}
        return httpx.Response(head.status_code, headers=list(head.headers), stream=body, extensions=version)

    async def aclose(self) -> None:
        for connection in (*self._busy, *(one for idle in self._idle.values() for one in idle)):
            connection.close()
        self._busy.clear()
        self._idle.clear()
        await asyncio.sleep(0)  # sockets are closed when the loop comes round

    def leave(self, origin: Origin, connection: Connection | None) -> None:
        """Keep the connection of a response that is over, or close it; there is room for another request."""
        self._room.release()
        if connection is None:
            return
        is_ours = connection in self._busy
        self._busy.discard(connection)
        if not is_ours or not connection.turn_over():
            connection.close()
            return
        idle = self._idle[origin]
        while idle and self._is_old(idle[0]):
            idle.pop(0).close()
        idle.append(connection)

    async def _enter(self, within_s: float | None) -> None:
        if not self._room.locked():
            await self._room.acquire()
            return
        try:
            async with asyncio.timeout(within_s):
                await self._room.acquire()
        except TimeoutError as exc:
            raise httpx.PoolTimeout("Every connection is in use.") from exc

    def _kept(self, origin: Origin) -> Connection | None:
        idle = self._idle[origin]
        while idle:
            connection = idle.pop()
            if connection.is_quiet and not self._is_old(connection):
                return connection
            connection.close()
        return None

    def _is_old(self, connection: Connection) -> bool:
        return asyncio.get_running_loop().time() - connection.idle_since > self._keep_alive_s


class Client(httpx.AsyncClient):
    """A client whose requests go to the transport as they are: hosts of models know no cookies and no redirects."""

    def __init__(self, transport: httpx.AsyncBaseTransport, *, headers: Mapping[str, str]) -> None:
        # trust_env=False: a proxy of the environment must not see, or break, what goes to the local host.
        super().__init__(transport=transport, headers=headers, trust_env=False)
        self._carrier = transport

    async def send(self, request: httpx.Request, *, stream: bool = False, **_usual: Any) -> httpx.Response:
        """Return the response; its body is read by the caller when it is a `stream`, else read already.

        :raises httpx.TransportError: when the host cannot be reached, or breaks off.
        """
        response = await self._carrier.handle_async_request(request)
        response.request = request
        if not stream:
            try:
                await response.aread()
            except BaseException:
                await response.aclose()
                raise
        return response


class _Body(httpx.AsyncByteStream):
    """The body of one response; its connection is free, or closed, once it is closed."""

    def __init__(self, connection: Connection, leave: Callable[[], None]) -> None:
        self._connection, self._leave, self._is_open = connection, leave, True

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._connection.body()

    async def aclose(self) -> None:
        if self._is_open:
            self._is_open = False
            self._leave()
