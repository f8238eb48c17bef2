"""Put a simulated node on a real socket with TLS, in a thread of its own; take orders from any thread."""

import asyncio
import json
import ssl
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl

from recommendations.domain.readings import Endpoint, Implementation
from tests.servers.ollama.wire import Connection, RawRequest
from tests.servers.simulated.faults import NO_FAULT, Fault, Faults, Kind
from tests.servers.simulated.node import SimulatedNode
from tests.servers.simulated.tls import Identity
from tests.servers.simulated.writing import Answer, write, write_fault

START_TIMEOUT_S = 5.0
HOST = "127.0.0.1"


@dataclass(slots=True)
class Asked:
    """One request as it arrived. Header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any  # parsed JSON; None when there is none
    status: int | None = None


@dataclass(slots=True)
class _Running:
    loop: asyncio.AbstractEventLoop
    listening: asyncio.Server | None = None
    clients: set[asyncio.Task[None]] = field(default_factory=set)
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class NodeServer(ABC):
    """A node on a socket: `with LndServer(node) as server`. What it says is `server.node`, changed at any time."""

    kind: Implementation
    credential: str

    def __init__(self, node: SimulatedNode, identity: Identity, *, port: int = 0) -> None:
        self.node = node
        self.identity = identity
        self.port = port
        self.requests: list[Asked] = []
        self.crashes: list[BaseException] = []
        self._faults = Faults()
        self._running: _Running | None = None
        self._thread: threading.Thread | None = None

    # One implementation

    @abstractmethod
    def answer(self, asked: Asked) -> Answer:
        """Return what the node answers."""

    @abstractmethod
    def error(self, status: int, *, code: int | None, message: str) -> Answer:
        """Return an error in the words of the implementation."""

    # Life

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._live(ready)), daemon=True)
        self._thread.start()
        if not ready.wait(START_TIMEOUT_S) or self._running is None:
            raise TimeoutError("the server did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._end())
        assert self._thread
        self._thread.join(START_TIMEOUT_S)
        if self.crashes:
            raise self.crashes[0]

    @property
    def address(self) -> str:
        return f"https://{HOST}:{self.port}"

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """Return the loop that serves; None while there is none."""
        return self._running.loop if self._running else None

    @property
    def endpoint(self) -> Endpoint:
        """Return what opens this node, with a credential that reads everything."""
        return Endpoint(self.kind, self.address, self.credential, self.certificate)

    @property
    def certificate(self) -> str:
        """Return the PEM that the node presents."""
        return self.identity.certificate

    # Orders

    def unplug(self) -> None:
        """Refuse connections, and drop those there are."""
        self._do(self._stop_listening())

    def plug_in(self) -> None:
        """Listen again, on the same port."""
        self._do(self._listen())

    def use(self, fault: Fault | Kind) -> None:
        """From now on every request meets this."""
        self._faults.standing = fault if isinstance(fault, Fault) else Fault(fault)

    def enqueue(self, *faults: Fault | Kind) -> None:
        """The next requests meet these, one each."""
        self._faults.waiting.extend(fault if isinstance(fault, Fault) else Fault(fault) for fault in faults)

    def recover(self) -> None:
        """No faults any more."""
        self._faults = Faults()

    def forget(self) -> None:
        """Begin the records anew."""
        self.requests.clear()

    # Serving

    async def _live(self, ready: threading.Event) -> None:
        self._running = _Running(asyncio.get_running_loop())
        try:
            await self._listen()
        finally:
            ready.set()
        await self._running.ended.wait()

    async def _end(self) -> None:
        await self._stop_listening()
        assert self._running
        self._running.ended.set()

    async def _listen(self) -> None:
        running = self._running
        assert running
        if running.listening is None:
            running.listening = await asyncio.start_server(
                self._accept, HOST, self.port, ssl=self.identity.context(), backlog=256
            )
            self.port = running.listening.sockets[0].getsockname()[1]

    async def _stop_listening(self) -> None:
        running = self._running
        assert running
        if running.listening:
            running.listening.close()
            running.listening = None
        leaving = tuple(running.clients)
        for client in leaving:
            client.cancel()
        await asyncio.gather(*leaving, return_exceptions=True)

    def _do(self, work: Any) -> None:
        assert self._running
        asyncio.run_coroutine_threadsafe(work, self._running.loop).result(START_TIMEOUT_S)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert self._running
        client = asyncio.ensure_future(self._talk(Connection(reader, writer, number=0)))
        self._running.clients.add(client)
        client.add_done_callback(self._left)

    def _left(self, client: asyncio.Task[None]) -> None:
        assert self._running
        self._running.clients.discard(client)
        if not client.cancelled() and (crash := client.exception()) and not isinstance(crash, ssl.SSLError | OSError):
            self.crashes.append(crash)

    async def _talk(self, connection: Connection) -> None:
        pump = asyncio.ensure_future(connection.pump())
        try:
            while (raw := await connection.read_request()) is not None:
                if not await connection.work(self._respond(connection, raw)):
                    break
        finally:
            pump.cancel()
            connection.close()

    async def _respond(self, connection: Connection, raw: RawRequest) -> None:
        asked = _read(raw)
        self.requests.append(asked)
        fault = self._faults.choose(asked.path)
        if fault.kind is Kind.STATUS:
            answer = self.error(fault.status, code=fault.code, message=fault.message)
            if fault.retry_after_s is not None:
                answer = answer.with_header("Retry-After", str(fault.retry_after_s))
        else:
            answer = self.answer(asked)
        asked.status = answer.status
        if fault.kind in (NO_FAULT.kind, Kind.STATUS):
            await write(connection, answer)
        else:
            await write_fault(connection, answer, fault)


def _read(raw: RawRequest) -> Asked:
    path, _, query = raw.target.partition("?")
    body = json.loads(raw.body) if raw.body else None
    return Asked(raw.method, path, dict(parse_qsl(query)), dict(raw.headers), body)
