"""One answer over a real socket: what is sent, what is heard, and how each fault ends."""

import asyncio
import json
import time
from contextlib import aclosing, suppress
from dataclasses import replace

import httpx
import pytest

from models_registry.domain.chat import Finished, Knobs, Message, Piece, Role, Text, Thinking
from models_registry.domain.errors import (
    AnswerCutOff,
    AnswerEmpty,
    ModelNotInstalled,
    PromptTooLong,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
    RateLimited,
)
from models_registry.providers.calling import close_for_sure
from tests.models_registry.conftest import MODEL, QUICK, SCHEMA, ask, endpoint_of, ollama_at, overhear
from tests.servers.ollama import Fault, OllamaServer, Outcome, Scenario


async def hear(speaker, request=None):
    """Return the text and the end of one answer."""
    pieces = [piece async for piece in speaker.stream(request or ask())]
    assert isinstance(pieces[-1], Finished)
    assert sum(isinstance(piece, Finished) for piece in pieces) == 1
    return "".join(piece.content for piece in pieces if isinstance(piece, Text)), pieces[-1]


async def test_an_answer_arrives_whole_with_its_counts(server, speaker):
    text, end = await hear(speaker)

    spoken = server.generations[0]
    assert text == spoken.text
    assert (end.model, end.reason) == (MODEL, "stop")
    assert (end.prompt_tokens, end.generated_tokens) == (spoken.prompt_tokens, spoken.tokens_generated)
    assert end.latency_ms >= end.first_token_ms >= 0
    assert not end.truncation_suspected


async def test_every_knob_reaches_the_host(server, speaker):
    knobs = Knobs(
        temperature=0.1, top_p=0.8, top_k=7, repeat_penalty=1.2, num_ctx=8192, max_tokens=99, stop=("§",), seed=3,
        presence_penalty=0.1, frequency_penalty=0.2,
    )  # fmt: skip
    turns = (Message(Role.SYSTEM, "Be brief."), Message(Role.ASSISTANT, "Yes?"), Message(Role.USER, "Fees?"))

    await hear(speaker, replace(ask(knobs=knobs, schema=SCHEMA, keep_alive="5m"), messages=turns))

    body = server.requests_for("/api/chat")[0].body
    assert body == {
        "model": MODEL,
        "messages": [{"role": m.role.value, "content": m.content} for m in turns],
        "stream": True,
        "keep_alive": "5m",
        "truncate": False,
        "shift": False,
        "format": SCHEMA,
        "options": {
            "temperature": 0.1,
            "top_p": 0.8,
            "top_k": 7,
            "repeat_penalty": 1.2,
            "num_ctx": 8192,
            "num_predict": 99,
            "stop": ["§"],
            "seed": 3,
            "presence_penalty": 0.1,
            "frequency_penalty": 0.2,
        },
    }
    assert server.generations[0].unknown_options == ()


async def test_thinking_is_switched_off_by_name(server, speaker):
    await hear(speaker, ask(think=False))

    assert server.requests_for("/api/chat")[0].body["think"] is False


async def test_half_a_surrogate_pair_does_not_stop_a_question(server, speaker):
    text, _ = await hear(speaker, ask("What is \ud83d?"))

    assert text


async def test_what_comes_after_the_end_is_not_heard(speaker):
    end = b'{"message":{"content":"a"},"done":true}\n'

    async def reply(_request):
        return httpx.Response(200, content=end + b'{"message":{"content":"b"}}\n{"error":"late"}\n')

    async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as client:
        text, _ = await hear(type(speaker)(speaker.endpoint, client=client))

    assert text == "a"


async def test_unset_knobs_and_thinking_are_left_to_the_host(server, speaker):
    await hear(speaker)

    body = server.requests_for("/api/chat")[0].body
    assert body["options"].keys() == {"temperature", "top_p", "num_ctx", "num_predict"}
    assert {"think", "format"}.isdisjoint(body)
    assert body["keep_alive"] == "30m"


