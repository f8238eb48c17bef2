"""Endpoints, speakers and ears for the tests of hosts with server-sent events."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import httpx

from models_registry.domain.chat import ChatRequest, Endpoint, Finished, Piece, Text, Timeouts
from models_registry.providers import catalog
from models_registry.providers.hosted import HostedSpeaker
from tests.models_registry.conftest import QUICK, ask
from tests.servers.hosted import HostedServer

KEY = "sk-test-7f3a9c"
KEY_NAME = "LNRAG_SECRET_TEST"


def endpoint_at(server: HostedServer, kind: str, *, secret_name: str = "", timeouts: Timeouts = QUICK) -> Endpoint:
    return Endpoint(slug=kind, kind=kind, base_url=server.url, secret_name=secret_name, timeouts=timeouts)


async def listen(endpoint: Endpoint, request: ChatRequest, heard: list[Piece] | None = None) -> tuple[str, Finished]:
    """Return the text and the end of one answer; the pieces before a failure are left in `heard`."""
    heard = [] if heard is None else heard
    async with aclosing(catalog.connect(endpoint).stream(request)) as pieces:
        async for piece in pieces:
            heard.append(piece)
    assert sum(isinstance(piece, Finished) for piece in heard) == 1
    end = heard[-1]
    assert isinstance(end, Finished)
    return "".join(piece.content for piece in heard if isinstance(piece, Text)), end


def asked(model: str, text: str = "Why are my fees too low?", **more: object) -> ChatRequest:
    return ask(text, model=model, **more)


async def recorded(server: HostedServer, path: str, headers: dict[str, str], model: str) -> bytes:
    """Return the body of one streamed answer as it went over the wire."""
    body = {"model": model, "messages": [{"role": "user", "content": "Fees?"}], "stream": True, "max_tokens": 9}
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.post(f"{server.url}{path}", json=body, headers=headers)).content


async def replayed(kind: type[HostedSpeaker], endpoint: Endpoint, body: bytes, *, cut: int, model: str) -> str:
    """Return the text of a recorded answer that arrives in two parts."""

    class Parts(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield body[:cut]
            yield body[cut:]

    async def reply(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Parts())

    async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as client:
        pieces = [piece async for piece in kind(endpoint, client=client).stream(asked(model))]  # type: ignore[call-arg]
    assert isinstance(pieces[-1], Finished)
    return "".join(piece.content for piece in pieces if isinstance(piece, Text))
