"""Hosts that speak OpenAI's dialect: what they are asked, what they list, and that a key is shown to nobody."""

import asyncio
import logging
import time
from contextlib import aclosing, suppress
from dataclasses import replace

import httpx
import pytest

from models_registry.domain.chat import Endpoint, Knobs, Message, Role
from models_registry.domain.errors import ProviderRejected
from models_registry.providers import catalog
from models_registry.providers.openai_compatible import OpenAISpeaker
from tests.models_registry.conftest import SCHEMA
from tests.models_registry.providers.hosted import KEY, KEY_NAME, asked, endpoint_at, listen
from tests.models_registry.providers.openai_hosts import MODEL, REASONER, server
from tests.servers.hosted import Fault, Order, Outcome
from tests.servers.openai_compatible import Dialect, OpenAIServer

__all__ = ["server"]


async def test_every_knob_reaches_the_host(server):
    knobs = Knobs(
        temperature=0.1, top_p=0.8, top_k=7, repeat_penalty=1.2, max_tokens=99, stop=("§",), seed=3,
        presence_penalty=0.1, frequency_penalty=0.2,
    )  # fmt: skip
    turns = (Message(Role.SYSTEM, "Be brief."), Message(Role.ASSISTANT, "Yes?"), Message(Role.USER, "Fees?"))

    await listen(
        endpoint_at(server, "openai"), replace(asked(MODEL, knobs=knobs, schema=SCHEMA, think=False), messages=turns)
    )

    assert server.requests[0].body == {
        "model": MODEL,
        "messages": [{"role": m.role.value, "content": m.content} for m in turns],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 99,
        "temperature": 0.1,
        "top_p": 0.8,
        "top_k": 7,
        "repeat_penalty": 1.2,
        "repetition_penalty": 1.2,
        "stop": ["§"],
        "seed": 3,
        "presence_penalty": 0.1,
        "frequency_penalty": 0.2,
        "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}},
        "chat_template_kwargs": {"enable_thinking": False},
    }
    assert "authorization" not in server.requests[0].headers


async def test_a_field_the_host_refuses_is_left_out_and_remembered(caplog):
    with OpenAIServer(Dialect.OPENAI) as server:
        endpoint = endpoint_at(server, "openai")
        knobs = Knobs(top_k=7)
        await listen(endpoint, asked(REASONER, knobs=knobs))
        first = len(server.requests)
        await listen(endpoint, asked(REASONER, knobs=knobs))

        assert first == 4  # without top_k, without max_tokens, without temperature
        assert len(server.requests) == 5
        body = server.requests[-1].body
        assert {"top_k", "max_tokens", "temperature"}.isdisjoint(body)
        assert body["max_completion_tokens"] == knobs.max_tokens
        assert [
            record.field for record in caplog.records if record.getMessage() == "models_registry.option.left_out"
        ] == [
            "top_k",
            "max_tokens",
            "temperature",
        ]
        await catalog.close()


async def test_what_one_model_refuses_is_still_sent_to_others():
    with OpenAIServer(Dialect.OPENAI) as server:
        endpoint = endpoint_at(server, "openai")
        await listen(endpoint, asked(REASONER))
        await listen(endpoint, asked(MODEL))

        assert server.requests[-1].body["temperature"] == 0.2
        await catalog.close()


async def test_a_field_with_a_meaning_is_never_left_out(server):
    error = {"message": "Unsupported parameter: 'response_format'", "param": "response_format"}
    server.use(Order(Fault.STATUS, status=400, body={"error": error}))

    with pytest.raises(ProviderRejected, match="response_format"):
        await listen(endpoint_at(server, "openai"), asked(MODEL, schema=SCHEMA))

    assert len(server.requests) == 1


@pytest.mark.parametrize("address", ["https://api.openai.com", "https://api.openai.com/v1"])
async def test_openai_itself_is_sent_nothing_beyond_its_api(address):
    async with httpx.AsyncClient() as client:
        speaker = OpenAISpeaker(Endpoint(slug="openai", kind="openai", base_url=address), client=client)

        body = speaker.body(asked(MODEL, knobs=Knobs(top_k=7, repeat_penalty=1.1), think=False), unwanted=())

    assert {"top_k", "repeat_penalty", "repetition_penalty", "chat_template_kwargs", "max_tokens"}.isdisjoint(body)
    assert body["max_completion_tokens"] == 1536


