"""OpenAI-compatible hosts over a real socket: what is sent, what is heard, how each fault ends, in four dialects."""

import asyncio
import logging
import time
from contextlib import aclosing, suppress
from dataclasses import replace

import httpx
import numpy as np
import pytest

from models_registry.domain.chat import Endpoint, Knobs, Message, Piece, Role, Text, Thinking
from models_registry.domain.errors import (
    AnswerCutOff,
    AnswerEmpty,
    AnswerInvalid,
    ModelError,
    ModelNotInstalled,
    PromptTooLong,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
    RateLimited,
)
from models_registry.providers import catalog
from models_registry.providers.base import Embedder
from models_registry.providers.openai_compatible import OpenAISpeaker
from tests.models_registry.conftest import QUICK, SCHEMA
from tests.models_registry.providers.hosted import KEY, KEY_NAME, asked, endpoint_at, listen, recorded, replayed
from tests.servers.hosted import Fault, Order, Outcome
from tests.servers.openai_compatible import Dialect, OpenAIServer
from tests.servers.openai_compatible.server import vector

MODEL, REASONER = "qwen3-8b", "gpt-5-mini"
STRANGE = ("При", "вет\u0085", "\u2028🧡", "x" * 300)


@pytest.fixture
async def server():
    with OpenAIServer() as running:
        yield running
        await catalog.close()


def embedder_at(server: OpenAIServer) -> Embedder:
    found = catalog.connect_embedder(endpoint_at(server, "openai"))
    assert found
    return found


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_an_answer_arrives_whole_with_its_counts_from_every_dialect(dialect):
    with OpenAIServer(dialect) as server:
        text, end = await listen(endpoint_at(server, "openai"), asked(MODEL))

        assert text == server.generations[0].text
        assert (end.model, end.reason, end.prompt_tokens, end.generated_tokens) == (MODEL, "stop", 12, 6)
        assert end.first_token_ms is not None
        assert end.latency_ms >= end.first_token_ms >= 0
        await catalog.close()


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


async def test_a_cut_at_every_byte_of_an_answer_is_harmless(server):
    server.say = lambda _request: STRANGE
    endpoint = endpoint_at(server, "openai")
    body = await recorded(server, "/v1/chat/completions", {}, MODEL)

    for cut in range(len(body) + 1):
        text = await replayed(OpenAISpeaker, endpoint, body, cut=cut, model=MODEL)
        assert text == "".join(STRANGE), f"cut at byte {cut} of {len(body)}"


async def test_a_long_last_word_arrives_whole(server):
    server.say = lambda _request: ("Raise ", "🧡" * 1_500_000)
    endpoint = endpoint_at(server, "openai")

    text, _ = await listen(endpoint, asked(MODEL))

    assert len(text) == 1_500_006


@pytest.mark.parametrize(
    "fault",
    [
        Fault.BYTE_CHUNKS,
        Fault.COALESCED,
        Fault.CRLF,
        Fault.COMMENTS,
        Fault.NO_LAST_NEWLINE,
        Fault.NO_LAST_MARK,
        Fault.NO_USAGE,
    ],
)
async def test_an_odd_but_complete_answer_arrives_whole(server, fault):
    server.use(fault)

    text, end = await listen(endpoint_at(server, "openai"), asked(MODEL))

    assert text == server.generations[0].text
    assert end.prompt_tokens == (None if fault is Fault.NO_USAGE else 12)


@pytest.mark.parametrize("dialect", [Dialect.LLAMA_CPP, Dialect.VLLM])
async def test_reasoning_is_kept_apart_from_the_answer(dialect):
    with OpenAIServer(dialect) as server:
        server.thoughts = ("Let me ", "look.")
        heard: list[Piece] = []
        text, _ = await listen(endpoint_at(server, "openai"), asked(MODEL), heard)

        assert heard[:2] == [Thinking("Let me "), Thinking("look.")]
        assert "look" not in text
        await catalog.close()


