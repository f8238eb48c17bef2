"""Answers of Ollama's arrive whole, however odd they are, or are told to be cut."""

from dataclasses import replace

import httpx
import pytest

from models_registry.domain.chat import Knobs, Text, Thinking
from models_registry.domain.errors import AnswerCutOff, AnswerEmpty
from tests.models_registry.conftest import MODEL, QUICK, SCHEMA, ask, endpoint_of, ollama_at
from tests.models_registry.providers.hearing import hear
from tests.servers.ollama import Fault, Scenario


async def test_an_answer_arrives_whole_with_its_counts(server, speaker):
    text, end = await hear(speaker)

    spoken = server.generations[0]
    assert text == spoken.text
    assert (end.model, end.reason) == (MODEL, "stop")
    assert (end.prompt_tokens, end.generated_tokens) == (spoken.prompt_tokens, spoken.tokens_generated)
    assert end.latency_ms >= end.first_token_ms >= 0
    assert not end.truncation_suspected


async def test_what_comes_after_the_end_is_not_heard(speaker):
    end = b'{"message":{"content":"a"},"done":true}\n'

    async def reply(_request):
        return httpx.Response(200, content=end + b'{"message":{"content":"b"}}\n{"error":"late"}\n')

    async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as client:
        text, _ = await hear(type(speaker)(speaker.endpoint, client=client))

    assert text == "a"


async def test_a_cut_at_every_byte_of_an_answer_is_harmless(server, speaker):
    server.respond_with(lambda _request: ["При", "вет\u0085", "\u2028🧡"])
    await hear(speaker)
    size = server.generations[0].payload_bytes

    for at in range(1, size):
        server.use(Fault(Scenario.SPLIT_AT, split_at=at))
        text, _ = await hear(speaker)
        assert text == "Привет\u0085\u2028🧡", f"cut at byte {at} of {size}"


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario.NON_STREAM,
        Scenario.BYTE_WRITES,
        Scenario.BYTE_CHUNKS,
        Scenario.COALESCED,
        Scenario.NO_LAST_NEWLINE,
        Scenario.BLANK_LINES,
        Scenario.STRANGE_CHARACTERS,
        Scenario.GIANT_LAST_LINE,
        Scenario.ZERO_FIELDS_ABSENT,
    ],
)
async def test_an_odd_but_complete_answer_arrives_whole(server, scenario):
    patient = replace(QUICK, first_token_s=10, idle_s=10, total_s=30)
    speaker = ollama_at(endpoint_of(server, timeouts=patient))
    server.use(scenario)

    text, end = await hear(speaker, ask("Fees?"))

    assert text == server.generations[0].text
    if scenario is Scenario.ZERO_FIELDS_ABSENT:
        assert (end.prompt_tokens, end.generated_tokens, end.load_ms) == (None, None, None)


async def test_reasoning_is_kept_apart_from_the_answer(server, speaker):
    server.use(Scenario.THINKING_FIRST)

    pieces = [piece async for piece in speaker.stream(ask())]

    assert isinstance(pieces[0], Thinking)
    assert "look at the facts" in "".join(p.content for p in pieces if isinstance(p, Thinking))
    assert "look at the facts" not in "".join(p.content for p in pieces if isinstance(p, Text))


async def test_an_answer_cut_at_the_limit_says_so_without_a_schema_and_fails_with_one(server, speaker):
    server.use(Scenario.DONE_REASON_LENGTH)

    _, end = await hear(speaker)
    assert end.reason == "length"

    with pytest.raises(AnswerCutOff):
        await hear(speaker, ask("JSON please", schema=SCHEMA))


async def test_a_leaked_tag_cut_in_two_does_not_come_out(server, speaker):
    server.respond_with(lambda _request: ["<|start", "_header_id|>", "Raise it.", "<|eot", "_id|>"])

    text, _ = await hear(speaker)

    assert text == "Raise it."


async def test_an_answer_of_nothing_but_tags_is_empty(server, speaker):
    server.respond_with(lambda _request: ["</s>", "<|im_", "end|>"])

    with pytest.raises(AnswerEmpty):
        await hear(speaker)


async def test_what_only_looks_like_a_tag_comes_out_at_the_end(server, speaker):
    server.respond_with(lambda _request: ["a <|im", "_end"])

    assert (await hear(speaker))[0] == "a <|im_end"


async def test_a_prompt_cut_in_half_is_noticed(server, speaker):
    server.use(Scenario.PROMPT_HALVED)

    _, end = await hear(speaker, ask("fee " * 3000, knobs=Knobs(num_ctx=4096)))

    assert end.truncation_suspected


async def test_lines_without_a_message_are_passed_over(speaker):
    async def reply(_request):
        return httpx.Response(
            200, content=b'{"status":"x"}\n{"message":{"content":null}}\n{"message":{"content":"a"},"done":true}'
        )

    async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as client:
        text, end = await hear(type(speaker)(speaker.endpoint, client=client))

    assert (text, end.reason) == ("a", "stop")
