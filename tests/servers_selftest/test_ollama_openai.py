"""The OpenAI-compatible routes as Ollama has them: its framing, its defaults, and the gaps it leaves."""

import base64
import json
import struct
from typing import Any

import httpx
import pytest

from tests.servers.ollama import Fault, OllamaServer, Scenario
from tests.servers_selftest.raw import EMBEDS, GENERATES, HTTP, chat, post, split_response, talk

CHAT, COMPLETE = "/v1/chat/completions", "/v1/completions"


def ask(server: OllamaServer, path: str = CHAT, **fields: Any) -> httpx.Response:
    body = {"model": GENERATES, "prompt": "What is a base fee?"} if path == COMPLETE else chat()
    return HTTP.post(f"{server.url}{path}", json={**body, **fields})


def events(response: httpx.Response) -> list[Any]:
    """Return the data of each server-sent event; [DONE] is the text "[DONE]"."""
    found = [event.removeprefix("data: ") for event in response.text.split("\n\n") if event]
    return [event if event == "[DONE]" else json.loads(event) for event in found]


def deltas(found: list[Any]) -> list[dict[str, Any]]:
    return [event["choices"][0]["delta"] for event in found if event != "[DONE]" and event["choices"]]


def test_a_chat_is_one_object_unless_a_stream_is_asked_for(ollama: OllamaServer) -> None:
    ollama.respond_with(lambda _: "Raise the fee.")

    answer = ask(ollama).json()

    assert answer["object"] == "chat.completion"
    assert answer["choices"] == [
        {"index": 0, "message": {"role": "assistant", "content": "Raise the fee."}, "finish_reason": "stop"}
    ]
    assert answer["usage"]["total_tokens"] == answer["usage"]["prompt_tokens"] + answer["usage"]["completion_tokens"]
    assert answer["system_fingerprint"] == "fp_ollama"


def test_a_stream_names_its_role_once_and_ends_with_a_finish_usage_and_done(ollama: OllamaServer) -> None:
    ollama.respond_with(lambda _: ["Raise ", "it."])

    response = ask(ollama, stream=True, stream_options={"include_usage": True})
    found = events(response)

    assert response.headers["content-type"] == "text/event-stream"
    assert deltas(found) == [{"role": "assistant", "content": "Raise "}, {"content": "it."}, {}]
    assert [event["choices"][0]["finish_reason"] for event in found[:3]] == [None, None, "stop"]
    assert found[3]["choices"] == []
    assert found[3]["usage"]["completion_tokens"] == 2
    assert found[4] == "[DONE]"
    assert len({event["id"] for event in found[:4]}) == 1


def test_without_include_usage_no_usage_is_told(ollama: OllamaServer) -> None:
    assert all(event == "[DONE]" or event["choices"] for event in events(ask(ollama, stream=True)))


def test_an_error_in_mid_stream_vanishes(ollama: OllamaServer) -> None:
    ollama.use(Fault(Scenario.ERROR_LINE, after=1))

    found = events(ask(ollama, stream=True))

    assert deltas(found)[-1] == {"content": ""}
    assert found[-1]["choices"][0]["finish_reason"] is None
    assert "[DONE]" not in found


def test_a_silent_stop_ends_without_done(ollama: OllamaServer) -> None:
    ollama.use(Scenario.EOF_WITHOUT_DONE)

    assert "[DONE]" not in events(ask(ollama, stream=True))


def test_reasoning_and_tool_calls_have_their_own_places() -> None:
    tool = {"type": "function", "function": {"name": "raise_fee", "parameters": {"properties": {"ppm": {}}}}}

    with OllamaServer(["qwen3"]) as server:
        thought = deltas(events(ask(server, model="qwen3", stream=True)))[0]
        server.use(Scenario.TOOL_CALL)
        called = ask(server, model="qwen3", tools=[tool], reasoning_effort="none").json()["choices"][0]

    assert thought["content"] == ""
    assert thought["reasoning"]
    assert called["finish_reason"] == "tool_calls"
    assert json.loads(called["message"]["tool_calls"][0]["function"]["arguments"]) is not None


