"""The bytes of an answer are what OpenAI's clients parse, whatever stands in it."""

import json
from typing import Any

import pytest

from models_registry.api.openai.chunks import CHAT, COMPLETION, Chunks, Dialect, Usage, comment, event, whole

TEXTS = ("plain", 'quote " and \\', "line\nbreak\r\n", "é ü 中 🙂", "\u0085\u2028\u2029", "data: [DONE]", "")


def chunks(dialect: Dialect = CHAT, *, with_usage: bool = False) -> Chunks:
    return Chunks(dialect, answer_id="chatcmpl-1", created_s=7, model="llama3:8b", with_usage=with_usage)


def read(event_bytes: bytes) -> Any:
    assert event_bytes.startswith(b"data: ")
    assert event_bytes.endswith(b"\n\n")
    assert event_bytes.count(b"\n") == 2
    return json.loads(event_bytes[6:])


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("dialect", [CHAT, COMPLETION], ids=["chat", "completion"])
def test_a_piece_survives_its_framing(text, dialect):
    choice = read(chunks(dialect).text(text))["choices"][0]

    assert (choice["delta"]["content"] if dialect is CHAT else choice["text"]) == text
    assert (choice["index"], choice["finish_reason"]) == (0, None)


def test_the_role_comes_first_and_only_there():
    made = chunks()

    assert read(made.opening())["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert "role" not in read(made.text("x"))["choices"][0]["delta"]
    assert chunks(COMPLETION).opening() == b""


def test_the_end_has_a_reason_and_no_words():
    choice = read(chunks().finish("length"))["choices"][0]

    assert (choice["delta"], choice["finish_reason"]) == ({}, "length")


def test_usage_has_no_choices_and_says_when_it_is_estimated():
    counted = read(chunks(with_usage=True).usage(Usage(3, 4)))
    guessed = read(chunks(with_usage=True).usage(Usage(3, 4, is_estimated=True)))

    assert counted["choices"] == []
    assert counted["usage"] == {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    assert guessed["usage"]["lnrag_estimated"] is True


def test_with_usage_asked_for_the_other_chunks_have_it_as_null():
    made = chunks(with_usage=True)

    assert all(read(one)["usage"] is None for one in (made.opening(), made.text("x"), made.finish("stop")))
    assert "usage" not in read(chunks().text("x"))


@pytest.mark.parametrize("dialect", [CHAT, COMPLETION], ids=["chat", "completion"])
def test_a_whole_answer_is_one_object(dialect):
    body = whole(
        dialect, answer_id="x", created_s=7, model="m", text="Hi", reason="stop", usage=Usage(1, 2, is_estimated=True)
    )

    told = json.loads(body)
    choice = told["choices"][0]
    assert (choice["message"]["content"] if dialect is CHAT else choice["text"]) == "Hi"
    assert told["usage"]["lnrag_estimated"] is True


def test_a_comment_is_one_line_that_is_no_event():
    assert comment("queued\n\ndata: forged") == b": queued data: forged\n\n"
    assert event(b"{}") == b"data: {}\n\n"
