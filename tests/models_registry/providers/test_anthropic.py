"""Anthropic's Messages API over a real socket: what is sent, what is heard, and how each fault ends."""

import asyncio
import json
import time
from contextlib import aclosing, suppress
from dataclasses import replace

import pytest

from models_registry.domain.chat import Knobs, Message, Piece, Role, Text, Thinking
from models_registry.domain.errors import (
    AnswerCutOff,
    AnswerEmpty,
    ModelError,
    ModelNotInstalled,
    PromptTooLong,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
    RateLimited,
)
from models_registry.providers import catalog
from models_registry.providers.anthropic import AnthropicSpeaker
from tests.models_registry.conftest import SCHEMA
from tests.models_registry.providers.hosted import KEY_NAME, asked, endpoint_at, listen, recorded, replayed
from tests.servers.anthropic import AnthropicServer
from tests.servers.anthropic.server import NEW, OLD
from tests.servers.hosted import Fault, Order, Outcome

MODEL = "claude-sonnet-4-5"
STRANGE = ("При", "вет\u0085", "\u2028🧡", "x" * 300)


@pytest.fixture
async def server(monkeypatch):
    with AnthropicServer() as running:
        monkeypatch.setenv(KEY_NAME, running.key)
        yield running
        await catalog.close()


@pytest.fixture
def endpoint(server):
    return endpoint_at(server, "anthropic", secret_name=KEY_NAME)


async def test_an_answer_arrives_whole_with_its_counts(server, endpoint):
    text, end = await listen(endpoint, asked(MODEL))

    assert text == server.generations[0].text
    assert (end.model, end.reason, end.prompt_tokens, end.generated_tokens) == (MODEL, "stop", 25, 6)
    assert server.requests[0].headers["anthropic-version"] == "2023-06-01"
    assert server.requests[0].headers["x-api-key"] == server.key


async def test_turns_and_knobs_are_sent_as_the_host_wants_them(server, endpoint):
    turns = (
        Message(Role.SYSTEM, "Be brief."),
        Message(Role.USER, "Fees?"),
        Message(Role.ASSISTANT, " "),
        Message(Role.SYSTEM, "In French."),
        Message(Role.USER, "Now?"),
    )
    knobs = Knobs(temperature=1.4, top_k=7, max_tokens=99, stop=("§", "\n"))

    await listen(endpoint, replace(asked(MODEL, knobs=knobs), messages=turns))

    assert server.requests[0].body == {
        "model": MODEL,
        "system": "Be brief.\n\nIn French.",
        "messages": [{"role": "user", "content": "Fees?"}, {"role": "user", "content": "Now?"}],
        "stream": True,
        "max_tokens": 99,
        "temperature": 1.0,
        "top_k": 7,
        "stop_sequences": ["§"],
    }


async def test_a_schema_is_asked_for_in_words_and_enforced_as_far_as_the_host_can(server, endpoint):
    part = {"type": "array", "maxItems": 3, "items": {"type": "integer", "minimum": 1}}
    schema = {"type": "object", "properties": {"minimum": part, "b": {"anyOf": [{"type": "string", "maxLength": 9}]}}}

    await listen(endpoint, asked(MODEL, schema=schema))

    body = server.requests[0].body
    assert json.dumps(schema) in body["system"]
    assert body["output_config"]["format"] == {
        "type": "json_schema",
        "schema": {
            "type": "object",
            "properties": {
                "minimum": {"type": "array", "items": {"type": "integer"}},
                "b": {"anyOf": [{"type": "string"}]},
            },
            "additionalProperties": False,
        },
    }


@pytest.mark.parametrize(
    ("model", "more", "left_out"), [(NEW, {}, "temperature"), (OLD, {"schema": SCHEMA}, "output_config")]
)
async def test_what_a_model_does_not_take_is_left_out_and_remembered(server, endpoint, model, more, left_out):
    await listen(endpoint, asked(model, **more))
    await listen(endpoint, asked(model, **more))

    assert [left_out in request.body for request in server.requests] == [True, False, False]


async def test_the_models_are_listed(server, endpoint):
    models = await catalog.connect(endpoint).list_models()

    assert [model.tag for model in models] == [MODEL, NEW, OLD]
    assert (models[0].capabilities, models[0].context_length) == (("completion",), 200_000)


async def test_a_cut_at_every_byte_of_an_answer_is_harmless(server, endpoint):
    server.say = lambda _request: STRANGE
    headers = {"anthropic-version": "2023-06-01", "x-api-key": server.key}
    body = await recorded(server, "/v1/messages", headers, MODEL)

    for cut in range(len(body) + 1):
        text = await replayed(AnthropicSpeaker, endpoint, body, cut=cut, model=MODEL)
        assert text == "".join(STRANGE), f"cut at byte {cut} of {len(body)}"


async def test_a_long_last_word_arrives_whole(server, endpoint):
    server.say = lambda _request: ("Raise ", "🧡" * 1_500_000)

    text, _ = await listen(endpoint, asked(MODEL))

    assert len(text) == 1_500_006


@pytest.mark.parametrize(
    "fault",
    [Fault.BYTE_CHUNKS, Fault.COALESCED, Fault.CRLF, Fault.COMMENTS, Fault.NO_LAST_NEWLINE, Fault.NO_USAGE],
)
async def test_an_odd_but_complete_answer_arrives_whole(server, endpoint, fault):
    server.use(fault)

    text, end = await listen(endpoint, asked(MODEL))

    assert text == server.generations[0].text
    counts = (None, None) if fault is Fault.NO_USAGE else (25, 6)
    assert (end.prompt_tokens, end.generated_tokens) == counts


