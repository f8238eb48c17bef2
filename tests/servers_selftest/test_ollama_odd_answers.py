"""Answers of the stand-in that are odd, but whole."""

import json

import pytest

from tests.servers.ollama import Fault, OllamaServer, Scenario
from tests.servers.ollama.scripts import STRANGE_PIECES
from tests.servers_selftest.asking_ollama import body_of
from tests.servers_selftest.raw import chat, chunks, lines, post, said, split_response, stream, talk


# What is said
def test_strange_characters_survive_and_tear_splitlines(ollama: OllamaServer) -> None:
    ollama.use(Scenario.STRANGE_CHARACTERS)

    payload = b"".join(chunks(body_of(ollama)))

    assert said(lines(payload)) == "".join(STRANGE_PIECES)
    assert b"\xc2\x85" in payload
    assert len(payload.decode().splitlines()) > payload.count(b"\n")  # the trap for naive clients


@pytest.mark.parametrize("path", ["/api/chat", "/api/generate"])
def test_the_giant_last_line_is_five_megabytes(ollama: OllamaServer, path: str) -> None:
    ollama.use(Scenario.GIANT_LAST_LINE)

    head, body = split_response(talk(ollama, post(path, chat(prompt="What is a fee?"))))

    assert b"200 OK" in head
    assert len(chunks(body)[-1]) > 5_000_000
    assert json.loads(chunks(body)[-1])["done"] is True


def test_zero_fields_are_absent(ollama: OllamaServer) -> None:
    ollama.use(Scenario.ZERO_FIELDS_ABSENT)

    final = stream(ollama, "/api/chat", chat())[-1]

    assert set(final) == {"model", "created_at", "message", "done", "done_reason"}


def test_done_reason_length_cuts_after_some_tokens(ollama: OllamaServer) -> None:
    ollama.use(Fault(Scenario.DONE_REASON_LENGTH, after=2))

    answer = stream(ollama, "/api/chat", chat())

    assert len(answer) == 3
    assert answer[-1]["done_reason"] == "length"


def test_thinking_first_comes_with_empty_content(ollama: OllamaServer) -> None:
    ollama.use(Scenario.THINKING_FIRST)

    answer = stream(ollama, "/api/chat", chat())
    thinking = ["thinking" in line["message"] for line in answer]

    assert thinking[0]
    assert not thinking[-1]
    assert sorted(thinking, reverse=True) == thinking
    assert said(answer)


def test_a_tool_call_uses_the_tool_that_was_offered() -> None:
    tool = {
        "type": "function",
        "function": {"name": "raise_fee", "parameters": {"properties": {"ppm": {"minimum": 5}}}},
    }

    with OllamaServer(["qwen3"], scenario=Scenario.TOOL_CALL) as server:
        answer = stream(server, "/api/chat", chat(model="qwen3", think=False, tools=[tool]))

    call = answer[0]["message"]["tool_calls"][0]["function"]
    assert call["name"] == "raise_fee"
    assert call["arguments"]["ppm"] >= 5
    assert answer[0]["message"]["content"] == ""


def test_json_cut_off_is_no_json_and_says_length(ollama: OllamaServer) -> None:
    ollama.use(Scenario.JSON_CUT_OFF)

    answer = stream(ollama, "/api/chat", chat(format={"type": "object", "properties": {"summary": {}}}))

    assert answer[-1]["done_reason"] == "length"
    assert said(answer).startswith("{")
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(said(answer))


@pytest.mark.parametrize("scenario", [Scenario.JSON_WHITESPACE, Scenario.EMPTY_ANSWER])
def test_an_answer_may_hold_nothing_and_still_be_done(ollama: OllamaServer, scenario: Scenario) -> None:
    ollama.use(scenario)

    answer = stream(ollama, "/api/chat", chat())

    assert said(answer).strip() == ""
    assert bool(said(answer)) is (scenario is Scenario.JSON_WHITESPACE)
    assert answer[-1]["done"] is True


def test_prompt_halved_tells_of_silent_truncation(ollama: OllamaServer) -> None:
    ollama.use(Scenario.PROMPT_HALVED)

    final = stream(ollama, "/api/chat", chat(options={"num_ctx": 2048}))[-1]

    assert final["prompt_eval_count"] == 1026  # about half of 2048
