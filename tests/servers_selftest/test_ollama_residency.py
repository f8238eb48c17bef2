"""What the stand-in remembers: hang-ups, wasted tokens, loads, evictions, reloads, slots."""

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.servers.ollama import LoadCause, OllamaServer, Outcome, Scenario, UnloadCause
from tests.servers_selftest.raw import EMBEDS, HTTP, chat, connect, post, read_until, reset, stream

TOKEN_DELAY_S = 0.01
LOAD_S = 0.1
THREE = ("llama3", "mistral", "phi3")


def preload(server: OllamaServer, model: str, **fields: Any) -> dict[str, Any]:
    reply = HTTP.post(f"{server.url}/api/generate", json={"model": model, **fields})
    answer: dict[str, Any] = reply.raise_for_status().json()
    return answer


def resident(server: OllamaServer) -> list[str]:
    return [model["name"] for model in HTTP.get(f"{server.url}/api/ps").json()["models"]]


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


# Hang-ups


@pytest.mark.parametrize("leave", [lambda client: client.close(), reset], ids=["FIN", "RST"])
def test_a_client_that_leaves_stops_the_generation_at_once(leave: Callable[[Any], None]) -> None:
    with OllamaServer(token_delay_s=TOKEN_DELAY_S, respond=lambda _: "word " * 500) as server:
        client = connect(server)
        client.sendall(post("/api/chat", chat()))
        read_until(client, b"message")
        left_at = time.monotonic()
        leave(client)
        server.wait_for(lambda server: server.generations[0].closed_by_client)
        generation = server.generations[0]

    assert generation.outcome is Outcome.HUNG_UP
    assert generation.tokens_after_close <= 1
    assert generation.tokens_after(left_at) <= 1
    assert generation.closed_at is not None
    assert generation.closed_at - left_at < 0.5
    assert server.requests[0].hung_up


def test_leaving_a_whole_answer_stops_it_too() -> None:
    with OllamaServer(token_delay_s=TOKEN_DELAY_S, respond=lambda _: "word " * 500) as server:
        with pytest.raises(httpx.ReadTimeout):
            HTTP.post(f"{server.url}/api/chat", json=chat(stream=False), timeout=0.05)
        server.wait_for(lambda server: server.generations[0].closed_by_client)

    assert server.generations[0].tokens_generated < 50
    assert server.requests[0].status is None


def test_a_deaf_server_goes_on_and_its_waste_is_counted() -> None:
    with OllamaServer(token_delay_s=0.005, respond=lambda _: "word " * 30, scenario=Scenario.DEAF) as server:
        with closing(connect(server)) as client:
            client.sendall(post("/api/chat", chat()))
            read_until(client, b"message")
        server.wait_for(lambda server: server.generations[0].outcome is Outcome.HUNG_UP)

    assert server.generations[0].tokens_after_close > 10


def test_a_client_that_leaves_after_done_did_not_hang_up(ollama: OllamaServer) -> None:
    with closing(connect(ollama)) as client:
        client.sendall(post("/api/chat", chat()))
        read_until(client, b'"done":true')

    ollama.wait_for(lambda server: server.requests[0].finished_at is not None)
    assert ollama.generations[0].outcome is Outcome.DONE
    assert not ollama.generations[0].closed_by_client


def test_an_async_client_that_is_cancelled_is_seen_leaving() -> None:
    async def leave(server: OllamaServer) -> None:
        async with httpx.AsyncClient(base_url=server.url) as client:
            task = asyncio.ensure_future(client.post("/api/chat", json=chat()))
            await server.until(lambda server: any(one.tokens for one in server.generations))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await server.until(lambda server: server.generations[0].closed_by_client)

    with OllamaServer(token_delay_s=TOKEN_DELAY_S, respond=lambda _: "word " * 500) as server:
        asyncio.run(leave(server))

    assert server.generations[0].tokens_after_close <= 1


def test_waiting_in_vain_is_reported(ollama: OllamaServer) -> None:
    with pytest.raises(TimeoutError):
        ollama.wait_for(lambda server: bool(server.requests), timeout=0.02)


# Loads


def test_a_preload_is_one_object_and_loads_once(ollama: OllamaServer) -> None:
    first = preload(ollama, "llama3:8b-instruct")
    second = HTTP.post(f"{ollama.url}/api/chat", json={"model": "llama3:8b-instruct", "messages": []}).json()

    assert (first["done_reason"], first["response"], first["done"]) == ("load", "", True)
    assert second["message"] == {"role": "assistant", "content": ""}
    assert [load.cause for load in ollama.loads] == [LoadCause.COLD]
    assert ollama.generations == ()