def test_a_completion_has_its_own_shape(ollama: OllamaServer) -> None:
    ollama.respond_with(lambda _: ["A ", "fee."])

    whole, streamed = ask(ollama, COMPLETE).json(), events(ask(ollama, COMPLETE, stream=True))

    assert whole["object"] == "text_completion"
    assert whole["choices"][0]["text"] == "A fee."
    assert [event["choices"][0]["text"] for event in streamed[:-1]] == ["A ", "fee.", ""]
    assert streamed[-1] == "[DONE]"


def test_the_defaults_are_other_than_the_native_ones_and_the_window_cannot_be_set(ollama: OllamaServer) -> None:
    ask(ollama, max_tokens=2, stop="fee", num_ctx=9999, options={"num_ctx": 9999})

    assert ollama.generations[0].num_ctx == 4096
    assert ollama.generations[0].tokens_generated <= 2


@pytest.mark.parametrize(
    ("fields", "status", "kind"),
    [
        ({"model": "gone"}, 404, "not_found_error"),
        ({"messages": []}, 400, "invalid_request_error"),
        ({"model": EMBEDS}, 400, "invalid_request_error"),
    ],
)
def test_a_refusal_has_openais_shape(ollama: OllamaServer, fields: dict[str, Any], status: int, kind: str) -> None:
    response = ask(ollama, **fields)

    assert response.status_code == status
    assert response.json()["error"]["type"] == kind
    assert set(response.json()["error"]) == {"message", "type", "param", "code"}


def test_a_schema_is_kept(ollama: OllamaServer) -> None:
    schema = {"type": "object", "properties": {"score": {"type": "integer"}}, "required": ["score"]}

    answer = ask(ollama, response_format={"type": "json_schema", "json_schema": {"name": "s", "schema": schema}}).json()

    assert isinstance(json.loads(answer["choices"][0]["message"]["content"])["score"], int)


def test_content_may_come_in_parts_and_images_need_eyes() -> None:
    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "data:,x"}}]
    turns = [{"role": "user", "content": parts}]

    with OllamaServer(["llava", GENERATES]) as server:
        seen, blind = (ask(server, model=name, messages=turns).status_code for name in ("llava", GENERATES))

    assert (seen, blind) == (200, 400)


def test_models_are_listed_and_shown(ollama: OllamaServer) -> None:
    listed = HTTP.get(f"{ollama.url}/v1/models").json()
    shown = HTTP.get(f"{ollama.url}/v1/models/LLAMA3%3A8b-instruct").json()

    assert [model["id"] for model in listed["data"]] == [GENERATES, f"{EMBEDS}:latest"]
    assert shown == listed["data"][0]
    assert HTTP.get(f"{ollama.url}/v1/models/gone").status_code == 404


@pytest.mark.parametrize("is_packed", [False, True])
def test_embeddings_come_as_numbers_or_packed(ollama: OllamaServer, is_packed: bool) -> None:
    body = {"model": EMBEDS, "input": ["fee", "node"], **({"encoding_format": "base64"} if is_packed else {})}

    found = HTTP.post(f"{ollama.url}/v1/embeddings", json=body).json()
    native = HTTP.post(f"{ollama.url}/api/embed", json=body).json()["embeddings"]
    vectors = [row["embedding"] for row in found["data"]]
    if is_packed:
        vectors = [struct.unpack("<768f", base64.b64decode(text)) for text in vectors]

    assert [row["index"] for row in found["data"]] == [0, 1]
    assert vectors == [pytest.approx(row, abs=1e-6) for row in native]
    assert found["usage"]["prompt_tokens"] == 2


def test_empty_input_is_refused(ollama: OllamaServer) -> None:
    assert HTTP.post(f"{ollama.url}/v1/embeddings", json={"model": EMBEDS, "input": []}).status_code == 400


def test_the_stream_is_chunked_one_event_each(ollama: OllamaServer) -> None:
    head, body = split_response(talk(ollama, post(CHAT, {**chat(), "stream": True})))

    assert b"Transfer-Encoding: chunked" in head
    assert body.count(b"data: ") == ollama.generations[0].tokens_generated + 2
