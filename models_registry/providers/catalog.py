"""Keep one pooled client per address and event loop, and hand out the speaker for an endpoint."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import httpx

from models_registry.domain.chat import Endpoint
from models_registry.domain.errors import ProviderRejected
from models_registry.providers.base import Speaker
from models_registry.providers.echo import EchoSpeaker
from models_registry.providers.ollama import OllamaSpeaker

LIMITS = httpx.Limits(max_connections=256, max_keepalive_connections=50, keepalive_expiry=60.0)
# A compressing proxy would hold tokens back until its block is full.
HEADERS = {"accept-encoding": "identity", "user-agent": "lnrag"}


@dataclass(slots=True)
class _Shelf:
    """What belongs to one event loop."""

    clients: dict[str, httpx.AsyncClient] = field(default_factory=dict)
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
    if endpoint.kind != "ollama":
        raise ProviderRejected(f"No speaker of kind {endpoint.kind!r} is part of this release.")
    client = shelf.clients.get(endpoint.base_url)
    if client is None:
        # trust_env=False: a proxy of the environment must not see, or break, what goes to the local host.
        client = httpx.AsyncClient(limits=LIMITS, headers=HEADERS, trust_env=False)
        shelf.clients[endpoint.base_url] = client
    return OllamaSpeaker(endpoint, client=client)


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