async def test_a_leaked_tag_cut_in_two_does_not_come_out(server):
    server.say = lambda _request: ("Raise it.<|im", "_end|>", "</s>")

    text, _ = await listen(endpoint_at(server, "openai"), asked(MODEL))

    assert text == "Raise it."


async def test_an_answer_cut_at_the_limit_says_so_without_a_schema_and_fails_with_one(server):
    server.reason = "length"

    _, end = await listen(endpoint_at(server, "openai"), asked(MODEL))
    assert end.reason == "length"

    with pytest.raises(AnswerCutOff):
        await listen(endpoint_at(server, "openai"), asked(MODEL, schema=SCHEMA))


@pytest.mark.parametrize(("reason", "expected"), [("content_filter", AnswerInvalid), ("abort", AnswerCutOff)])
async def test_an_answer_given_up_or_withheld_is_no_success(server, reason, expected):
    server.reason = reason

    with pytest.raises(expected):
        await listen(endpoint_at(server, "openai"), asked(MODEL))


CONTEXT = {"code": 400, "type": "exceed_context_size_error", "message": "the request exceeds the context"}


@pytest.mark.parametrize(
    ("order", "expected", "times"),
    [
        (Order(Fault.STATUS, status=400, body={"error": {"message": "bad"}}), ProviderRejected, 1),
        (Order(Fault.STATUS, status=400, body=b"<html>"), ProviderRejected, 1),
        (Order(Fault.STATUS, status=400, body=b"[1]"), ProviderRejected, 1),
        (Order(Fault.STATUS, status=400, body={"error": CONTEXT}), PromptTooLong, 1),
        (Order(Fault.STATUS, status=413), PromptTooLong, 1),
        (Order(Fault.STATUS, status=401, body={"error": {"message": f"Incorrect API key {KEY}"}}), ProviderRejected, 1),
        (Order(Fault.STATUS, status=403), ProviderRejected, 1),
        (Order(Fault.STATUS, status=404, body={"error": {"message": "no such model"}}), ModelNotInstalled, 1),
        (Order(Fault.STATUS, status=404, body=b"404 page not found"), ProviderRejected, 1),
        (Order(Fault.STATUS, status=429, body={"error": {"message": "slow down"}}), RateLimited, 1),
        (Order(Fault.STATUS, status=500, body={"error": {"message": "crash"}}), ProviderUnavailable, 1),
        (Order(Fault.STATUS, status=501), ProviderUnavailable, 1),
        (Order(Fault.STATUS, status=502), ProviderUnavailable, 3),
        (Order(Fault.STATUS, status=503, body={"error": {"message": "Loading model"}}), RateLimited, 3),
        (Order(Fault.STATUS, status=504), ProviderUnavailable, 3),
        (Order(Fault.STATUS, status=302, headers={"Location": "http://127.0.0.1:9/"}), ProviderRejected, 1),
        (Order(Fault.RESET_BEFORE_HEADERS), ProviderUnavailable, 3),
        (Order(Fault.STALL_BEFORE_HEADERS), ProviderTimeout, 1),
        (Order(Fault.STALL_MID_STREAM, at=0), ProviderTimeout, 1),
        (Order(Fault.END_EARLY, at=0), AnswerCutOff, 1),
        (Order(Fault.PLAIN_ERROR, error={"message": "no slot", "type": "unavailable_error"}), RateLimited, 1),
        (Order(Fault.PLAIN_TEXT), ProviderUnavailable, 1),
        (Order(Fault.ERROR_EVENT, at=0), ProviderUnavailable, 1),
        (Order(Fault.ERROR_EVENT, at=0, error=CONTEXT), PromptTooLong, 1),
        (Order(Fault.ERROR_EVENT, at=0, error={"code": 401, "message": KEY}), ProviderRejected, 1),
        (Order(Fault.ERROR_EVENT, at=0, error={"code": 429, "message": "later"}), RateLimited, 1),
        (Order(Fault.ERROR_EVENT, at=0, error={"code": "model_not_found", "message": "x"}), ModelNotInstalled, 1),
        (Order(Fault.ERROR_EVENT, at=0, error={"type": "BadRequestError", "message": "x"}), ProviderRejected, 1),
        (Order(Fault.ERROR_EVENT, at=0, error="out of memory"), ProviderUnavailable, 1),
    ],
)
async def test_a_fault_before_the_first_word_raises_its_error_and_says_nothing(server, order, expected, times):
    server.use(order)

    heard: list[Piece] = []
    with pytest.raises(ModelError) as caught:
        await listen(endpoint_at(server, "openai"), asked(MODEL), heard)

    assert caught.value.code == expected.code
    assert isinstance(caught.value, expected)
    assert KEY not in str(caught.value)
    assert heard == []
    assert len(server.requests) == times


