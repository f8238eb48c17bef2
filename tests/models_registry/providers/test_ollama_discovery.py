"""What a host tells about itself, its models, and texts turned into vectors."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import numpy as np
import pytest

from models_registry.domain.chat import Knobs
from models_registry.domain.errors import (
    AnswerInvalid,
    ModelNotInstalled,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from models_registry.providers.ollama_wire import TaggedModel, facts_of
from tests.models_registry.conftest import MODEL, QUICK, ask, endpoint_of, ollama_at, overhear
from tests.servers.ollama import PRELOAD, Fault, OllamaServer, Scenario

EMBEDDER = "nomic-embed-text"


async def test_the_version_is_told(speaker):
    assert await speaker.version() == "0.33.0"


async def test_the_models_are_listed_with_what_is_known_of_them(server, speaker):
    models = {model.tag: model for model in await speaker.list_models()}

    assert set(models) == {MODEL, f"{EMBEDDER}:latest"}
    assert models[MODEL].capabilities == ("completion",)
    assert models[MODEL].context_length == 8192
    assert len(models[MODEL].digest) == 64
    assert models[MODEL].size_bytes > 0
    assert server.generations == ()
    assert server.loads == ()


async def test_an_older_host_is_asked_about_each_new_model_once(speaker):
    asked = []

    async def reply(request):
        asked.append(request.url.path)
        if request.url.path == "/api/show":
            return httpx.Response(
                200, json={"capabilities": ["completion"], "model_info": {"llama.context_length": 77}}
            )
        models = [{"name": "old:1", "digest": "d1"}, {"name": "new:1", "digest": "d2"}]
        return httpx.Response(200, json={"models": models})

    async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as client:
        old, new = await type(speaker)(speaker.endpoint, client=client).list_models(known_digests={"d1"})

    assert (old.capabilities, old.context_length) == (None, None)
    assert (new.capabilities, new.context_length) == (("completion",), 77)
    assert asked == ["/api/tags", "/api/show"]


async def test_a_model_removed_between_two_questions_is_no_failure(speaker):
    async def reply(request):
        if request.url.path == "/api/show":
            return httpx.Response(404, json={"error": "model 'x' not found"})
        return httpx.Response(200, json={"models": [{"name": "x"}]})

    async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as client:
        (model,) = await type(speaker)(speaker.endpoint, client=client).list_models()

    assert model.capabilities is None


def test_a_model_without_details_is_still_a_model():
    assert facts_of(TaggedModel(name="x")).context_length is None


async def test_an_empty_host_has_no_models(speaker):
    async def reply(_request):
        return httpx.Response(200, json={"models": None})

    async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as client:
        bare = type(speaker)(speaker.endpoint, client=client)
        assert await bare.list_models() == ()
        assert await bare.running() == ()


async def test_show_tells_capabilities_or_that_there_is_no_such_model(speaker):
    assert "completion" in (await speaker.show(MODEL)).capabilities

    with pytest.raises(ModelNotInstalled):
        await speaker.show("nobody:1b")


async def test_a_load_brings_the_model_in_and_ps_shows_it(server, speaker):
    assert await speaker.running() == ()

    await speaker.load(MODEL, num_ctx=4096)

    assert [model.name for model in await speaker.running()] == [MODEL]
    assert server.generations == ()
    assert len(server.loads_of(MODEL)) == 1


@pytest.mark.parametrize(
    ("scenario", "vram_share", "forever"),
    [
        (Scenario.NORMAL, 1.0, False),
        (Scenario.PS_FAR_FUTURE, 1.0, True),
        (Scenario.PS_LOADING, 0.0, False),
        (Scenario.PS_PARTIAL_VRAM, pytest.approx(1 / 3, abs=0.01), False),
    ],
)
async def test_every_kind_of_residency_is_understood(server, speaker, scenario, vram_share, forever):
    await speaker.load(MODEL, num_ctx=4096)
    server.use(scenario)

    (model,) = await speaker.running()

    now = datetime.now(UTC)
    assert (model.name, model.context_length, len(model.digest)) == (MODEL, 4096, 64)
    assert model.vram_share == vram_share
    assert model.stays_forever(at=now) is forever
    assert model.expires_at > now


async def test_an_unloaded_model_is_gone(server, speaker):
    await speaker.load(MODEL, num_ctx=4096)

    await speaker.unload(MODEL)

    assert await speaker.running() == ()
    assert len(server.unloads) == 1


async def test_speaking_after_a_load_does_not_load_again(server, speaker):
    await speaker.load(MODEL, num_ctx=8192)
    await overhear(speaker.stream(ask(knobs=Knobs(num_ctx=8192))), [])

    assert len(server.loads) == 1
    assert server.reloads == ()


async def test_a_cold_load_has_its_own_limit(server):
    server.use(Fault(Scenario.STALL_BEFORE_HEADERS, paths=(PRELOAD,)))
    slow = ollama_at(endpoint_of(server, timeouts=replace(QUICK, load_s=0.2, default_s=30)))

    with pytest.raises(ProviderTimeout, match=r"0\.2 s"):
        await slow.load(MODEL, num_ctx=4096)


async def test_a_host_that_is_slow_to_tell_is_not_waited_for(speaker):
    async def reply(_request):
        await asyncio.sleep(5)

    limits = replace(speaker.endpoint, timeouts=replace(QUICK, default_s=0.05))
    async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as client:
        with pytest.raises(ProviderTimeout, match="GET /api/version"):
            await type(speaker)(limits, client=client).version()


async def test_a_refused_question_is_rejected(speaker):
    async def reply(_request):
        return httpx.Response(403)

    async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as client:
        with pytest.raises(ProviderRejected, match="OLLAMA_HOST"):
            await type(speaker)(speaker.endpoint, client=client).version()


async def test_thirty_two_texts_are_one_call_in_order(server, speaker):
    texts = [f"passage {number}" for number in range(32)]

    together = await speaker.embed_batch(texts, model=EMBEDDER, dimension=768)
    alone = await speaker.embed(texts[7], model=EMBEDDER)

    assert together.vectors.shape == (32, 768)
    assert together.vectors.dtype == np.float32
    assert together.prompt_tokens is not None
    assert together.prompt_tokens >= 32
    assert np.allclose(together.vectors[7], alone, atol=1e-6)
    assert np.allclose(np.linalg.norm(together.vectors, axis=1), 1, atol=1e-3)
    body = server.requests_for("/api/embed")[0].body
    assert (body["input"], body["truncate"]) == (texts, False)
    assert len(server.requests_for("/api/embed")) == 2


async def test_no_text_is_no_call(server, speaker):
    assert (await speaker.embed_batch([], model=EMBEDDER, dimension=768)).vectors.shape == (0, 768)
    assert server.requests == ()


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        ("embed_empty", AnswerInvalid),
        ("embed_wrong_count", AnswerInvalid),
        ("embed_wrong_width", AnswerInvalid),
        ("embed_not_unit", AnswerInvalid),
        ("embed_nan_400", ProviderRejected),
        ("embed_nan_500", ProviderUnavailable),
        ("error_404", ModelNotInstalled),
    ],
)
async def test_a_bad_batch_raises_and_returns_nothing(server, speaker, scenario, expected):
    server.use(scenario)

    with pytest.raises(expected) as caught:
        await speaker.embed_batch(["a", "b"], model=EMBEDDER, dimension=768)

    assert type(caught.value) is expected


async def test_one_poisoned_text_fails_its_whole_batch(server, speaker):
    server.use(Fault(Scenario.EMBED_POISONED, poison="bad"))

    with pytest.raises(ProviderRejected):
        await speaker.embed_batch(["good", "bad"], model=EMBEDDER)
    assert (await speaker.embed_batch(["good"], model=EMBEDDER)).vectors.shape[0] == 1


async def test_a_host_that_refuses_connections_is_unavailable():
    with OllamaServer() as gone:
        endpoint = endpoint_of(gone)

    with pytest.raises(ProviderUnavailable):
        await ollama_at(endpoint).version()