@pytest.mark.parametrize("suffix", ["", "/v1"])
async def test_an_address_may_end_in_its_version_or_not(server, suffix):
    endpoint = replace(endpoint_at(server, "openai"), base_url=server.url + suffix)

    models = await catalog.connect(endpoint).list_models()

    assert [model.tag for model in models] == [MODEL, REASONER]
    assert server.requests[0].path == "/v1/models"


@pytest.mark.parametrize(
    ("dialect", "window", "size"),
    [(Dialect.LLAMA_CPP, 16_384, 5_027_783_488), (Dialect.VLLM, 32_768, None), (Dialect.LM_STUDIO, None, None)],
)
async def test_the_models_are_listed_with_what_is_known_of_them(dialect, window, size):
    with OpenAIServer(dialect) as server:
        (model, _) = await catalog.connect(endpoint_at(server, "openai")).list_models()

        assert (model.tag, model.context_length, model.size_bytes, model.capabilities) == (MODEL, window, size, None)
        await catalog.close()


async def test_the_key_is_read_at_each_call_and_shown_to_nobody(monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    with OpenAIServer(key=KEY) as server:
        endpoint = endpoint_at(server, "openai", secret_name=KEY_NAME)
        monkeypatch.setenv(KEY_NAME, "sk-test-former")
        with pytest.raises(ProviderRejected, match="refuses the key") as caught:
            await listen(endpoint, asked(MODEL))
        monkeypatch.setenv(KEY_NAME, f" {KEY}\n")
        text, _ = await listen(endpoint, asked(MODEL))

        assert text
        assert "former" not in str(caught.value)
        assert not any("former" in record.getMessage() or KEY in record.getMessage() for record in caplog.records)
        assert KEY not in repr(catalog.connect(endpoint).__dict__)
        await catalog.close()


@pytest.mark.parametrize(
    ("value", "told"), [(None, "not set"), ("", "not set"), ("clé", "no key"), ("a\x07b", "no key")]
)
async def test_a_missing_or_broken_key_is_told_by_its_name(monkeypatch, server, value, told):
    if value is None:
        monkeypatch.delenv(KEY_NAME, raising=False)
    else:
        monkeypatch.setenv(KEY_NAME, value)

    with pytest.raises(ProviderRejected, match=f"{KEY_NAME} .*{told}"):
        await listen(endpoint_at(server, "openai", secret_name=KEY_NAME), asked(MODEL))

    assert server.requests == []


async def test_leaving_closes_the_hosts_connection_within_one_token(server):
    server.token_delay_s = 0.02
    server.say = lambda _request: ["word "] * 500

    async with aclosing(catalog.connect(endpoint_at(server, "openai")).stream(asked(MODEL))) as pieces:
        await anext(pieces)
    left_at = time.monotonic()
    await server.until(lambda s: s.generations[0].outcome is not Outcome.RUNNING)

    assert server.generations[0].outcome is Outcome.HUNG_UP
    assert server.generations[0].tokens_after(left_at) <= 1


async def test_cancelling_in_mid_answer_closes_the_hosts_connection(server):
    server.token_delay_s = 0.02
    server.say = lambda _request: ["word "] * 500

    listening = asyncio.create_task(listen(endpoint_at(server, "openai"), asked(MODEL)))
    await server.until(lambda s: bool(s.generations) and len(s.generations[0].tokens) > 2)
    left_at = time.monotonic()
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
    await server.until(lambda s: s.generations[0].outcome is Outcome.HUNG_UP)

    assert server.generations[0].tokens_after(left_at) <= 1


async def test_twenty_answers_use_one_connection(server):
    for _ in range(20):
        await listen(endpoint_at(server, "openai"), asked(MODEL))

    assert server.connections == 1