def test_keep_alive_zero_unloads(ollama: OllamaServer) -> None:
    preload(ollama, "llama3:8b-instruct")
    reply = preload(ollama, "llama3:8b-instruct", keep_alive=0)

    assert reply["done_reason"] == "unload"
    assert resident(ollama) == []
    assert [unload.cause for unload in ollama.unloads] == [UnloadCause.ASKED]


def test_a_model_leaves_when_its_keep_alive_is_over(ollama: OllamaServer) -> None:
    stream(ollama, "/api/chat", chat(keep_alive="200ms"))
    assert resident(ollama) == ["llama3:8b-instruct"]

    ollama.wait_for(lambda server: bool(server.unloads))
    assert ollama.unloads[0].cause is UnloadCause.EXPIRED


def test_a_request_without_keep_alive_keeps_the_one_before(ollama: OllamaServer) -> None:
    stream(ollama, "/api/chat", chat(keep_alive=-1))
    stream(ollama, "/api/chat", chat())

    expiry = HTTP.get(f"{ollama.url}/api/ps").json()["models"][0]["expires_at"]
    assert int(expiry[:4]) > 2300


def test_no_header_is_sent_before_the_model_is_loaded() -> None:
    with OllamaServer(cold_load_s=LOAD_S) as server, closing(connect(server)) as client:
        client.sendall(post("/api/chat", chat()))
        client.settimeout(LOAD_S / 2)
        with pytest.raises(TimeoutError):
            client.recv(1)
        loading = HTTP.get(f"{server.url}/api/ps").json()["models"]
        client.settimeout(2)
        head = read_until(client, b"\r\n\r\n")
        server.wait_for(lambda server: server.generations[0].outcome is Outcome.DONE)

    assert loading[0]["size_vram"] == 0
    assert b"200 OK" in head


def test_the_load_shows_in_load_duration() -> None:
    with OllamaServer(cold_load_s=0.05) as server:
        cold, warm = (stream(server, "/api/chat", chat())[-1]["load_duration"] for _ in range(2))

    assert cold >= 50_000_000 > warm


def test_a_load_is_aborted_when_its_client_leaves_and_never_finishes_by_retrying() -> None:
    with OllamaServer(cold_load_s=LOAD_S) as server:
        for _ in range(2):
            with pytest.raises(httpx.ReadTimeout):
                HTTP.post(f"{server.url}/api/chat", json=chat(), timeout=LOAD_S / 3)
        server.wait_for(lambda server: len(server.aborted_loads) == 2)
        assert resident(server) == []
        preload(server, "llama3:8b-instruct")

    assert [load.aborted for load in server.loads] == [True, True, False]
    assert {generation.outcome for generation in server.generations} == {Outcome.HUNG_UP}


def test_a_waiting_request_takes_over_an_aborted_load() -> None:
    with OllamaServer(cold_load_s=LOAD_S) as server:
        owner = connect(server)
        owner.sendall(post("/api/chat", chat()))
        server.wait_for(lambda server: len(server.loads) == 1)
        waiting = in_thread(lambda: stream(server, "/api/chat", chat()))
        server.wait_for(lambda server: len(server.requests) == 2)
        owner.close()
        waiting.join()

    assert [load.aborted for load in server.loads] == [True, False]


@pytest.mark.parametrize(
    ("change", "reloads"),
    [
        ({"options": {"num_ctx": 2048}}, 1),
        ({"options": {"num_batch": 128}}, 1),
        ({"options": {"num_gpu": 0}}, 1),
        ({"options": {"use_mmap": False}}, 1),
        ({"shift": False}, 1),
        ({"options": {"num_ctx": 4096}}, 0),
        ({"options": {"temperature": 0.1, "seed": 7, "num_predict": 5}}, 0),
    ],
)
def test_only_a_load_time_change_reloads(ollama: OllamaServer, change: dict[str, Any], reloads: int) -> None:
    stream(ollama, "/api/chat", chat())
    stream(ollama, "/api/chat", chat(**change))

    assert len(ollama.reloads) == reloads
    assert [unload.cause for unload in ollama.unloads] == [UnloadCause.RELOADED] * reloads


def test_the_model_with_the_shortest_keep_alive_is_evicted_first() -> None:
    with OllamaServer(THREE, max_loaded=2) as server:
        preload(server, "llama3", keep_alive="1h")
        preload(server, "mistral", keep_alive="1m")
        preload(server, "phi3")

        assert [unload.model for unload in server.evictions] == ["mistral:latest"]
        assert resident(server) == ["llama3:latest", "phi3:latest"]
        assert len(server.loads_of("PHI3")) == 1


