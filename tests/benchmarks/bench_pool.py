"""What one pooled client saves against a client per call, at a host some milliseconds away (CL-12).

The distance is simulated where a network makes it: a relay on a real socket holds every byte back for DISTANCE_S each
way, and a new connection for one round trip more, as TCP does before it lets anything through.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

import httpx

from models_registry.domain.chat import ChatRequest, Endpoint, Knobs, Message, Role, Text
from models_registry.providers import catalog
from models_registry.providers.ollama import OllamaSpeaker
from tests.servers.ollama import OllamaServer

DISTANCE_S = 0.005  # one way: a host in the same city, or over a home's wireless
ROUND_TRIP_MS = DISTANCE_S * 2 * 1000
CALLS = 60
MODEL = "llama3:8b-instruct"
LATENCY_TARGET, OVERHEAD_TARGET = 40, 30  # percent saved

Call = Callable[[Any], Awaitable[object]]
CERTIFICATES = httpx.create_ssl_context()


def run() -> dict[str, object]:
    """Return both ways' median latency for a small question and a short answer, and what is saved."""
    with OllamaServer() as server:
        server.respond_with(lambda _request: ["Raise ", "it."])
        return asyncio.run(_measured(server))


async def _measured(server: OllamaServer) -> dict[str, object]:
    relay = Relay(server.port)
    async with relay:
        endpoint = Endpoint(slug="far", kind="ollama", base_url=f"http://127.0.0.1:{relay.own_port}")
        told = {name: await _compared(endpoint, call) for name, call in (("version", _version), ("answer", _answer))}
        await catalog.close()
    return {
        "name": "pool",
        "calls": CALLS,
        "round_trip_ms": ROUND_TRIP_MS,
        **told,
        "target_latency_saved_percent": LATENCY_TARGET,
        "target_overhead_saved_percent": OVERHEAD_TARGET,
    }


async def _compared(endpoint: Endpoint, call: Call) -> dict[str, object]:
    """Return medians in milliseconds. Overhead is what a call takes beyond the one round trip it cannot do without."""
    pooled_speaker = catalog.connect_ollama(endpoint)
    pooled = await _median_ms(lambda: call(pooled_speaker))
    alone = await _median_ms(lambda: _alone(endpoint, call))
    reconnected = await _median_ms(lambda: _alone(endpoint, call, verify=CERTIFICATES))
    return {
        "pooled_ms": round(pooled, 2),
        "client_per_call_ms": round(alone, 2),
        "connection_per_call_ms": round(reconnected, 2),  # the same, without reading the certificates each time
        "latency_saved_percent": _saved(pooled, alone),
        "overhead_saved_percent": _saved(pooled - ROUND_TRIP_MS, alone - ROUND_TRIP_MS),
        "latency_saved_percent_by_connection": _saved(pooled, reconnected),
        "overhead_saved_percent_by_connection": _saved(pooled - ROUND_TRIP_MS, reconnected - ROUND_TRIP_MS),
    }


def _saved(ours: float, theirs: float) -> float:
    return round(100 * (1 - ours / theirs), 1)


async def _median_ms(call: Callable[[], Awaitable[object]]) -> float:
    await call()  # what is loaded once is not measured
    times = []
    for _ in range(CALLS):
        started = time.perf_counter()
        await call()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times)


async def _alone(endpoint: Endpoint, call: Call, **options: Any) -> None:
    async with httpx.AsyncClient(trust_env=False, **options) as client:
        await call(OllamaSpeaker(endpoint, client=client))


async def _version(speaker: OllamaSpeaker) -> str:
    return await speaker.version()


async def _answer(speaker: OllamaSpeaker) -> str:
    request = ChatRequest(model=MODEL, messages=(Message(Role.USER, "Why are my fees too low?"),), knobs=Knobs())
    async with aclosing(speaker.stream(request)) as pieces:
        return "".join([piece.content async for piece in pieces if isinstance(piece, Text)])


class Relay:
    """Passes bytes on, late. `own_port` is where it listens."""

    def __init__(self, port: int) -> None:
        self.own_port = 0
        self._port = port
        self._open: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.own_port = self._server.sockets[0].getsockname()[1]

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(ROUND_TRIP_MS / 1000)  # SYN and its answer
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    try:
        while received := await reader.read(65_536):
            # Late, but without waiting here: what follows shortly after travels at the same time.
            loop.call_later(DISTANCE_S, writer.write, received)
    finally:
        loop.call_later(DISTANCE_S, writer.close)


if __name__ == "__main__":
    print(run())
