"""Whom a scenario of the stand-in strikes: once, one model, one path, or everybody."""

import pytest

from tests.servers.ollama import PRELOAD, Fault, OllamaServer, Scenario
from tests.servers_selftest.raw import GENERATES, HTTP, chat, stream


# Which request meets which fault
def test_enqueued_faults_strike_once_each_and_let_others_pass(ollama: OllamaServer) -> None:
    ollama.enqueue(Scenario.ERROR_503, times=2)

    statuses = [HTTP.post(f"{ollama.url}/api/chat", json=chat()).status_code for _ in range(3)]

    assert HTTP.get(f"{ollama.url}/api/tags").status_code == 200
    assert statuses == [503, 503, 200]
    assert ollama.pending_faults == 0


def test_a_fault_of_a_model_spares_the_others() -> None:
    with OllamaServer(["llama3:8b-instruct", "mistral"]) as server:
        server.fail("LLAMA3:8b-instruct", Scenario.ERROR_500)
        bodies = [chat(), chat(model="mistral")]

        statuses = [HTTP.post(f"{server.url}/api/chat", json=body).status_code for body in bodies]
        server.recover()

        assert statuses == [500, 200]
        assert HTTP.post(f"{server.url}/api/chat", json=chat()).status_code == 200


def test_a_fault_may_name_any_path(ollama: OllamaServer) -> None:
    ollama.enqueue(Fault(Scenario.ERROR_500, status=502, text="bad gateway", paths=("/api/tags",)))

    response = HTTP.get(f"{ollama.url}/api/tags")

    assert (response.status_code, response.json()) == (502, {"error": "bad gateway"})


def test_a_preload_meets_early_faults_only(ollama: OllamaServer) -> None:
    preload = {"model": GENERATES, "messages": []}
    ollama.enqueue(Scenario.ERROR_LINE)
    ollama.enqueue(Fault(Scenario.ERROR_503, paths=(PRELOAD,)))

    statuses = [HTTP.post(f"{ollama.url}/api/chat", json=preload).status_code for _ in range(2)]

    assert statuses == [503, 200]
    assert list(stream(ollama, "/api/chat", chat())[-1]) == ["error"]


def test_an_unknown_scenario_is_refused_by_name(ollama: OllamaServer) -> None:
    with pytest.raises(ValueError, match="explode"):
        ollama.use("explode")
