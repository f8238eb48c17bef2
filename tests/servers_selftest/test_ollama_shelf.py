"""What changes the disk, what describes the server, and the small print of chat: pull to blobs, status, logprobs."""

import hashlib
import json
from typing import Any

import httpx
import pytest

from tests.servers.ollama import OllamaServer, Scenario
from tests.servers_selftest.raw import GENERATES, HTTP, chat, lines, stream


def tell(server: OllamaServer, path: str, **body: Any) -> list[dict[str, Any]]:
    return lines(HTTP.post(f"{server.url}{path}", json=body).raise_for_status().content)


def statuses(told: list[dict[str, Any]]) -> list[str]:
    return [line["status"] for line in told]


def installed(server: OllamaServer) -> list[str]:
    return [model["name"] for model in HTTP.get(f"{server.url}/api/tags").json()["models"]]


def test_a_pull_tells_two_layers_and_installs(ollama: OllamaServer) -> None:
    told = tell(ollama, "/api/pull", model="qwen3:4b")

    assert statuses(told)[0] == "pulling manifest"
    assert statuses(told)[-1] == "success"
    assert len({line["digest"] for line in told if "digest" in line}) == 2
    assert "qwen3:4b" in installed(ollama)


def test_a_pull_may_fail_on_its_way_at_200(ollama: OllamaServer) -> None:
    ollama.use(Scenario.PULL_ERROR_LINE)

    told = tell(ollama, "/api/pull", model="qwen3:4b")

    assert list(told[-1]) == ["error"]
    assert "qwen3:4b" not in installed(ollama)


def test_a_pull_may_fall_silent(ollama: OllamaServer) -> None:
    ollama.use(Scenario.PULL_STALL)

    with pytest.raises(httpx.ReadTimeout):
        HTTP.post(f"{ollama.url}/api/pull", json={"model": "qwen3:4b"}, timeout=0.1)

    assert "qwen3:4b" not in installed(ollama)


@pytest.mark.parametrize("path", ["/api/pull", "/api/push", "/api/create"])
def test_without_a_stream_there_is_one_status(ollama: OllamaServer, path: str) -> None:
    body = {"model": GENERATES, "from": GENERATES, "stream": False}

    assert HTTP.post(f"{ollama.url}{path}", json=body).json() == {"status": "success"}


def test_a_push_tells_its_layers(ollama: OllamaServer) -> None:
    told = statuses(tell(ollama, "/api/push", model=GENERATES))

    assert (told[0], told[-2:]) == ("retrieving manifest", ["pushing manifest", "success"])
    assert HTTP.post(f"{ollama.url}/api/push", json={"model": "gone"}).status_code == 404


def test_a_model_is_made_of_another_one_or_of_blobs(ollama: OllamaServer) -> None:
    weights = b"GGUF"
    digest = f"sha256:{hashlib.sha256(weights).hexdigest()}"
    url = f"{ollama.url}/api/blobs/{digest}"

    before = HTTP.head(url).status_code
    wrong = HTTP.post(url, content=b"other").status_code
    kept = HTTP.post(url, content=weights).status_code
    tell(ollama, "/api/create", model="mine", files={"a.gguf": digest})
    tell(ollama, "/api/create", **{"model": "yours", "from": GENERATES})

    assert (before, wrong, kept, HTTP.head(url).status_code) == (404, 400, 201, 200)
    assert {"mine:latest", "yours:latest"} <= set(installed(ollama))


@pytest.mark.parametrize(
    ("body", "status"),
    [({"model": "mine"}, 400), ({"model": "mine", "from": "gone"}, 404), ({"model": "mine", "files": {"a": "b"}}, 400)],
)
def test_a_model_is_not_made_of_nothing(ollama: OllamaServer, body: dict[str, Any], status: int) -> None:
    assert HTTP.post(f"{ollama.url}/api/create", json=body).status_code == status


def test_a_copy_and_a_delete(ollama: OllamaServer) -> None:
    stream(ollama, "/api/chat", chat())
    copied = HTTP.post(f"{ollama.url}/api/copy", json={"source": GENERATES, "destination": "twin"})
    gone = HTTP.post(f"{ollama.url}/api/copy", json={"source": "gone", "destination": "twin"})
    deleted = HTTP.request("DELETE", f"{ollama.url}/api/delete", json={"model": GENERATES})
    again = HTTP.request("DELETE", f"{ollama.url}/api/delete", json={"model": GENERATES})

    assert [reply.status_code for reply in (copied, gone, deleted, again)] == [200, 404, 200, 404]
    assert GENERATES not in installed(ollama)
    assert "twin:latest" in installed(ollama)
    assert HTTP.get(f"{ollama.url}/api/ps").json()["models"] == []


def test_the_cloud_is_switched_off(ollama: OllamaServer) -> None:
    assert HTTP.get(f"{ollama.url}/api/status").json()["cloud"]["disabled"] is True


@pytest.mark.parametrize(
    ("scenario", "status", "keys"),
    [
        ("error_401", 401, {"error", "signin_url"}),
        ("error_403_cloud", 403, {"error"}),
        ("error_429", 429, {"error"}),
        ("error_499", 499, {"error"}),
        ("error_502", 502, {"error"}),
    ],
)
def test_the_cloud_refuses_in_its_own_ways(ollama: OllamaServer, scenario: str, status: int, keys: set[str]) -> None:
    ollama.use(scenario)

    response = HTTP.post(f"{ollama.url}/api/chat", json=chat())

    assert (response.status_code, set(response.json())) == (status, keys)


def test_logprobs_come_with_each_token(ollama: OllamaServer) -> None:
    answer = stream(ollama, "/api/chat", chat(logprobs=True, top_logprobs=2))

    first = answer[0]["logprobs"][0]
    assert first["token"] == answer[0]["message"]["content"]
    assert first["logprob"] <= 0
    assert len(first["top_logprobs"]) == 2
    assert "logprobs" not in stream(ollama, "/api/chat", chat())[0]


def test_a_prompt_may_be_rendered_without_running(ollama: OllamaServer) -> None:
    shown = HTTP.post(f"{ollama.url}/api/chat", json=chat("A fee?", _debug_render_only=True)).json()

    assert shown["_debug_info"]["rendered_template"] == "<|user|>A fee?<|assistant|>"
    assert ollama.loads == ()


@pytest.mark.parametrize(
    ("model", "fields", "status"),
    [
        ("qwen2.5-coder", {"suffix": "}"}, 200),
        (GENERATES, {"suffix": "}"}, 400),
        ("llava", {"images": ["eA=="]}, 200),
        (GENERATES, {"images": ["eA=="]}, 400),
    ],
)
def test_a_capability_is_asked_for_by_what_is_sent(model: str, fields: dict[str, Any], status: int) -> None:
    with OllamaServer(["qwen2.5-coder", "llava", GENERATES]) as server:
        reply = HTTP.post(f"{server.url}/api/generate", json={"model": model, "prompt": "def fee():", **fields})

    assert reply.status_code == status
    assert status == 200 or json.loads(reply.content)["error"].startswith("registry.ollama.ai/library/")
