"""Answers in OpenAI's dialect arrive whole however they are cut, or fail by their own error."""

import pytest

from models_registry.domain.chat import Piece, Thinking
from models_registry.domain.errors import AnswerCutOff, AnswerEmpty, AnswerInvalid
from models_registry.providers import catalog
from models_registry.providers.openai_compatible import OpenAISpeaker
from tests.models_registry.conftest import SCHEMA
from tests.models_registry.providers.hosted import asked, endpoint_at, listen, recorded, replayed
from tests.models_registry.providers.openai_hosts import MODEL, server
from tests.servers.hosted import Fault
from tests.servers.openai_compatible import Dialect, OpenAIServer

__all__ = ["server"]

STRANGE = ("При", "вет\u0085", "\u2028🧡", "x" * 300)


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_an_answer_arrives_whole_with_its_counts_from_every_dialect(dialect):
    with OpenAIServer(dialect) as server:
        text, end = await listen(endpoint_at(server, "openai"), asked(MODEL))

        assert text == server.generations[0].text
        assert (end.model, end.reason, end.prompt_tokens, end.generated_tokens) == (MODEL, "stop", 12, 6)
        assert end.first_token_ms is not None
        assert end.latency_ms >= end.first_token_ms >= 0
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


@pytest.mark.parametrize("said", [(), ("", " \n")])
async def test_no_word_at_all_is_no_answer(server, said):
    server.say = lambda _request: said

    with pytest.raises(AnswerEmpty):
        await listen(endpoint_at(server, "openai"), asked(MODEL))
