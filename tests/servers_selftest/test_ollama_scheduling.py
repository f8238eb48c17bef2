"""Who waits for what, and for how long: loads by size, shared loads, slots, speeds; and how others may read of it."""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.servers.ollama import Fault, InstalledModel, LoadCause, OllamaServer, Scenario, WaitCause
from tests.servers.ollama.__main__ import main
from tests.servers.ollama.apart import OllamaApart
from tests.servers.ollama.catalog import billions_of
from tests.servers_selftest.raw import EMBEDS, GENERATES, HTTP, chat, connect, post, stream

SMALL, BIG = "qwen2.5:7b", "qwen2.5:14b"


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def preload(server: OllamaServer, model: str, **fields: Any) -> httpx.Response:
    return HTTP.post(f"{server.url}/api/generate", json={"model": model, **fields})


def order(server: OllamaServer, name: str, **body: Any) -> httpx.Response:
    return HTTP.post(f"{server.url}/_stand_in/{name}", json=body)


def took(load: Any) -> float:
    return float(load.finished_at - load.started_at)


# Loads


@pytest.mark.parametrize(("name", "billions"), [("qwen2.5:14b-instruct", 14), ("phi3:3.8b", 3.8), ("llama3", 8)])
def test_the_tag_tells_the_size(name: str, billions: float) -> None:
    assert billions_of(name) == billions


def test_a_bigger_model_takes_longer_to_load_and_its_own_time_wins() -> None:
    models: list[str | InstalledModel] = [SMALL, BIG, InstalledModel("mistral", load_s=0.0)]

    with OllamaServer(models, load_bytes_per_s=80e9) as server:
        for name in (SMALL, BIG, "mistral"):
            preload(server, name)
        small, big, own = map(took, server.loads)

    assert big > small >= 4e9 / 80e9
    assert own < small


def test_who_asks_during_a_load_shares_it_and_waits_outside_the_queue() -> None:
    with OllamaServer(cold_load_s=0.1, num_parallel=4) as server:
        clients = [in_thread(lambda: stream(server, "/api/chat", chat())) for _ in range(4)]
        for client in clients:
            client.join()

    assert len(server.loads) == 1
    assert sorted(wait.cause for wait in server.waits) == [WaitCause.LOAD, *[WaitCause.SHARED_LOAD] * 3]


def test_a_shared_load_is_not_held_up_by_other_loads() -> None:
    with OllamaServer([SMALL, BIG], cold_load_s=0.1) as server:
        first = in_thread(lambda: preload(server, SMALL))
        server.wait_for(lambda server: len(server.loads) == 1)
        other = in_thread(lambda: preload(server, BIG))
        server.wait_for(lambda server: server.snapshot().waiting_for_load == 1)
        preload(server, SMALL)
        at = time.monotonic()
        first.join()
        other.join()

    assert (server.loads_of(BIG)[0].finished_at or 0) > at


def test_loads_come_one_at_a_time() -> None:
    models = [f"m{number}" for number in range(4)]

    with OllamaServer(models, cold_load_s=0.02, max_loaded=4) as server:
        clients = [in_thread(partial(preload, server, name)) for name in models]
        for client in clients:
            client.join()

    loads, at_last = sorted(server.loads, key=lambda load: load.started_at), time.monotonic()
    assert len(loads) == 4
    assert all((one.finished_at or at_last) <= two.started_at for one, two in pairwise(loads))


def test_among_equals_the_least_recently_used_model_is_evicted() -> None:
    with OllamaServer([SMALL, BIG, "mistral"], max_loaded=2) as server:
        for name in (SMALL, BIG, SMALL, "mistral"):
            preload(server, name)

    assert [(one.model, one.made_room_for) for one in server.evictions] == [(BIG, "mistral:latest")]