async def test_reasoning_is_kept_apart_from_the_answer(server, endpoint):
    server.thoughts = ("Let me ", "look.")
    heard: list[Piece] = []

    text, _ = await listen(endpoint, asked(MODEL), heard)

    assert heard[:2] == [Thinking("Let me "), Thinking("look.")]
    assert "look" not in text


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("something_new", "something_new"),
    ],
)
async def test_every_reason_to_stop_has_our_word(server, endpoint, reason, told):
    server.reason = reason

    _, end = await listen(endpoint, asked(MODEL))

    assert end.reason == told


async def test_a_document_cut_at_the_limit_fails(server, endpoint):
    server.reason = "max_tokens"

    with pytest.raises(AnswerCutOff):
        await listen(endpoint, asked(MODEL, schema=SCHEMA))


async def test_a_model_that_declines_is_no_success(server, endpoint):
    server.reason = "refusal"

    with pytest.raises(ProviderRejected, match="declined"):
        await listen(endpoint, asked(MODEL))


def error(kind, text="no"):
    return {"type": "error", "error": {"type": kind, "message": text}}


@pytest.mark.parametrize(
    ("order", "expected", "times"),
    [
        (Order(Fault.STATUS, status=400, body=error("invalid_request_error")), ProviderRejected, 1),
        (Order(Fault.STATUS, status=400, body=error("invalid_request_error", "prompt is too long")), PromptTooLong, 1),
        (Order(Fault.STATUS, status=401, body=error("authentication_error")), ProviderRejected, 1),
        (Order(Fault.STATUS, status=402, body=error("billing_error")), ProviderRejected, 1),
        (Order(Fault.STATUS, status=404, body=error("not_found_error")), ModelNotInstalled, 1),
        (Order(Fault.STATUS, status=413, body=error("request_too_large")), PromptTooLong, 1),
        (Order(Fault.STATUS, status=429, body=error("rate_limit_error")), RateLimited, 1),
        (Order(Fault.STATUS, status=500, body=error("api_error")), ProviderUnavailable, 1),
        (Order(Fault.STATUS, status=504, body=error("timeout_error")), ProviderUnavailable, 3),
        (Order(Fault.STATUS, status=529, body=error("overloaded_error")), RateLimited, 3),
        (Order(Fault.RESET_BEFORE_HEADERS), ProviderUnavailable, 3),
        (Order(Fault.STALL_BEFORE_HEADERS), ProviderTimeout, 1),
        (Order(Fault.END_EARLY, at=0), AnswerCutOff, 1),
        (Order(Fault.ERROR_EVENT, at=0), RateLimited, 1),
        (Order(Fault.ERROR_EVENT, at=0, error={"type": "api_error", "message": "x"}), ProviderUnavailable, 1),
        (Order(Fault.ERROR_EVENT, at=0, error={"type": "permission_error", "message": "x"}), ProviderRejected, 1),
    ],
)
async def test_a_fault_before_the_first_word_raises_its_error_and_says_nothing(
    server, endpoint, order, expected, times
):
    server.use(order)

    heard: list[Piece] = []
    with pytest.raises(ModelError) as caught:
        await listen(endpoint, asked(MODEL), heard)

    assert isinstance(caught.value, expected)
    assert caught.value.code == expected.code
    assert server.key not in str(caught.value)
    assert heard == []
    assert len(server.requests) == times


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.ERROR_EVENT, RateLimited),
        (Fault.END_EARLY, AnswerCutOff),
        (Fault.NO_LAST_MARK, AnswerCutOff),
        (Fault.LAST_MARK_ALONE, AnswerCutOff),
        (Fault.RESET_MID_STREAM, ProviderUnavailable),
        (Fault.STALL_MID_STREAM, ProviderTimeout),
    ],
)
async def test_an_answer_that_breaks_off_is_no_success_and_not_repeated(server, endpoint, fault, expected):
    server.use(fault)

    heard: list[Piece] = []
    with pytest.raises(expected):
        await listen(endpoint, asked(MODEL), heard)

    assert any(isinstance(piece, Text) for piece in heard)
    assert len(server.requests) == 1


async def test_no_word_at_all_is_no_answer(server, endpoint):
    server.say = lambda _request: ()

    with pytest.raises(AnswerEmpty):
        await listen(endpoint, asked(MODEL))


async def test_without_a_key_in_the_row_none_is_sent(server):
    with pytest.raises(ProviderRejected, match="refuses the key"):
        await listen(endpoint_at(server, "anthropic"), asked(MODEL))

    assert "x-api-key" not in server.requests[0].headers


async def test_an_unknown_model_is_not_installed(endpoint):
    with pytest.raises(ModelNotInstalled):
        await listen(endpoint, asked("claude-nobody"))


async def test_leaving_closes_the_hosts_connection_within_one_token(server, endpoint):
    server.token_delay_s = 0.02
    server.say = lambda _request: ["word "] * 500

    async with aclosing(catalog.connect(endpoint).stream(asked(MODEL))) as pieces:
        await anext(pieces)
    left_at = time.monotonic()
    await server.until(lambda s: s.generations[0].outcome is Outcome.HUNG_UP)

    assert server.generations[0].tokens_after(left_at) <= 1


async def test_cancelling_in_mid_answer_closes_the_hosts_connection(server, endpoint):
    server.token_delay_s = 0.02
    server.say = lambda _request: ["word "] * 500

    listening = asyncio.create_task(listen(endpoint, asked(MODEL)))
    await server.until(lambda s: bool(s.generations) and len(s.generations[0].tokens) > 2)
    left_at = time.monotonic()
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
    await server.until(lambda s: s.generations[0].outcome is Outcome.HUNG_UP)

    assert server.generations[0].tokens_after(left_at) <= 1
