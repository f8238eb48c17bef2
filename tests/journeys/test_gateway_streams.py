"""The gateway's streams on a real socket: one voice, one end, then [DONE]; and who leaves is not spoken to."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from models_registry.models import Generation
from tests.journeys import gateway
from tests.journeys.gateway import MODEL, OTHER, ask, eventually, let_speak, opened, stream
from tests.journeys.served import Served
from tests.journeys.stage import Stage
from tests.servers.ollama import Fault, OllamaServer, Outcome, Scenario

pytestmark = pytest.mark.integration

TOKEN_S = 0.2


@pytest.fixture
def host(stage: Stage) -> Iterator[OllamaServer]:
    """A host with one model that takes four at once."""
    with OllamaServer(models=(MODEL,), num_parallel=4) as server:
        let_speak(server.url, first_token_s=2.0, idle_s=1.0)
        yield server


@pytest.fixture
def slow(stage: Stage) -> Iterator[OllamaServer]:
    """A host that speaks for a minute, to one at a time."""
    with OllamaServer(models=(MODEL,), token_delay_s=TOKEN_S, num_parallel=1) as server:
        server.respond_with(lambda _request: "word " * 300)
        let_speak(server.url, slots=1)
        yield server


def test_a_stream_has_one_role_one_end_and_one_done(served: Served, stage: Stage, host: OllamaServer) -> None:
    heard = stream(served, stage.key, stream_options={"include_usage": True})

    roles = [chunk for chunk in heard.chunks if chunk["choices"] and "role" in chunk["choices"][0]["delta"]]
    (spoken,) = host.generations
    assert roles == heard.chunks[:1]
    assert heard.text == spoken.text
    assert heard.reasons == ["stop"]
    assert heard.payloads[-1] == "[DONE]"
    assert heard.payloads.count("[DONE]") == 1
    assert heard.chunks[-1]["choices"] == []
    assert heard.chunks[-1]["usage"]["completion_tokens"] == len(spoken.tokens)
    assert "lnrag_estimated" not in heard.chunks[-1]["usage"]
    assert {chunk["model"] for chunk in heard.chunks} == {MODEL}
    assert len({chunk["id"] for chunk in heard.chunks}) == 1


def test_tokens_arrive_while_the_model_still_speaks(served: Served, stage: Stage, slow: OllamaServer) -> None:
    with opened(served, stage.key) as (response, lines):
        said = [line for _, line in zip(range(4), lines, strict=False)]

        assert response.headers["content-type"].startswith("text/event-stream")
        assert len(said) == 4
        assert slow.generations[0].outcome is Outcome.RUNNING


def test_the_headers_name_the_model_the_turn_and_the_request(served: Served, stage: Stage, host: OllamaServer) -> None:
    heard = stream(served, stage.key)

    assert heard.headers["x-lnrag-model"] == MODEL
    assert len(heard.headers["x-turn-id"]) == 36
    assert len(heard.headers["x-request-id"]) == 32
    assert heard.headers["x-content-type-options"] == "nosniff"
    assert heard.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in heard.headers


def test_counts_the_host_did_not_make_are_estimated_and_marked(
    served: Served, stage: Stage, host: OllamaServer
) -> None:
    host.use(Scenario.ZERO_FIELDS_ABSENT)

    usage = stream(served, stage.key, stream_options={"include_usage": True}).chunks[-1]["usage"]

    assert usage["lnrag_estimated"] is True
    assert usage["completion_tokens"] > 0


def test_the_knobs_reach_the_host(served: Served, stage: Stage, host: OllamaServer) -> None:
    knobs: dict[str, Any] = {
        "temperature": 0.5,
        "top_p": 0.8,
        "max_tokens": 7,
        "stop": ["END"],
        "seed": 3,
        "presence_penalty": 0.1,
    }

    ask(served, stage.key, **knobs, frequency_penalty=0.2, response_format={"type": "json_object"})

    request = host.requests_for("/api/chat")[-1]  # a request to load the model comes before
    options = request.body["options"]
    assert (options["temperature"], options["top_p"], options["num_predict"]) == (0.5, 0.8, 7)
    assert (options["stop"], options["seed"]) == (["END"], 3)
    assert (options["presence_penalty"], options["frequency_penalty"]) == (0.1, 0.2)
    assert request.body["format"] == {"type": "object"}


def test_an_answer_cut_at_the_limit_says_so(served: Served, stage: Stage, host: OllamaServer) -> None:
    body = ask(served, stage.key, max_tokens=3).json()

    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] == 3


@pytest.mark.parametrize(
    "fault", [Scenario.ERROR_LINE, Scenario.EOF_WITHOUT_DONE, Scenario.RESET_MID_STREAM, Scenario.STALL_MID_STREAM]
)
def test_a_break_in_the_midst_is_one_error_and_one_done(
    served: Served, stage: Stage, host: OllamaServer, fault: Scenario
) -> None:
    host.use(fault)

    heard = stream(served, stage.key, stream_options={"include_usage": True})

    assert heard.status == 200
    assert [error["code"] for error in heard.errors] == ["generation_interrupted"]
    assert heard.reasons == []
    assert heard.payloads[-1] == "[DONE]"
    assert len(host.generations) == 1  # no second voice
    assert [row.outcome for row in eventually(Generation.objects, count=1)] == ["failed"]


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Scenario.ERROR_500, 503),
        (Scenario.RESET_AFTER_HEADERS, 503),
        (Scenario.STALL_AFTER_HEADERS, 504),
        (Fault(Scenario.EOF_WITHOUT_DONE, after=0), 502),
    ],
    ids=["error", "reset", "stall", "no word"],
)
@pytest.mark.parametrize("streams", [True, False])
def test_what_fails_before_the_first_word_has_its_own_status(
    served: Served, stage: Stage, host: OllamaServer, fault: Scenario | Fault, status: int, streams: bool
) -> None:
    host.use(fault)

    response = ask(served, stage.key, stream=streams)

    assert response.status_code == status
    assert response.json()["error"]["type"] == "server_error"


def test_another_model_takes_over_before_the_first_word(served: Served, stage: Stage) -> None:
    with OllamaServer(models=(MODEL, OTHER), num_parallel=4) as server:
        let_speak(server.url)
        server.fail(MODEL, Scenario.ERROR_500)
        first = ask(served, stage.key).json()["model"]
        server.fail(OTHER, Scenario.ERROR_500)
        server.fail(MODEL, Scenario.NORMAL)
        second = ask(served, stage.key).json()["model"]

    assert {first, second} == {MODEL, OTHER}


@pytest.mark.parametrize("streams", [True, False])
def test_hanging_up_closes_the_models_connection_within_one_token(
    served: Served, stage: Stage, slow: OllamaServer, streams: bool
) -> None:
    if streams:
        with opened(served, stage.key) as (_, lines):
            next(line for line in lines if '"content":"w' in line)
    else:
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(
                f"{served.url}/v1/chat/completions",
                json=gateway.question(),
                headers=gateway.bearer(stage.key),
                timeout=httpx.Timeout(5, read=4 * TOKEN_S),
            )
    left_at = time.monotonic()

    slow.wait_for(lambda server: server.generations[0].outcome is not Outcome.RUNNING, timeout=10)
    (spoken,) = slow.generations
    assert spoken.outcome is Outcome.HUNG_UP
    assert spoken.tokens_after(left_at) <= 1
    assert [row.outcome for row in eventually(Generation.objects, count=1)] == ["abandoned"]


def test_who_waits_is_told_where_and_may_leave_without_being_asked_for(
    served: Served, stage: Stage, slow: OllamaServer
) -> None:
    with opened(served, stage.key) as (_, speaking):
        next(line for line in speaking if '"content":"w' in line)
        with opened(served, stage.key, text="And I?") as (response, waiting):
            told = next(waiting)
            assert response.status_code == 200
    time.sleep(3 * TOKEN_S)

    assert told.startswith(": queued position=1")
    assert len(slow.generations) == 1  # the host never heard of the second


def test_a_cold_model_is_announced(served: Served, stage: Stage) -> None:
    with OllamaServer(models=(MODEL,), cold_load_s=1.0) as server:
        let_speak(server.url)
        heard = stream(served, stage.key)

    assert [note for note in heard.comments if note.startswith(f"loading model={MODEL}")]
    assert heard.reasons == ["stop"]


def test_a_turn_can_be_stopped_by_its_id(served: Served, stage: Stage, slow: OllamaServer) -> None:
    version = {"X-API-Version": "2025-10-15"}
    with opened(served, stage.key) as (response, lines):
        next(line for line in lines if '"content":"w' in line)
        address = f"{served.url}/api/v1/streaming/turns/{response.headers['x-turn-id']}"
        strange = httpx.delete(address, headers={**gateway.bearer(stage.stranger_key), **version})
        stopped = httpx.delete(address, headers={**gateway.bearer(stage.key), **version})
        rest = list(lines)

    assert (strange.status_code, stopped.status_code) == (404, 204)
    assert '"code":"generation_canceled"' in rest[-2]
    assert rest[-1] == "data: [DONE]"
    slow.wait_for(lambda server: server.generations[0].outcome is Outcome.HUNG_UP, timeout=5)


def test_too_many_waiting_is_503_with_a_time(served: Served, stage: Stage, slow: OllamaServer) -> None:
    let_speak(slow.url, slots=1, queue_limit=1)
    with opened(served, stage.key) as (_, speaking):
        next(line for line in speaking if '"content":"w' in line)
        with opened(served, stage.key) as (_, waiting):
            next(waiting)
            refused = ask(served, stage.key, stream=True)

    assert refused.status_code == 503
    assert refused.json()["error"]["code"] == "queue_full"
    assert int(refused.headers["retry-after"]) >= 1


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.evil.example", ""])
def test_a_foreign_host_name_is_refused_before_the_key_is_looked_at(
    served: Served, stage: Stage, host: OllamaServer, name: str
) -> None:
    response = httpx.post(
        f"{served.url}/v1/chat/completions",
        json=gateway.question(),
        headers={**gateway.bearer(stage.key), "Host": name},
    )

    assert response.status_code == 400
    assert host.requests_for("/api/chat") == ()


def test_two_streams_do_not_hear_each_other(served: Served, stage: Stage, host: OllamaServer) -> None:
    host.respond_with(lambda request: request.body["messages"][-1]["content"])
    host.pace.token_delay_s = 0.01
    heard: dict[str, str] = {}

    def listen(text: str) -> None:
        heard[text] = stream(served, stage.key, text=text).text

    readers = [threading.Thread(target=listen, args=(f"number {n} of four",)) for n in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(30)

    assert heard == {text: text for text in (f"number {n} of four" for n in range(4))}