def test_a_failed_load_is_a_500_for_its_owner_and_the_next_one_tries_again() -> None:
    with OllamaServer() as server:
        server.enqueue(Scenario.LOAD_FAILS)
        failed, loaded = (preload(server, GENERATES).status_code for _ in range(2))
        server.use(Scenario.LOAD_FAILS)
        resident = HTTP.post(f"{server.url}/api/chat", json=chat()).status_code

    assert (failed, loaded, resident) == (500, 200, 200)
    assert [load.failed for load in server.loads] == [True, False]


def test_a_resident_model_needs_no_load_whatever_options_come_first() -> None:
    with OllamaServer(resident=[GENERATES], cold_load_s=9) as server:
        listed = HTTP.get(f"{server.url}/api/ps").json()["models"]
        stream(server, "/api/chat", chat(options={"num_ctx": 2048}, shift=False))
        stream(server, "/api/chat", chat(options={"num_ctx": 2048}, shift=False))
        server.limits.cold_load_s = 0
        stream(server, "/api/chat", chat())

    assert [model["name"] for model in listed] == [GENERATES]
    assert [load.cause for load in server.loads] == [LoadCause.RELOAD]


def test_a_preload_of_a_busy_model_waits_for_no_slot() -> None:
    with OllamaServer(token_delay_s=0.01, respond=lambda _: "a " * 500) as server, closing(connect(server)) as client:
        client.sendall(post("/api/chat", chat()))
        server.wait_for(lambda server: any(one.tokens for one in server.generations))

        assert preload(server, GENERATES).status_code == 200
        assert server.waits[1:] == ()


# Speeds and depths


def test_each_model_has_its_own_speed() -> None:
    quick, slow = InstalledModel("mistral"), InstalledModel("llama3", tokens_per_s=100, prompt_tokens_per_s=100)

    with OllamaServer([quick, slow], respond=lambda _: ["a "] * 10) as server:
        ends = {name: stream(server, "/api/chat", chat(model=name))[-1] for name in ("mistral", "llama3")}

    assert ends["llama3"]["eval_duration"] >= 10 * 10_000_000 > ends["mistral"]["eval_duration"]
    assert ends["llama3"]["prompt_eval_duration"] >= ends["llama3"]["prompt_eval_count"] * 10_000_000


def test_a_hot_model_lets_any_number_wait_and_tells_nobody() -> None:
    with OllamaServer(token_delay_s=0.002, respond=lambda _: "a " * 5, max_queue=1, num_parallel=2) as server:
        preload(server, GENERATES)
        clients = [in_thread(lambda: stream(server, "/api/chat", chat())) for _ in range(12)]
        server.wait_for(lambda server: server.snapshot().waiting >= 8)
        seen = server.snapshot()
        for client in clients:
            client.join()

    assert seen.resident[0].speaking == 2
    assert seen.resident[0].waiting >= 8
    assert seen.waiting_for_load == 0
    assert server.peak("speaking") == 2
    assert {request.status for request in server.requests} == {200}
    depths = [depth for _, depth in server.report()["queue_depth"]]
    assert max(depths) == server.snapshot().peak_waiting >= 8
    assert depths[-1] == 0


def test_the_totals_outlive_the_records_that_a_long_run_drops() -> None:
    with OllamaServer(history=2) as server:
        for _ in range(5):
            stream(server, "/api/chat", chat(stop=None))
        server.wait_for(lambda server: server.snapshot().open_requests == 0)

        assert len(server.requests) == len(server.generations) == 2
        assert server.snapshot().totals["requests"] == 5
        assert server.snapshot().totals["generations_done"] == 5


# Orders from outside


def test_a_report_is_read_over_http_and_leaves_no_trace(ollama: OllamaServer) -> None:
    stream(ollama, "/api/chat", chat())

    found = HTTP.get(f"{ollama.url}/_stand_in/report").json()
    brief = HTTP.get(f"{ollama.url}/_stand_in/report?records=0").json()

    assert found["totals"]["generations_done"] == 1
    assert found["generations"][0]["tokens_after_close"] == 0
    assert found["loads"][0]["cause"] == "cold"
    assert "generations" not in brief
    assert len(ollama.requests) == 1


