"""A wire-faithful Ollama on a socket, and endpoints that lose patience quickly."""

from collections.abc import Iterator

import pytest

from models_registry.domain.chat import ChatRequest, Endpoint, Knobs, Message, Piece, Role, Timeouts
from models_registry.providers import catalog
from models_registry.providers.ollama import OllamaSpeaker
from models_registry.services import breaker_batch
from tests.servers.ollama import OllamaServer

MODEL = "llama3:8b-instruct"
SCHEMA = {
    "type": "object",
    "properties": {"summary": {"type": "string"}, "score": {"type": "integer"}},
    "required": ["summary", "score"],
}
QUICK = Timeouts(
    connect_s=1.0, default_s=1.0, first_token_s=1.0, idle_s=0.5, total_s=5.0, load_s=2.0, attempts=3, retry_wait_s=0.01
)


def ask(text: str = "Why are my fees too low?", *, model: str = MODEL, **more) -> ChatRequest:
    return ChatRequest(model=model, messages=(Message(Role.USER, text),), knobs=more.pop("knobs", Knobs()), **more)


def endpoint_of(server: OllamaServer, *, slug: str = "ollama", timeouts: Timeouts = QUICK) -> Endpoint:
    return Endpoint(slug=slug, kind="ollama", base_url=server.url, timeouts=timeouts)


def ollama_at(endpoint: Endpoint) -> OllamaSpeaker:
    found = catalog.connect_ollama(endpoint)
    assert found
    return found


async def overhear(pieces, heard: list[Piece]) -> None:
    """Collect the pieces as they come, so that what came before a failure is known."""
    async for piece in pieces:
        heard.append(piece)


@pytest.fixture(autouse=True)
def nothing_collected() -> None:
    """What breakers counted in tests before is not written into this one's tables by their thread."""
    with breaker_batch._collecting:
        breaker_batch._collected.clear()


@pytest.fixture
def server() -> Iterator[OllamaServer]:
    with OllamaServer() as running:
        yield running


@pytest.fixture
async def speaker(server):
    """The speaker of the server; its client is closed with the test's event loop."""
    yield ollama_at(endpoint_of(server))
    await catalog.close()