async def test_a_schema_is_kept(server, speaker):
    text, _ = await hear(speaker, ask("Answer in JSON.", schema=SCHEMA))

    assert {"summary", "score"} <= json.loads(text).keys()


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


@pytest.mark.parametrize(
    ("ratio", "chars", "fits"), [(None, 16_000, True), (None, 24_000, False), (2.0, 12_000, False)]
)
async def test_a_prompt_that_clearly_cannot_fit_is_not_sent(server, speaker, ratio, chars, fits):
    request = ask("fee " * (chars // 4), knobs=Knobs(num_ctx=4096), chars_per_token=ratio)

    if fits:
        await hear(speaker, request)
    else:
        with pytest.raises(PromptTooLong, match=f"{chars} characters"):
            await hear(speaker, request)

    assert len(server.requests_for("/api/chat")) == fits


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


@pytest.mark.parametrize(
    ("fault", "expected", "asked"),
    [
        ("error_400", ProviderRejected, 1),
        ("error_400_nested", PromptTooLong, 1),
        ("error_403", ProviderRejected, 1),
        ("error_404", ModelNotInstalled, 1),
        ("error_500", ProviderUnavailable, 1),
        ("error_503", RateLimited, 3),
        (Fault(Scenario.ERROR_500, status=502), ProviderUnavailable, 3),
        (Fault(Scenario.ERROR_500, status=504), ProviderUnavailable, 3),
        (Fault(Scenario.ERROR_500, text='invalid format: "x"'), ProviderRejected, 1),
        ("reset_before_headers", ProviderUnavailable, 3),
        ("reset_after_headers", ProviderUnavailable, 3),
        ("error_at_once", ProviderUnavailable, 1),
        ("stall_before_headers", ProviderTimeout, 1),
        ("stall_after_headers", ProviderTimeout, 1),
        ("empty_answer", AnswerEmpty, 1),
        ("json_whitespace", AnswerEmpty, 1),
        ("tool_call", AnswerEmpty, 1),
        (Fault(Scenario.EOF_WITHOUT_DONE, after=0), AnswerCutOff, 1),
    ],
)
async def test_a_fault_before_the_first_word_raises_its_error_and_says_nothing(server, speaker, fault, expected, asked):
    server.use(fault)

    heard: list[Piece] = []
    with pytest.raises(expected) as caught:
        await overhear(speaker.stream(ask()), heard)

    assert type(caught.value) is expected
    assert heard == []
    assert len(server.requests_for("/api/chat")) == asked


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("error_line", ProviderUnavailable),
        ("eof_without_done", AnswerCutOff),
        ("cut_mid_line", ProviderUnavailable),
        ("repeat_abort", AnswerCutOff),
        ("reset_mid_stream", ProviderUnavailable),
        ("stall_mid_stream", ProviderTimeout),
    ],
)
async def test_a_fault_after_the_first_word_raises_its_error_and_is_not_repeated(server, speaker, fault, expected):
    server.use(fault)

    heard: list[Piece] = []
    with pytest.raises(expected) as caught:
        await overhear(speaker.stream(ask()), heard)

    assert type(caught.value) is expected
    assert heard
    assert len(server.requests_for("/api/chat")) == 1


async def test_a_passing_fault_is_outlived(server, speaker):
    server.enqueue("error_503")
    server.enqueue("reset_before_headers")

    text, _ = await hear(speaker)

    assert text
    assert len(server.requests_for("/api/chat")) == 3


async def test_endless_blanks_are_not_waited_for(server, speaker):
    server.respond_with(lambda _request: [" \n"] * 5000)

    with pytest.raises(AnswerEmpty, match="blanks"):
        await hear(speaker)