def test_a_scenario_is_set_for_all_for_a_model_or_for_the_next_requests(ollama: OllamaServer) -> None:
    def status() -> int:
        return HTTP.post(f"{ollama.url}/api/chat", json=chat(stream=False)).status_code

    order(ollama, "scenario", scenario="error_503", times=1)
    once = (status(), status())
    order(ollama, "scenario", scenario="error_404", model=GENERATES)
    always = (status(), status())
    order(ollama, "recover")

    assert (once, always, status()) == ((503, 200), (404, 404), 200)
    order(ollama, "scenario", scenario="error_line", after=1, text="out of memory")
    assert stream(ollama, "/api/chat", chat())[1:] == [{"error": "out of memory"}]
    assert HTTP.get(f"{ollama.url}/_stand_in/report?records=0").json()["scenarios"] == {"": "error_line"}


def test_pace_models_and_answers_are_set_from_outside(ollama: OllamaServer) -> None:
    order(ollama, "models", install=["mistral", {"name": "tiny", "capabilities": ["completion"]}], remove=[EMBEDS])
    order(ollama, "pace", token_delay_s=0.001, num_parallel=4)
    order(ollama, "pace", model="mistral", tokens_per_s=500)
    order(ollama, "answer", tokens=3)
    three = stream(ollama, "/api/chat", chat(model="tiny"))
    order(ollama, "answer", text="Raise it.")

    assert len(three) == 4
    assert stream(ollama, "/api/chat", chat(model="mistral"))[0]["message"]["content"] == "Raise"
    assert (ollama.pace.token_delay_s, ollama.limits.num_parallel) == (0.001, 4)
    assert HTTP.post(f"{ollama.url}/api/embed", json={"model": EMBEDS, "input": "a"}).status_code == 404
    order(ollama, "answer")
    order(ollama, "forget")
    assert ollama.requests == ()


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("dance", {}, 404),
        ("scenario", {"scenario": "explode"}, 400),
        ("scenario", {"scenario": "error_line", "afterwards": 1}, 400),
        ("pace", {"speed": 1}, 400),
        ("pace", {"model": "gone", "load_s": 1}, 400),
        ("models", {"install": [{"size": 1}]}, 400),
    ],
)
def test_an_order_that_makes_no_sense_is_refused(
    ollama: OllamaServer, name: str, body: dict[str, Any], status: int
) -> None:
    response = order(ollama, name, **body)

    assert response.status_code == status
    assert response.json()["error"]


def test_every_scenario_is_listed(ollama: OllamaServer) -> None:
    assert HTTP.get(f"{ollama.url}/_stand_in/scenarios").json()["scenarios"] == [str(one) for one in Scenario]


# In a process of its own


def test_three_hosts_in_another_process_differ_and_can_be_ordered_about() -> None:
    with OllamaApart("--hosts", "3", "--tokens", "4", "--token-delay", "0", "--disk-speed", "100") as apart:
        statuses = [HTTP.post(f"{url}/api/chat", json=chat(stream=False)).status_code for url in apart.urls]
        loads = [len(apart.report(host=host)["loads"]) for host in range(3)]
        apart.order("recover", host=2)
        recovered = HTTP.post(f"{apart.urls[2]}/api/chat", json=chat(stream=False)).json()
        brief = apart.report(host=2, with_records=False)

    assert statuses == [200, 200, 500]
    assert loads == [0, 1, 0]
    assert recovered["eval_count"] == 4
    assert "requests" not in brief
    assert brief["totals"]["generations_done"] == 1


def test_the_command_refuses_an_unknown_role(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--roles", "sleepy"])

    assert "unknown role sleepy" in capsys.readouterr().err


def test_a_fault_of_one_path_spares_the_others(ollama: OllamaServer) -> None:
    ollama.use(Fault(Scenario.ERROR_500, paths=("/v1/chat/completions",)))

    statuses = [
        HTTP.post(f"{ollama.url}{path}", json=chat()).status_code for path in ("/api/chat", "/v1/chat/completions")
    ]

    assert statuses == [200, 500]
