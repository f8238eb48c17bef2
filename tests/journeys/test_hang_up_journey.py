"""Who leaves is not spoken to: the model's connection closes within one token, and one abandoned run is written."""

import json
import time
from collections.abc import Callable, Iterator

import pytest

from models_registry.models import Generation
from recommendations.models import RecommendationRun
from tests.journeys import taps
from tests.journeys.served import Served
from tests.journeys.stage import Stage, point_at
from tests.servers.ollama import Generation as Spoken
from tests.servers.ollama import OllamaServer, Outcome

pytestmark = pytest.mark.integration

TOKEN_S = 0.2  # so slow that a busy test machine does not count as a late hang-up
Leave = Callable[[Served, Stage], float]


@pytest.fixture
def slow(stage: Stage) -> Iterator[OllamaServer]:
    """A host that would speak for a minute, token by token."""
    with OllamaServer(token_delay_s=TOKEN_S, num_parallel=4) as server:
        server.respond_with(lambda _request: "word " * 300)
        point_at(server.url)
        yield server


def hang_up(served: Served, stage: Stage, *, accept: str, of: str) -> float:
    with taps.opened(served, taps.advice_path(stage.pubkey, of=of), key=stage.key, accept=accept) as events:
        taps.until(events, "token")
    return time.monotonic()


def close_socket(served: Served, stage: Stage, *, action: str) -> float:
    with taps.socket(served, f"/ws/nodes/{stage.pubkey}/ask", key=stage.key) as connection:
        connection.send(json.dumps({"action": action}))
        taps.until(taps.events_of(connection), "token")
    return time.monotonic()


def first_of(server: OllamaServer) -> Spoken:
    """Return the first generation once it has ended."""
    server.wait_for(lambda s: s.generations[0].outcome is not Outcome.RUNNING, timeout=10)
    return server.generations[0]


def runs(*, at_least: int) -> list[str]:
    """Return the outcomes stored, when there are that many or after a patient wait; late twins get a moment too."""
    deadline = time.monotonic() + 10
    while RecommendationRun.objects.count() < at_least and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.2)
    return list(RecommendationRun.objects.order_by("started_at").values_list("outcome", flat=True))


def assert_let_go(server: OllamaServer, left_at: float) -> None:
    spoken = first_of(server)
    assert spoken.outcome is Outcome.HUNG_UP
    assert spoken.tokens_after_close <= 1
    assert spoken.tokens_after(left_at) <= 1


@pytest.mark.parametrize("accept", [taps.NDJSON, taps.SSE])
def test_closing_the_stream_closes_the_models_connection(
    served: Served, stage: Stage, slow: OllamaServer, accept: str
) -> None:
    left_at = hang_up(served, stage, accept=accept, of="recommendations")

    assert_let_go(slow, left_at)
    assert runs(at_least=1) == ["abandoned"]
    assert [row.outcome for row in Generation.objects.all()] == ["abandoned"]


def test_leaving_the_page_closes_the_models_connection(served: Served, stage: Stage, slow: OllamaServer) -> None:
    left_at = close_socket(served, stage, action="recommend")

    assert_let_go(slow, left_at)
    assert runs(at_least=1) == ["abandoned"]
    assert Generation.objects.get().outcome == "abandoned"


@pytest.mark.parametrize("is_socket", [False, True], ids=["ndjson", "websocket"])
def test_leaving_an_analysis_closes_it_too(served: Served, stage: Stage, slow: OllamaServer, is_socket: bool) -> None:
    left_at = (
        close_socket(served, stage, action="analyze")
        if is_socket
        else hang_up(served, stage, accept=taps.NDJSON, of="analysis")
    )

    assert_let_go(slow, left_at)
    deadline = time.monotonic() + 5
    while not Generation.objects.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert Generation.objects.get().outcome == "abandoned"


def test_a_new_question_on_the_same_socket_ends_the_turn_before(
    served: Served, stage: Stage, slow: OllamaServer
) -> None:
    with taps.socket(served, f"/ws/nodes/{stage.pubkey}/ask", key=stage.key) as connection:
        connection.send(json.dumps({"action": "recommend"}))
        taps.until(taps.events_of(connection), "token")
        connection.send(json.dumps({"action": "recommend", "include_ai": False}))
        asked_at = time.monotonic()
        rest = list(taps.events_of(connection))

    assert_let_go(slow, asked_at)
    assert rest[-1]["type"] == "complete"
    assert runs(at_least=2) == ["abandoned", "completed"]
    again = rest[[event["sequence"] for event in rest].index(0) :]
    assert "token" not in [event["type"] for event in again]  # nothing of the old voice in the new turn


def test_cancel_ends_the_turn_and_keeps_the_socket(served: Served, stage: Stage, slow: OllamaServer) -> None:
    with taps.socket(served, f"/ws/nodes/{stage.pubkey}/ask", key=stage.key) as connection:
        connection.send(json.dumps({"action": "recommend"}))
        taps.until(taps.events_of(connection), "token")
        connection.send(json.dumps({"type": "cancel"}))
        left_at = time.monotonic()
        assert_let_go(slow, left_at)
        ended = list(taps.events_of(connection))[-1]
        connection.send(json.dumps({"action": "recommend", "include_ai": False}))
        kinds = [event["type"] for event in taps.events_of(connection)]

    assert (ended["type"], ended["data"]["code"]) == ("error", "generation_canceled")
    assert kinds[-1] == "complete"
    assert runs(at_least=2) == ["abandoned", "completed"]


def test_leaving_before_the_first_word_closes_the_connection_too(served: Served, stage: Stage) -> None:
    with OllamaServer(prompt_delay_s=30) as thinking:
        point_at(thinking.url, first_token_s=60, total_s=90)
        path = taps.advice_path(stage.pubkey)
        with taps.opened(served, path, key=stage.key) as events:
            taps.until(events, "technical_recommendations")
            thinking.wait_for(lambda server: bool(server.generations), timeout=10)

        assert first_of(thinking).outcome is Outcome.HUNG_UP
        assert runs(at_least=1) == ["abandoned"]


def test_what_was_shown_before_leaving_is_kept(served: Served, stage: Stage) -> None:
    with taps.opened(served, taps.advice_path(stage.pubkey), key=stage.key) as events:
        shown = taps.until(events, "recommendation")["data"]["recommendation"]["id"]

    assert len(runs(at_least=1)) == 1
    response = taps.get(served, f"/api/v1/recommendations/{shown}", key=stage.key)
    assert response.status_code == 200
