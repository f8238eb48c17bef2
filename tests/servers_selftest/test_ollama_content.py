"""What the stand-in says, and how much of a prompt it reads."""

import json

import pytest

from tests.servers.ollama import OllamaServer
from tests.servers_selftest.raw import (
    HTTP,
    chat,
    said,
    stream,
)

NUMBERED = """Data:
<<<d41d8c
[1] Fees
A base fee of 1000 msat is charged on every forward.
[2] Rebalancing
Circular rebalancing moves liquidity from one channel to another.
d41d8c>>>
What does circular rebalancing move?"""


# Content


def test_a_plain_answer_quotes_and_cites_the_numbered_passage_that_fits(ollama: OllamaServer) -> None:
    text = said(stream(ollama, "/api/chat", chat(NUMBERED)))

    assert text.startswith("Circular rebalancing moves liquidity from one channel to another. [2]")
    assert "d41d8c" not in text


def test_an_answer_to_data_without_numbers_cites_nothing(ollama: OllamaServer) -> None:
    text = said(stream(ollama, "/api/chat", chat("<data>\nThe median fee rate is 250 ppm.\n</data>\nIs it high?")))

    assert text == "The median fee rate is 250 ppm."


def test_a_bare_question_is_answered_from_the_messages_before(ollama: OllamaServer) -> None:
    facts = {"role": "system", "content": "The median fee rate of your peers is 250 ppm."}
    body = chat("Is it high?")

    text = said(stream(ollama, "/api/chat", {**body, "messages": [facts, *body["messages"]]}))

    assert text == facts["content"]


@pytest.mark.parametrize(("answer", "expected"), [("Raise the fee.", "Raise the fee."), (["Ra", "ise"], "Raise")])
def test_a_test_may_script_the_answer(ollama: OllamaServer, answer: str | list[str], expected: str) -> None:
    ollama.respond_with(lambda request: answer if request.body["messages"] else None)

    assert said(stream(ollama, "/api/chat", chat())) == expected


def test_num_predict_and_stop_shorten_the_answer(ollama: OllamaServer) -> None:
    ollama.respond_with(lambda _: ["one ", "two ", "three"])

    cut = stream(ollama, "/api/chat", chat(options={"num_predict": 2}))
    stopped = stream(ollama, "/api/chat", chat(options={"stop": ["two"]}))

    assert (said(cut), cut[-1]["done_reason"]) == ("one two ", "length")
    assert (said(stopped), stopped[-1]["done_reason"]) == ("one ", "stop")


def test_a_thinking_model_thinks_first_unless_told_not_to() -> None:
    with OllamaServer(["qwen3"]) as server:
        thinking = stream(server, "/api/chat", chat(model="qwen3"))
        plain = stream(server, "/api/chat", chat(model="qwen3", think=False))

    assert thinking[0]["message"]["thinking"]
    assert thinking[0]["message"]["content"] == ""
    assert said(thinking) == said(plain)
    assert "thinking" not in plain[0]["message"]


def test_format_json_needs_the_word_in_the_prompt_or_babbles_blanks(ollama: OllamaServer) -> None:
    asked = stream(ollama, "/api/chat", chat("Answer in JSON: what is a base fee on a channel?", format="json"))
    unasked = stream(ollama, "/api/chat", chat("What is a fee?", format="json"))

    assert "answer" in json.loads(said(asked))
    assert said(unasked).strip() == ""
    assert not unasked[-1]["done"]


# The context window


def test_a_prompt_that_may_not_be_cut_is_refused_with_json_inside_the_error(ollama: OllamaServer) -> None:
    body = chat("word " * 200, truncate=False, shift=False, options={"num_ctx": 64})

    response = HTTP.post(f"{ollama.url}/api/chat", json=body)

    assert response.status_code == 400
    assert json.loads(response.json()["error"])["error"]["n_ctx"] == 64


def test_an_overlong_prompt_is_cut_in_silence_to_half_the_window(ollama: OllamaServer) -> None:
    final = stream(ollama, "/api/chat", chat("word " * 200, options={"num_ctx": 64}))[-1]

    assert final["prompt_eval_count"] == 64 - (64 - 4) // 2


def test_the_oldest_messages_go_before_the_latest_is_cut(ollama: OllamaServer) -> None:
    body = chat(options={"num_ctx": 60})
    history = [{"role": "system", "content": "s" * 40}, {"role": "user", "content": "u" * 200}, *body["messages"]]

    final = stream(ollama, "/api/chat", {**body, "messages": history})[-1]

    assert final["prompt_eval_count"] == 10 + 8
