"""CL-11, CL-13, CL-18: one pooled client per address and event loop, closed with the loop."""

import asyncio
import gc
import warnings
from dataclasses import replace

import pytest

from models_registry.domain.chat import Admission, Endpoint
from models_registry.domain.errors import ProviderRejected
from models_registry.providers import catalog
from models_registry.providers.anthropic import AnthropicSpeaker
from models_registry.providers.echo import EchoSpeaker
from models_registry.providers.ollama import OllamaSpeaker
from models_registry.providers.openai_compatible import OpenAISpeaker
from tests.models_registry.conftest import ask, endpoint_of, ollama_at, overhear

ECHO = Endpoint(slug="echo", kind="echo", base_url="")


async def test_equal_endpoints_share_a_speaker(server):
    endpoint = endpoint_of(server)

    assert catalog.connect(endpoint) is catalog.connect(replace(endpoint))


async def test_twenty_calls_use_one_connection(server):
    for _ in range(20):
        await ollama_at(endpoint_of(server)).version()

    assert server.connections == 1


async def test_another_patience_shares_the_connections(server):
    endpoint = endpoint_of(server)
    await ollama_at(endpoint).version()
    await ollama_at(replace(endpoint, keep_alive="5m")).version()

    assert server.connections == 1


def test_each_event_loop_has_its_own_client_and_closes_it(server):
    async def ask():
        await ollama_at(endpoint_of(server)).version()

    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        asyncio.run(ask())
        asyncio.run(ask())
        gc.collect()

    assert server.connections == 2
    server.wait_for(lambda s: s.open_connections == 0)


async def test_closing_by_hand_closes_the_connections_and_may_be_repeated(server):
    await ollama_at(endpoint_of(server)).version()

    await catalog.close()
    await catalog.close()

    await server.until(lambda s: s.open_connections == 0)


async def test_a_client_is_made_anew_after_closing(server):
    before = catalog.connect(endpoint_of(server))
    await catalog.close()

    assert catalog.connect(endpoint_of(server)) is not before


def test_ended_loops_are_forgotten(server):
    loop = asyncio.new_event_loop()

    async def connect():
        catalog.connect(ECHO)

    loop.run_until_complete(connect())
    loop.close()
    asyncio.run(connect())

    assert loop not in catalog._shelves


async def test_echo_needs_no_client():
    assert isinstance(catalog.connect(ECHO), EchoSpeaker)
    assert catalog.connect_ollama(ECHO) is None


@pytest.mark.parametrize("address", ["http://[::1", "ftp://host", "nonsense"])
async def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(ProviderRejected, match="no usable address"):
        await ollama_at(Endpoint(slug="x", kind="ollama", base_url=address)).version()


async def test_an_unknown_kind_is_refused():
    with pytest.raises(ProviderRejected, match="telepathy"):
        catalog.connect(replace(ECHO, kind="telepathy"))


@pytest.mark.parametrize(
    ("kind", "speaker", "embeds"),
    [("ollama", OllamaSpeaker, True), ("openai", OpenAISpeaker, True), ("anthropic", AnthropicSpeaker, False)],
)
async def test_each_kind_has_its_speaker(kind, speaker, embeds):
    endpoint = Endpoint(slug=kind, kind=kind, base_url="http://127.0.0.1:9")

    assert type(catalog.connect(endpoint)) is speaker
    assert (catalog.connect_embedder(endpoint) is not None) is embeds
    assert (catalog.connect_ollama(endpoint) is not None) is (kind == "ollama")
    assert catalog.connect_embedder(ECHO) is None


@pytest.mark.parametrize(("slots", "max_loaded", "most"), [(1, None, 50), (20, None, 60), (100, 5, 500)])
def test_the_pool_holds_every_slot_and_fifty_at_least(slots, max_loaded, most):
    endpoint = replace(ECHO, admission=Admission(slots=slots, max_loaded=max_loaded))

    assert catalog.connections(endpoint) == most


async def test_more_slots_get_a_larger_pool(server):
    endpoint = endpoint_of(server)
    await ollama_at(endpoint).version()
    await ollama_at(replace(endpoint, admission=Admission(slots=100))).version()

    assert server.connections == 2


async def test_twenty_answers_use_one_connection(server):
    for _ in range(20):
        await overhear(ollama_at(endpoint_of(server)).stream(ask()), [])

    assert server.connections == 1
