"""Embeddings, pulls and ps: the routes beside speech, and their scenarios."""

import math
from typing import Any

import httpx
import pytest

from tests.servers.ollama import Fault, OllamaServer, Scenario
from tests.servers_selftest.raw import (
    EMBEDS,
    HTTP,
    chat,
    stream,
)

# Embeddings


def embed(server: OllamaServer, texts: Any, **fields: Any) -> httpx.Response:
    return HTTP.post(f"{server.url}/api/embed", json={"model": EMBEDS, "input": texts, **fields})


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_embeddings_are_unit_vectors_in_order(ollama: OllamaServer) -> None:
    reply = embed(ollama, ["low fee rate", "closed channel"]).json()

    assert [len(vector) for vector in reply["embeddings"]] == [768, 768]
    assert all(math.hypot(*vector) == pytest.approx(1, abs=1e-5) for vector in reply["embeddings"])
    assert reply["embeddings"][1] == embed(ollama, "closed channel").json()["embeddings"][0]
    assert reply["prompt_eval_count"] == 3 + 4


def test_similar_texts_lie_closer(ollama: OllamaServer) -> None:
    texts = [
        "search_query: how do I raise the fee rate of a channel",
        "search_document: Raising the fee rate of a channel slows its drain.",
        "search_document: Back up the static channel backup file every day.",
    ]

    query, near, far = embed(ollama, texts).json()["embeddings"]

    assert cosine(query, near) > cosine(query, far) + 0.1


def test_fewer_dimensions_are_normalized_again(ollama: OllamaServer) -> None:
    vector = embed(ollama, "low fee rate", dimensions=256).json()["embeddings"][0]

    assert len(vector) == 256
    assert math.hypot(*vector) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(("model", "width"), [("all-minilm", 384), ("llama3", 4096)])
def test_each_model_has_its_width(model: str, width: int) -> None:
    with OllamaServer([model]) as server:
        reply = embed(server, "a fee", model=model).json()

    assert len(reply["embeddings"][0]) == width


@pytest.mark.parametrize("nothing", ["", []])
def test_no_input_gives_no_embeddings(ollama: OllamaServer, nothing: Any) -> None:
    assert embed(ollama, nothing).json() == {"model": EMBEDS, "embeddings": []}


def test_an_overlong_text_is_cut_unless_truncate_is_off(ollama: OllamaServer) -> None:
    text = "fee " * 3000

    assert embed(ollama, text).json()["prompt_eval_count"] == 2048
    assert embed(ollama, text, truncate=False).status_code == 400


def test_the_legacy_route_does_not_normalize(ollama: OllamaServer) -> None:
    reply = HTTP.post(f"{ollama.url}/api/embeddings", json={"model": EMBEDS, "prompt": "low fee rate"}).json()

    assert math.hypot(*reply["embedding"]) > 2


@pytest.mark.parametrize(
    ("scenario", "shape"),
    [
        (Scenario.EMBED_EMPTY, []),
        (Scenario.EMBED_WRONG_COUNT, [768]),
        (Scenario.EMBED_WRONG_WIDTH, [767, 767]),
        (Scenario.EMBED_NOT_UNIT, [768, 768]),
    ],
)
def test_an_embedding_fault_has_its_shape(ollama: OllamaServer, scenario: Scenario, shape: list[int]) -> None:
    ollama.use(scenario)

    vectors = embed(ollama, ["one", "two"]).json()["embeddings"]

    assert [len(vector) for vector in vectors] == shape
    is_unit = all(math.hypot(*vector) == pytest.approx(1, abs=0.1) for vector in vectors)
    assert is_unit is (scenario is not Scenario.EMBED_NOT_UNIT)


@pytest.mark.parametrize(("scenario", "status"), [(Scenario.EMBED_NAN_400, 400), (Scenario.EMBED_NAN_500, 500)])
def test_nan_is_an_error_of_its_time(ollama: OllamaServer, scenario: Scenario, status: int) -> None:
    ollama.use(scenario)

    assert embed(ollama, "anything").status_code == status


def test_one_poisoned_text_fails_the_whole_batch_and_only_it(ollama: OllamaServer) -> None:
    ollama.use(Fault(Scenario.EMBED_POISONED, poison="☠"))

    assert embed(ollama, ["good", "bad ☠", "good"]).status_code == 400
    assert [embed(ollama, text).status_code for text in ("good", "bad ☠")] == [200, 400]


# Pull and ps


def test_a_pull_tells_two_layers_and_installs_the_model(ollama: OllamaServer) -> None:
    progress = stream(ollama, "/api/pull", {"model": "qwen3:4b"})

    assert len({line["digest"] for line in progress if "digest" in line}) == 2
    assert progress[-1] == {"status": "success"}
    assert "completed" not in progress[1]
    assert stream(ollama, "/api/chat", chat(model="qwen3:4b"))[-1]["done"]


def test_a_pull_may_fail_in_a_line_at_200(ollama: OllamaServer) -> None:
    ollama.use(Scenario.PULL_ERROR_LINE)

    progress = stream(ollama, "/api/pull", {"model": "qwen3:4b"})

    assert list(progress[-1]) == ["error"]
    assert HTTP.post(f"{ollama.url}/api/show", json={"model": "qwen3:4b"}).status_code == 404


def test_a_silent_pull_says_success_once(ollama: OllamaServer) -> None:
    reply = HTTP.post(f"{ollama.url}/api/pull", json={"model": "qwen3:4b", "stream": False})

    assert reply.json() == {"status": "success"}


def ps(server: OllamaServer) -> list[dict[str, Any]]:
    models: list[dict[str, Any]] = HTTP.get(f"{server.url}/api/ps").json()["models"]
    return models


def test_ps_scenarios_show_their_states(ollama: OllamaServer) -> None:
    ollama.enqueue(Scenario.PS_FAR_FUTURE)
    ollama.enqueue(Scenario.PS_LOADING)
    ollama.enqueue(Scenario.PS_PARTIAL_VRAM)

    far, loading, partial, usual = (ps(ollama) for _ in range(4))

    assert int(far[0]["expires_at"][:4]) > 2300
    assert loading[0]["size_vram"] == 0
    assert 0 < partial[0]["size_vram"] < partial[0]["size"]
    assert usual == []