@pytest.mark.parametrize("dialect", [Dialect.LLAMA_CPP, Dialect.OLD_LLAMA_CPP, Dialect.VLLM, Dialect.LM_STUDIO])
async def test_an_error_in_mid_stream_is_heard_in_every_dialect(dialect):
    with OpenAIServer(dialect) as server:
        server.use(Fault.ERROR_EVENT)
        heard: list[Piece] = []
        with pytest.raises(ProviderUnavailable, match="the slot crashed"):
            await listen(endpoint_at(server, "openai"), asked(MODEL), heard)

        assert "".join(piece.content for piece in heard if isinstance(piece, Text)) == "Raise the fee "
        assert len(server.requests) == 1
        await catalog.close()


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.END_EARLY, AnswerCutOff),
        (Fault.LAST_MARK_ALONE, AnswerCutOff),
        (Fault.RESET_MID_STREAM, ProviderUnavailable),
        (Fault.STALL_MID_STREAM, ProviderTimeout),
    ],
)
async def test_an_answer_that_breaks_off_is_no_success_and_not_repeated(server, fault, expected):
    server.use(fault)

    heard: list[Piece] = []
    with pytest.raises(expected):
        await listen(endpoint_at(server, "openai"), asked(MODEL), heard)

    assert heard
    assert len(server.requests) == 1


@pytest.mark.parametrize("said", [(), ("", " \n")])
async def test_no_word_at_all_is_no_answer(server, said):
    server.say = lambda _request: said

    with pytest.raises(AnswerEmpty):
        await listen(endpoint_at(server, "openai"), asked(MODEL))


async def test_a_wait_that_is_asked_for_is_told(server):
    server.use(Order(Fault.STATUS, status=429, headers={"Retry-After": "7"}))

    with pytest.raises(RateLimited) as caught:
        await listen(endpoint_at(server, "openai"), asked(MODEL))

    assert caught.value.retry_after_s == 7.0


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


async def test_texts_become_vectors_of_unit_length_in_order(server):
    server.stretch, server.shuffles = 3.0, True
    texts = ["one", "two", "three"]

    embedded = await embedder_at(server).embed_batch(texts, model=MODEL)

    assert np.allclose(embedded.vectors, [vector(text) for text in texts], atol=1e-6)
    assert embedded.prompt_tokens == 3
    assert server.requests[0].body == {"model": MODEL, "input": texts, "encoding_format": "float"}


async def test_no_text_is_no_call(server):
    embedder = embedder_at(server)

    assert (await embedder.embed_batch([], model=MODEL, dimension=8)).vectors.shape == (0, 8)
    assert server.requests == []


@pytest.mark.parametrize("row", [[0.0, 0.0], [1e300, 1.0], [3e38, 3e38]])
async def test_a_vector_that_cannot_be_brought_to_unit_length_is_refused(server, row):
    server.use(Order(Fault.STATUS, status=200, body={"data": [{"index": 0, "embedding": row}]}))

    with pytest.raises(AnswerInvalid):
        await embedder_at(server).embed_batch(["x"], model=MODEL)


async def test_a_slow_host_is_not_waited_for_beyond_its_deadline(server):
    server.token_delay_s = 0.05
    server.say = lambda _request: ["word "] * 200
    timeouts = replace(QUICK, total_s=0.3)

    with pytest.raises(ProviderTimeout, match="The whole answer"):
        await listen(endpoint_at(server, "openai", timeouts=timeouts), asked(MODEL))
