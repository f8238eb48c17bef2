"""Run a house in a thread with its own event loop, bound to a real port."""

import asyncio
import threading

from tests.servers.ollama.app import serve
from tests.servers.ollama.state import House

START_TIMEOUT_S = 5.0
STOP_TIMEOUT_S = 5.0
BACKLOG = 1024  # load tests open hundreds of connections at once


class Host:
    """The thread, the loop and the port of one server. May be started again after a stop."""

    def __init__(self, house: House, *, address: str, port: int) -> None:
        self.address = address
        self.port = port  # the real one once started, when it was 0
        self._house = house
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._failure: OSError | None = None
        self._ready = threading.Event()
        self._clients: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Bind and serve; return once connections are accepted.

        :raises OSError: when the port is taken.
        """
        self._ready.clear()
        self._failure = None
        self._thread = threading.Thread(target=self._run, name="ollama-stand-in", daemon=True)
        self._thread.start()
        if not self._ready.wait(START_TIMEOUT_S):
            raise TimeoutError("the server did not start")
        if self._failure:
            raise self._failure

    def stop(self) -> None:
        """Close every connection and the port. A second call does nothing."""
        if self._thread is None or self._loop is None or self._stopping is None:
            return
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(STOP_TIMEOUT_S)
        self._thread = None

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as exc:
            self._failure = exc
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        server = await asyncio.start_server(self._accept, self.address, self.port, backlog=BACKLOG)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        leaving = tuple(self._clients)
        for client in leaving:
            client.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = asyncio.ensure_future(serve(self._house, reader, writer))
        self._clients.add(client)
        client.add_done_callback(self._forget)

    def _forget(self, client: asyncio.Task[None]) -> None:
        self._clients.discard(client)
        if not client.cancelled() and (crash := client.exception()):
            self._house.ledger.crashes.append(crash)