def test_a_busy_model_is_not_evicted_before_it_is_done() -> None:
    with OllamaServer(THREE, max_loaded=1, token_delay_s=TOKEN_DELAY_S, respond=lambda _: "a " * 10) as server:
        speaking = in_thread(lambda: stream(server, "/api/chat", chat(model="llama3")))
        server.wait_for(lambda server: any(one.tokens for one in server.generations))
        preload(server, "mistral")
        speaking.join()

    generation = server.generations[0]
    assert generation.outcome is Outcome.DONE
    assert generation.finished_at is not None
    assert server.evictions[0].at >= generation.finished_at - 0.005


def test_a_full_load_queue_answers_503_but_a_hot_model_never_does() -> None:
    with OllamaServer(THREE, cold_load_s=LOAD_S, max_queue=1) as server:
        preload(server, "llama3")
        loading = in_thread(lambda: preload(server, "mistral"))
        server.wait_for(lambda server: len(server.loads) == 2)
        queued = in_thread(lambda: preload(server, "phi3"))
        server.wait_for(lambda server: server.snapshot().waiting_for_load == 1)

        refused = HTTP.post(f"{server.url}/api/chat", json=chat(model="phi3"))
        hot = HTTP.post(f"{server.url}/api/chat", json=chat(model="llama3"))
        shared = HTTP.post(f"{server.url}/api/chat", json=chat(model="mistral"))
        loading.join()
        queued.join()

    assert (refused.status_code, hot.status_code, shared.status_code) == (503, 200, 200)


# Slots


@pytest.mark.parametrize("slots", [1, 3])
def test_no_more_generations_speak_at_once_than_there_are_slots(slots: int) -> None:
    with OllamaServer(num_parallel=slots, token_delay_s=0.005, respond=lambda _: "a " * 8) as server:
        clients = [in_thread(lambda: stream(server, "/api/chat", chat())) for _ in range(4)]
        for client in clients:
            client.join()

    assert most_at_once(server) == slots
    assert server.peak("/api/chat") == 4
    assert server.peak("/api/embed") == 0


def test_an_embedding_model_has_one_slot_whatever_is_configured() -> None:
    texts = {"model": EMBEDS, "input": ["a"]}

    with OllamaServer(num_parallel=4, prompt_delay_s=0.05) as server:
        began_at = time.monotonic()
        clients = [in_thread(lambda: HTTP.post(f"{server.url}/api/embed", json=texts)) for _ in range(3)]
        for client in clients:
            client.join()

    assert time.monotonic() - began_at >= 0.15


def test_leaving_the_queue_frees_the_place() -> None:
    with OllamaServer(token_delay_s=TOKEN_DELAY_S, respond=lambda _: "a " * 20) as server:
        first = in_thread(lambda: stream(server, "/api/chat", chat()))
        server.wait_for(lambda server: any(one.tokens for one in server.generations))
        with pytest.raises(httpx.ReadTimeout):
            HTTP.post(f"{server.url}/api/chat", json=chat(), timeout=0.03)
        server.wait_for(lambda server: server.generations[1].closed_by_client)
        first.join()
        stream(server, "/api/chat", chat())

    assert [one.outcome for one in server.generations] == [Outcome.DONE, Outcome.HUNG_UP, Outcome.DONE]
    assert server.generations[1].started_at is None
    assert server.generations[1].tokens == ()


# Records


def test_a_request_is_recorded_with_all_it_carried(ollama: OllamaServer) -> None:
    HTTP.post(f"{ollama.url}/api/chat?trace=1", json=chat(), headers={"X-Trace": "7"})

    ollama.wait_for(lambda server: server.requests[0].finished_at is not None)
    (request,) = ollama.requests_for("/api/chat")
    assert (request.method, request.body, request.headers["x-trace"]) == ("POST", chat(), "7")
    assert request.finished_at is not None
    assert request.finished_at > request.started_at


def test_records_can_be_forgotten(ollama: OllamaServer) -> None:
    stream(ollama, "/api/chat", chat())

    ollama.forget_records()

    assert (ollama.requests, ollama.generations, ollama.loads) == ((), (), ())
    assert resident(ollama) == ["llama3:8b-instruct"]


def most_at_once(server: OllamaServer) -> int:
    """Return how many generations held a slot at the same moment."""
    spans = [(one.started_at or 0.0, one.finished_at or 0.0) for one in server.generations]
    return max(sum(start <= moment < end for start, end in spans) for moment, _ in spans)
