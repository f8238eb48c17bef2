"""Keep one pooled client per address and event loop, and hand out the speaker for an endpoint."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from functools import cache
from weakref import WeakKeyDictionary

import httpx

from models_registry.domain.chat import Endpoint
from models_registry.domain.errors import ProviderRejected
from models_registry.providers.anthropic import AnthropicSpeaker
from models_registry.providers.base import Embedder, Speaker
from models_registry.providers.direct import Client, Direct
from models_registry.providers.echo import EchoSpeaker
from models_registry.providers.ollama import OllamaSpeaker
from models_registry.providers.openai_compatible import OpenAISpeaker
from models_registry.providers.shards import AT_ONCE, Shards

FEWEST_CONNECTIONS = 50  # per host; looks at its health and embeddings need some beside the generations
USUALLY_LOADED = 3  # models at once, when a host does not tell
KEEP_ALIVE_S = 60.0
# A compressing proxy would hold tokens back until its block is full.
HEADERS = {"accept-encoding": "identity", "user-agent": "lnrag"}


@dataclass(slots=True)
class _Shelf:
    """What belongs to one event loop."""

    clients: dict[tuple[str, int], httpx.AsyncClient] = field(default_factory=dict)
    speakers: dict[Endpoint, Speaker] = field(default_factory=dict)
    caretaker: AsyncGenerator[None, None] | None = None


_shelves: WeakKeyDictionary[asyncio.AbstractEventLoop, _Shelf] = WeakKeyDictionary()


def connect(endpoint: Endpoint) -> Speaker:
    """Return the speaker for this endpoint on the running loop; the same one for equal endpoints (CL-18).

    :raises ProviderRejected: when no speaker of this kind exists.
    """
    shelf = _shelf()
    found = shelf.speakers.get(endpoint)
    if found is None:
        found = shelf.speakers[endpoint] = _new_speaker(endpoint, shelf)
    return found


def connect_ollama(endpoint: Endpoint) -> OllamaSpeaker | None:
    """Return the speaker when the endpoint is an Ollama host, which can do more than speak; else None."""
    found = connect(endpoint)
    return found if isinstance(found, OllamaSpeaker) else None


def connect_embedder(endpoint: Endpoint) -> Embedder | None:
    """Return the speaker when its host can embed too; else None."""
    found = connect(endpoint)
    return found if isinstance(found, Embedder) else None


async def close() -> None:
    """Close every client of the running loop. It happens by itself when the loop shuts down."""
    shelf = _shelves.pop(asyncio.get_running_loop(), None)
    if shelf and shelf.caretaker:
        await shelf.caretaker.aclose()


def _shelf() -> _Shelf:
    loop = asyncio.get_running_loop()
    shelf = _shelves.get(loop)
    if shelf is None:
        for ended in [other for other in _shelves if other.is_closed()]:
            del _shelves[ended]
        shelf = _shelves[loop] = _Shelf()
        shelf.caretaker = _caretaker(shelf)
        _start(shelf.caretaker)
    return shelf


def _new_speaker(endpoint: Endpoint, shelf: _Shelf) -> Speaker:
    if endpoint.kind == "echo":
        return EchoSpeaker(endpoint)
    if endpoint.kind == "ollama":
        return OllamaSpeaker(endpoint, client=_client(endpoint, shelf))
    if endpoint.kind == "openai":
        return OpenAISpeaker(endpoint, client=_client(endpoint, shelf))
    if endpoint.kind == "anthropic":
        return AnthropicSpeaker(endpoint, client=_client(endpoint, shelf))
    raise ProviderRejected(f"No speaker of kind {endpoint.kind!r} is part of this release.")


def _client(endpoint: Endpoint, shelf: _Shelf) -> httpx.AsyncClient:
    """Return the pool of this address. A client cannot grow, so one that must hold more is another one."""
    most = connections(endpoint)
    client = shelf.clients.get((endpoint.base_url, most))
    if client is None:
        client = Client(_transport(endpoint, most=most), headers=HEADERS)
        shelf.clients[endpoint.base_url, most] = client
    return client


def _transport(endpoint: Endpoint, *, most: int) -> httpx.AsyncBaseTransport:
    if endpoint.base_url.lower().startswith("http://"):
        return Direct(most=most, keep_alive_s=KEEP_ALIVE_S)
    return Shards(_new_pool, most=most)


def _new_pool() -> httpx.AsyncHTTPTransport:
    # All may be kept alive: httpx counts the busy ones too, and beyond that number closes each that falls idle.
    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE, keepalive_expiry=KEEP_ALIVE_S)
    return httpx.AsyncHTTPTransport(verify=_trusted(), limits=limits, trust_env=False)


@cache
def _trusted() -> ssl.SSLContext:
    """Return the authorities we trust, SSL_CERT_FILE included. Reading them takes 30 ms: once per process will do."""
    return httpx.create_ssl_context()


def connections(endpoint: Endpoint) -> int:
    """Return how many connections the pool of this endpoint may hold: its slots for every model it holds at once."""
    slots = endpoint.admission.slots * (endpoint.admission.max_loaded or USUALLY_LOADED)
    return max(FEWEST_CONNECTIONS, slots)


async def _caretaker(shelf: _Shelf) -> AsyncGenerator[None, None]:
    """Close the clients when the loop shuts down: every runner closes the loop's async generators first."""
    try:
        yield
    finally:
        for client in shelf.clients.values():
            await client.aclose()


def _start(generator: AsyncGenerator[None, None]) -> None:
    """Run a generator to its first yield without awaiting; it awaits nothing before."""
    with contextlib.suppress(StopIteration):
        generator.__anext__().send(None)
