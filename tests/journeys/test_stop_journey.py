"""Whoever began a turn can stop it, from any process: the model falls silent within one token, the stream says so."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection
from django.utils import timezone

from models_registry.models import Generation, Provider, RunningTurn
from models_registry.services.health import ensure_fresh
from rag.models import Answer
from recommendations.models import RecommendationRun
from tests.journeys import taps
from tests.journeys.served import Served, wait_until
from tests.journeys.stage import Stage, point_at
from tests.servers.ollama import OllamaServer, Outcome

pytestmark = pytest.mark.integration

TOKEN_S = 0.2  # so slow that a busy test machine does not count as a late hang-up
ASK = "/api/v1/streaming/rag/query"
QUESTION = {"query": "What is the default base fee?", "use_cache": False}


@pytest.fixture
def slow(stage: Stage) -> Iterator[OllamaServer]:
    """A host that would speak for a minute, token by token."""
    with OllamaServer(token_delay_s=TOKEN_S, num_parallel=4) as server:
        server.respond_with(lambda _request: "word " * 300)
        point_at(server.url)
        ensure_fresh(at=timezone.now())
        yield server


class Listening:
    """One open stream: its events so far, and the rest when it is asked for."""

    def __init__(self, response: httpx.Response) -> None:
        self.turn_id = response.headers["X-Turn-Id"]
        self._lines = response.iter_lines()
        self.events: list[dict[str, Any]] = []

    def until(self, *kinds: str) -> dict[str, Any]:
        for line in self._lines:
            self.events.append(json.loads(line))
            if self.events[-1]["type"] in kinds:
                return self.events[-1]
        raise AssertionError(f"none of {kinds} came: {[event['type'] for event in self.events]}")

    def rest(self) -> list[dict[str, Any]]:
        self.events += [json.loads(line) for line in self._lines]
        return self.events


def listen(open_streams: ExitStack, served: Served, stage: Stage, *, of: str) -> Listening:
    headers = taps.headers(stage.key)
    method, path = ("POST", ASK) if of == "answer" else ("GET", taps.advice_path(stage.pubkey, of=of))
    asked: dict[str, Any] = {"json": QUESTION} if of == "answer" else {"params": {"use_cache": False}}
    stream = httpx.stream(method, f"{served.url}{path}", headers=headers, timeout=taps.PATIENCE_S, **asked)
    return Listening(open_streams.enter_context(stream))


@pytest.fixture
def open_streams() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def delete(served: Served, turn_id: str, *, key: str) -> int:
    path = f"{served.url}/api/v1/streaming/turns/{turn_id}"
    return httpx.delete(path, headers=taps.headers(key, accept=taps.JSON), timeout=taps.PATIENCE_S).status_code


def assert_one_ending(events: list[dict[str, Any]]) -> None:
    ends = [event for event in events if event["type"] in ("complete", "error")]
    assert [(one["type"], one["data"]["code"], one["data"]["retryable"]) for one in ends] == [
        ("error", "generation_canceled", True)
    ]
    assert ends[0] is events[-1]
    assert "topped" in ends[0]["data"]["message"]
    progress = [event["progress"] for event in events]
    assert progress == sorted(progress)


def assert_silent(server: OllamaServer, stopped_at: float) -> None:
    server.wait_for(lambda s: s.generations[0].outcome is not Outcome.RUNNING, timeout=10)
    spoken = server.generations[0]
    assert spoken.outcome is Outcome.HUNG_UP
    assert spoken.tokens_after_close <= 1
    assert spoken.tokens_after(stopped_at) <= 1


def outcomes(of: str) -> set[str]:
    rows = {"answer": Answer, "recommendations": RecommendationRun, "analysis": Generation}[of]
    return set(rows._default_manager.values_list("outcome", flat=True))


@pytest.mark.parametrize("of", ["answer", "recommendations", "analysis"])
def test_a_turn_is_stopped_by_its_id(
    served: Served, stage: Stage, slow: OllamaServer, open_streams: ExitStack, of: str
) -> None:
    stream = listen(open_streams, served, stage, of=of)
    stream.until("token")

    assert stream.events[0]["data"]["turn_id"] == stream.turn_id
    status, stopped_at = delete(served, stream.turn_id, key=stage.key), time.monotonic()

    assert status == 204
    assert_one_ending(stream.rest())
    assert_silent(slow, stopped_at)
    wait_until(lambda: outcomes(of) == {"abandoned"})
    assert [row.outcome for row in Generation.objects.all()] == ["abandoned"]


@pytest.mark.parametrize("of", ["answer", "recommendations", "analysis"])
def test_another_process_stops_it_too(
    served: Served, neighbor: Served, stage: Stage, slow: OllamaServer, open_streams: ExitStack, of: str
) -> None:
    stream = listen(open_streams, served, stage, of=of)
    stream.until("token")
    wait_until(RunningTurn.objects.exists)

    status, stopped_at = delete(neighbor, stream.turn_id, key=stage.key), time.monotonic()

    assert status == 202
    assert_one_ending(stream.rest())
    assert_silent(slow, stopped_at)
    wait_until(lambda: not RunningTurn.objects.exists())
    assert delete(neighbor, stream.turn_id, key=stage.key) == 404


def test_a_strangers_turn_is_unknown_everywhere_and_goes_on(
    served: Served, neighbor: Served, stage: Stage, slow: OllamaServer, open_streams: ExitStack
) -> None:
    stream = listen(open_streams, served, stage, of="answer")
    stream.until("token")
    wait_until(RunningTurn.objects.exists)

    statuses = [delete(one, stream.turn_id, key=stage.stranger_key) for one in (served, neighbor)]

    assert statuses == [404, 404]
    stream.until("token")


def test_staff_may_stop_any_turn(
    served: Served, neighbor: Served, stage: Stage, slow: OllamaServer, open_streams: ExitStack
) -> None:
    type(stage.stranger).objects.filter(pk=stage.stranger.pk).update(is_staff=True)
    stream = listen(open_streams, served, stage, of="answer")
    stream.until("token")
    wait_until(RunningTurn.objects.exists)

    status = delete(neighbor, stream.turn_id, key=stage.stranger_key)
    type(stage.stranger).objects.filter(pk=stage.stranger.pk).update(is_staff=False)

    assert status == 202
    assert_one_ending(stream.rest())


@pytest.mark.parametrize("of", ["recommendations", "analysis"])
def test_canceling_a_request_for_json_stops_the_model(
    served: Served, stage: Stage, slow: OllamaServer, of: str
) -> None:
    path = f"{served.url}{taps.advice_path(stage.pubkey, of=of)}"
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(
            path, headers=taps.headers(stage.key, accept=taps.JSON), timeout=httpx.Timeout(10, read=3 * TOKEN_S + 1)
        )
    left_at = time.monotonic()

    assert_silent(slow, left_at)


def test_cancel_over_a_websocket_ends_with_the_same_event(served: Served, stage: Stage, slow: OllamaServer) -> None:
    with taps.socket(served, "/ws/ask", key=stage.key) as socket:
        socket.send(json.dumps({"question": QUESTION["query"], "use_cache": False}))
        events = taps.events_of(socket)
        heard = [next(events)]
        while heard[-1]["type"] != "token":
            heard.append(next(events))
        socket.send(json.dumps({"type": "cancel"}))
        stopped_at = time.monotonic()
        heard += list(events)

    assert_one_ending(heard)
    assert_silent(slow, stopped_at)


@pytest.mark.parametrize("of", ["answer", "recommendations", "analysis"])
def test_a_turn_that_waits_in_line_is_told_its_place_and_can_be_stopped(
    served: Served, neighbor: Served, stage: Stage, slow: OllamaServer, open_streams: ExitStack, of: str
) -> None:
    speaking = listen(open_streams, served, stage, of="answer")
    speaking.until("token")
    waiting = listen(open_streams, served, stage, of=of)

    told = waiting.until("queued")
    wait_until(lambda: RunningTurn.objects.count() == 2)
    status = delete(neighbor, waiting.turn_id, key=stage.key)

    assert (told["progress"], told["data"]["position"]) == (50, 1)
    assert told["data"].keys() == {"model", "position", "expected_wait_ms"}
    assert status == 202
    assert_one_ending(waiting.rest())
    assert len(slow.generations) == 1  # the model never heard of it
    assert speaking.until("token")


def test_a_turn_that_waits_for_a_load_is_told_so_and_can_be_stopped(
    served: Served, stage: Stage, slow: OllamaServer, open_streams: ExitStack
) -> None:
    slow.limits.cold_load_s = 8.0
    stream = listen(open_streams, served, stage, of="answer")

    told = stream.until("loading")
    status = delete(served, stream.turn_id, key=stage.key)

    assert told["data"].keys() == {"model", "host", "elapsed_ms", "expected_ms"}
    assert told["data"]["host"] == "ollama"
    assert status == 204
    assert_one_ending(stream.rest())
    assert [one.outcome for one in slow.generations if one.text] == []


@pytest.mark.parametrize("of", ["answer", "recommendations", "analysis"])
def test_when_the_line_is_full_the_answer_comes_without_a_model_and_says_when_to_return(
    served: Served, stage: Stage, slow: OllamaServer, open_streams: ExitStack, of: str
) -> None:
    speaking = listen(open_streams, served, stage, of="answer")
    speaking.until("token")
    Provider.objects.filter(slug="ollama").update(queue_limit=0)

    stream = listen(open_streams, served, stage, of=of)
    stream.until("complete", "error")
    Provider.objects.filter(slug="ollama").update(queue_limit=256)

    assert stream.events[-1]["type"] == "complete"
    notes = [event["data"]["message"] for event in stream.events if event["type"] == "warning"]
    assert len(notes) == 1
    assert "model was busy" in notes[0]
    results = [event["data"] for event in stream.events if "degraded" in event["data"]]
    assert {result["degraded"] for result in results} == {True}
    assert {result["note"] for result in results if "note" in result} == {notes[0]}


def test_a_dead_process_leaves_no_turn_behind(
    neighbor: Served, stage: Stage, slow: OllamaServer, open_streams: ExitStack, tmp_path: Path
) -> None:
    with Served(dict(connection.settings_dict), tmp_path / "daphne.log") as doomed:
        stream = listen(open_streams, doomed, stage, of="answer")
        stream.until("token")
        wait_until(RunningTurn.objects.exists)
        assert doomed.process
        doomed.process.kill()
        doomed.process.wait()

    wait_until(lambda: delete(neighbor, stream.turn_id, key=stage.key) == 404)
    assert not RunningTurn.objects.exists()
