"""Run a stand-in in a thread with its own event loop, take orders from any thread, keep records."""

import asyncio
import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Self

from tests.servers.hosted.orders import Fault, Order, OrderBook
from tests.servers.hosted.records import Generation, Outcome, Request
from tests.servers.hosted.replies import JSON_TYPE, Event, Stream, StreamWriter, Whole, write_whole
from tests.servers.ollama.wire import Connection, RawRequest

START_TIMEOUT_S = 5.0
POLL_S = 0.005
Say = Callable[[Request], Sequence[str]]


def usual_answer(_request: Request) -> Sequence[str]:
    """Return what is said when nobody scripted it."""
    return ("Raise ", "the ", "fee ", "of ", "this ", "channel.")


class HostedServer(ABC):
    """A host on a real socket: `with OpenAIServer() as server`. Subclasses know one API."""

    def __init__(self, *, key: str = "", token_delay_s: float = 0.0, say: Say = usual_answer) -> None:
        self.key = key  # empty: nobody is asked for one
        self.token_delay_s = token_delay_s
        self.say = say
        self.requests: list[Request] = []
        self.generations: list[Generation] = []
        self.connections = 0
        self.port = 0
        self._orders = OrderBook()
        self._ready = threading.Event()
        self._stopping: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._clients: set[asyncio.Task[None]] = set()
        self._crashes: list[BaseException] = []

    # One API

    @abstractmethod
    def reply(self, request: Request, order: Order) -> Whole | Stream:
        """Return what is answered."""

    @abstractmethod
    def error_events(self, order: Order) -> tuple[Event, ...]:
        """Return how this API tells of a failure in mid-stream."""

    # Life

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(START_TIMEOUT_S):
            raise TimeoutError("the server did not start")
        return self

    def __exit__(self, *_: object) -> None:
        if self._loop and self._stopping:
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(START_TIMEOUT_S)
        if self._crashes:
            raise self._crashes[0]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    # Orders and records

    def use(self, order: Order | Fault) -> None:
        """From now on every request meets this."""
        self._orders.standing = order if isinstance(order, Order) else Order(order)

    def enqueue(self, *orders: Order | Fault) -> None:
        """The next requests meet these, one each."""
        self._orders.waiting.extend(order if isinstance(order, Order) else Order(order) for order in orders)

    def requests_for(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    async def until(self, predicate: Callable[[Self], bool], timeout: float = 2.0) -> None:
        """Wait without blocking the event loop until the predicate holds.

        :raises TimeoutError: when it does not within `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while not predicate(self):
            if time.monotonic() > deadline:
                raise TimeoutError(f"still not so after {timeout} s")
            await asyncio.sleep(POLL_S)

    # Serving

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for client in tuple(self._clients):
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        client = asyncio.ensure_future(self._talk(Connection(reader, writer, number=self.connections)))
        self._clients.add(client)
        client.add_done_callback(self._forget)

    def _forget(self, client: asyncio.Task[None]) -> None:
        self._clients.discard(client)
        if not client.cancelled() and (crash := client.exception()):
            self._crashes.append(crash)

    async def _talk(self, connection: Connection) -> None:
        pump = asyncio.ensure_future(connection.pump())
        try:
            while (raw := await connection.read_request()) is not None:
                request = _recorded(raw, connection)
                self.requests.append(request)
                if not await connection.work(self._answer(connection, request)):
                    request.hung_up = connection.closed_at is not None
                    break
        finally:
            pump.cancel()
            connection.close()

    async def _answer(self, connection: Connection, request: Request) -> None:
        order = self._orders.choose()
        await _strike_early(connection, order)
        answer = _ordered(order) or self.reply(request, order)
        if isinstance(answer, Whole):
            request.status = answer.status
            await write_whole(connection, answer)
            return
        request.status = 200
        self.generations.append(answer.generation)
        await self._speak(connection, order, answer)

    async def _speak(self, connection: Connection, order: Order, answer: Stream) -> None:
        writer = StreamWriter(connection, order, token_delay_s=self.token_delay_s)
        try:
            await writer.write(self._shortened(answer, order))
        finally:
            answer.generation.closed_at = connection.closed_at
            if answer.generation.outcome is Outcome.RUNNING:
                left = connection.closed_at is not None
                answer.generation.outcome = Outcome.HUNG_UP if left else Outcome.FAULT

    def _shortened(self, answer: Stream, order: Order) -> Stream:
        """Return the stream up to the order's token, with the error it ends in."""
        if order.fault not in (Fault.ERROR_EVENT, Fault.END_EARLY):
            return answer
        tokens = [number for number, one in enumerate(answer.events) if one.token is not None]
        at = tokens[order.at] if order.at < len(tokens) else len(answer.events)
        tail = self.error_events(order) if order.fault is Fault.ERROR_EVENT else ()
        return replace(answer, events=(*answer.events[:at], *tail))


def _recorded(raw: RawRequest, connection: Connection) -> Request:
    body = json.loads(raw.body) if raw.body else None
    return Request(connection.number, raw.method, raw.target, dict(raw.headers), body)


async def _strike_early(connection: Connection, order: Order) -> None:
    if order.fault is Fault.STALL_BEFORE_HEADERS:
        await connection.stall()
    if order.fault is Fault.RESET_BEFORE_HEADERS:
        await connection.reset()


def _ordered(order: Order) -> Whole | None:
    """Return the body that the order puts in the answer's place."""
    if order.fault is Fault.STATUS:
        return Whole(order.body if order.body is not None else b"", status=order.status, headers=order.headers)
    if order.fault is Fault.PLAIN_ERROR:
        return Whole({"error": order.error or {"message": "no", "type": "server_error"}}, kind=JSON_TYPE)
    if order.fault is Fault.PLAIN_TEXT:
        return Whole(b"<html>hello</html>", kind="text/html")
    return None