async def test_what_is_no_ollama_is_told_apart(server, speaker):
    async def reply(_request):
        return httpx.Response(200, content=b"<html>hello</html>")

    async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as client:
        stranger = type(speaker)(speaker.endpoint, client=client)
        with pytest.raises(ProviderUnavailable, match="not the expected JSON"):
            await hear(stranger)


async def test_lines_without_a_message_are_passed_over(speaker):
    async def reply(_request):
        return httpx.Response(
            200, content=b'{"status":"x"}\n{"message":{"content":null}}\n{"message":{"content":"a"},"done":true}'
        )

    async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as client:
        text, end = await hear(type(speaker)(speaker.endpoint, client=client))

    assert (text, end.reason) == ("a", "stop")


async def test_a_huge_error_page_is_not_read_to_its_end(speaker):
    async def reply(_request):
        return httpx.Response(400, content=b"x" * 1_000_000)

    async with httpx.AsyncClient(transport=httpx.MockTransport(reply)) as client:
        with pytest.raises(ProviderRejected, match="HTTP 400"):
            await hear(type(speaker)(speaker.endpoint, client=client))


async def test_the_whole_answer_has_a_deadline(server):
    server.pace.token_delay_s = 0.05
    server.respond_with(lambda _request: ["word "] * 200)
    speaker = ollama_at(endpoint_of(server, timeouts=replace(QUICK, total_s=0.4)))

    with pytest.raises(ProviderTimeout, match="The whole answer"):
        await hear(speaker)


async def test_a_host_that_is_not_there_is_unavailable_after_three_knocks():
    with OllamaServer() as gone:
        address = gone.url
    speaker = ollama_at(replace(endpoint_of(gone), base_url=address))

    with pytest.raises(ProviderUnavailable, match="ConnectError"):
        await hear(speaker)


async def test_leaving_closes_the_hosts_connection_within_one_token(server, speaker):
    server.pace.token_delay_s = 0.02
    server.respond_with(lambda _request: ["word "] * 500)

    async with aclosing(speaker.stream(ask())) as pieces:
        await anext(pieces)
    left_at = time.monotonic()
    await server.until(lambda s: s.generations[0].outcome is not Outcome.RUNNING)

    spoken = server.generations[0]
    assert spoken.outcome is Outcome.HUNG_UP
    assert spoken.tokens_after(left_at) <= 1
    assert spoken.tokens_after_close <= 1


async def test_cancelling_in_mid_answer_closes_the_hosts_connection(server, speaker):
    server.pace.token_delay_s = 0.02
    server.respond_with(lambda _request: ["word "] * 500)

    listening = asyncio.create_task(hear(speaker))
    await server.until(lambda s: bool(s.generations) and s.generations[0].tokens_generated > 2)
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
    await server.until(lambda s: s.generations[0].outcome is not Outcome.RUNNING)

    assert server.generations[0].outcome is Outcome.HUNG_UP
    assert server.generations[0].tokens_after_close <= 1


async def test_cancelling_during_a_cold_load_lets_go_of_the_host(server, speaker):
    server.use(Scenario.STALL_BEFORE_HEADERS)
    listening = asyncio.create_task(hear(speaker))
    await server.until(lambda s: bool(s.requests_for("/api/chat")))

    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening

    await server.until(lambda s: s.requests_for("/api/chat")[0].hung_up)


async def test_a_stalled_host_is_hung_up_on(server, speaker):
    server.use(Scenario.STALL_MID_STREAM)

    with pytest.raises(ProviderTimeout, match="The next piece"):
        await hear(speaker)

    await server.until(lambda s: s.requests_for("/api/chat")[0].hung_up)


async def test_a_second_cancel_does_not_stop_the_closing():
    closed = asyncio.Event()

    class Slow(httpx.Response):
        async def aclose(self):
            await asyncio.sleep(0.05)
            closed.set()

    closing = asyncio.create_task(close_for_sure(Slow(200)))
    await asyncio.sleep(0)
    closing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await closing

    assert closed.is_set()
