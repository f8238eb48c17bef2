"""Bodies are read strictly: what is not honored is refused with its name, never ignored."""

import json

import pytest

from models_registry.api.openai.requests import ChatAsked, CompletionAsked, EmbeddingAsked, read
from models_registry.api.openai.wire import Refused
from models_registry.domain.chat import Message, Role

HELLO = {"model": "auto", "messages": [{"role": "user", "content": "Hello"}]}


def chat(**more) -> ChatAsked:
    return read(json.dumps({**HELLO, **more}).encode(), ChatAsked)


def refusal(body: object, shape=ChatAsked) -> Refused:
    with pytest.raises(Refused) as caught:
        read(body if isinstance(body, bytes) else json.dumps(body).encode(), shape)
    return caught.value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tools", [{"type": "function", "function": {"name": "f"}}]),
        ("tool_choice", "required"),
        ("functions", [{"name": "f"}]),
        ("function_call", {"name": "f"}),
        ("n", 2),
        ("logit_bias", {"50256": -100}),
        ("logprobs", True),
        ("top_logprobs", 3),
        ("audio", {"voice": "alloy", "format": "wav"}),
        ("modalities", ["text", "audio"]),
        ("prediction", {"type": "content", "content": "x"}),
        ("reasoning_effort", "low"),
        ("verbosity", "low"),
        ("web_search_options", {}),
        ("store", True),
        ("service_tier", "flex"),
    ],
)
def test_what_we_cannot_do_is_refused_by_name(name, value):
    found = refusal({**HELLO, name: value})

    assert (found.status, found.param, found.code) == (400, name, "unsupported_parameter")
    assert name in found.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("n", 1),
        ("tools", []),
        ("tools", None),
        ("tool_choice", "auto"),
        ("logit_bias", {}),
        ("logprobs", False),
        ("top_logprobs", None),
        ("modalities", ["text"]),
        ("store", False),
        ("service_tier", "auto"),
        ("metadata", {"team": "routing"}),
        ("safety_identifier", "u1"),
        ("prompt_cache_key", "k"),
        ("parallel_tool_calls", True),
        ("safe_prompt", False),
        ("random_seed_of_nobody", None),
    ],
)
def test_what_changes_nothing_is_let_through(name, value):
    assert chat(**{name: value}).model == "auto"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"temperature": 3}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": 1.5}, "max_completion_tokens"),
        ({"presence_penalty": -3}, "presence_penalty"),
        ({"stop": [1]}, "stop[0]"),
        ({"stop": ["a"] * 17}, "stop"),
        ({"seed": "x"}, "seed"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": 1}}, "stream_options.include_usage"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content[0].type"),
        ({"response_format": {"type": "yaml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"model": ""}, "model"),
        ({"frobnicate": 1}, "frobnicate"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(change, param):
    found = refusal({**HELLO, **change})

    assert (found.status, found.param) == (400, param)


@pytest.mark.parametrize("missing", ["model", "messages"])
def test_what_is_missing_is_named(missing):
    body = {name: value for name, value in HELLO.items() if name != missing}

    assert refusal(body).param == missing


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"model": "\xff"}'])
def test_what_is_no_json_object_is_refused(body):
    assert refusal(body).status == 400


def test_every_knob_is_read():
    asked = chat(
        temperature=0.5, top_p=0.8, max_tokens=5, stop="END", seed=7, presence_penalty=1, frequency_penalty=-1, user="u"
    )

    assert (asked.temperature, asked.top_p, asked.limit, asked.stops, asked.seed) == (0.5, 0.8, 5, ("END",), 7)
    assert (asked.presence_penalty, asked.frequency_penalty, asked.user) == (1, -1, "u")


def test_the_newer_name_of_the_limit_wins():
    assert chat(max_tokens=5, max_completion_tokens=6).limit == 6


def test_parts_are_joined_and_a_developer_speaks_as_the_system():
    asked = chat(
        messages=[
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "One "}, {"type": "text", "text": "two"}]},
            {"role": "assistant", "content": "Three", "refusal": None},
        ]
    )

    assert asked.spoken() == (
        Message(Role.SYSTEM, "Be brief."),
        Message(Role.USER, "One two"),
        Message(Role.ASSISTANT, "Three"),
    )


@pytest.mark.parametrize(
    ("given", "schema"),
    [
        (None, None),
        ({"type": "text"}, None),
        ({"type": "json_object"}, {"type": "object"}),
        (
            {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": {"type": "array"}}},
            {"type": "array"},
        ),
    ],
)
def test_a_format_becomes_the_schema_the_host_is_held_to(given, schema):
    assert chat(response_format=given).schema == schema


@pytest.mark.parametrize(("prompt", "said"), [("Say", "Say"), (["Say"], "Say")])
def test_a_plain_prompt_is_what_the_user_says(prompt, said):
    asked = read(json.dumps({"model": "m", "prompt": prompt}).encode(), CompletionAsked)

    assert asked.spoken() == (Message(Role.USER, said),)


@pytest.mark.parametrize("prompt", [["a", "b"], [1, 2], [[1, 2]], []])
def test_other_prompts_are_refused(prompt):
    assert (refusal({"model": "m", "prompt": prompt}, CompletionAsked).param or "").startswith("prompt")


@pytest.mark.parametrize("given", [[1, 2], [[1]], [], {"a": 1}])
def test_only_texts_are_embedded(given):
    assert (refusal({"model": "m", "input": given}, EmbeddingAsked).param or "").startswith("input")
