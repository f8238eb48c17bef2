"""One node's websocket: advice, a description, or a question; what a reader sends is checked, never trusted."""

from typing import Any

import pytest
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser

from rag.consumers import NOT_SIGNED_IN
from recommendations.consumers import websocket_urlpatterns
from recommendations.models import RecommendationRun
from tests.journeys.fixtures import module_rows, stage
from tests.journeys.inside import let_echo_speak, run
from tests.journeys.stage import Stage

__all__ = ["module_rows", "stage"]

ADVICE = {"action": "recommend"}


def told(stage: Stage, *messages: dict[str, Any], pubkey: str = "", user: Any = None) -> list[list[dict[str, Any]]]:
    """Send the messages one after the other, each when the turn before has ended; return what each was answered."""

    async def talk() -> list[list[dict[str, Any]]]:
        socket = WebsocketCommunicator(URLRouter(websocket_urlpatterns), f"/ws/nodes/{pubkey or stage.pubkey}/ask")
        socket.scope["user"] = user or stage.user
        await socket.connect()
        turns = [await _turn(socket, message) for message in messages]
        await socket.disconnect()
        return turns

    return run(talk)


async def _turn(socket: WebsocketCommunicator, message: dict[str, Any]) -> list[dict[str, Any]]:
    await socket.send_json_to(message)
    heard: list[dict[str, Any]] = []
    while not heard or heard[-1]["type"] not in ("complete", "error"):
        heard.append(await socket.receive_json_from(timeout=10))
    return heard


def test_advice_comes_as_events_with_one_end(stage: Stage) -> None:
    (events,) = told(stage, ADVICE)

    kinds = [event["type"] for event in events]
    assert kinds[:3] == ["status", "node_info", "technical_recommendations"]
    assert kinds[-2:] == ["ai_recommendations", "complete"]
    assert [event["sequence"] for event in events] == list(range(len(events)))
    assert RecommendationRun.objects.get().user_id == stage.user.pk


def test_a_description_and_a_question_are_answered_on_the_same_socket(stage: Stage) -> None:
    described, answered = told(stage, {"action": "analyze"}, {"question": "What is the default base fee?"})

    assert described[-2]["type"] == "ai_analysis"
    assert "answer" in [event["type"] for event in answered]
    assert answered[-1]["type"] == "complete"


@pytest.mark.parametrize(("wanted", "shown"), [(2, 2), (0, 1), (-5, 1), ("many", 10), (None, 10), (1_000, 20)])
def test_as_many_are_shown_as_were_asked_for_within_reason(stage: Stage, wanted: Any, shown: int) -> None:
    (events,) = told(stage, {**ADVICE, "max_results": wanted})

    count = [event["type"] for event in events].count("recommendation")
    total = events[-1]["data"]["total_count"]
    assert count == total <= shown
    assert count == shown or shown > 2


@pytest.mark.parametrize(
    "words",
    [{"goal": "riches"}, {"goal": ["x"]}, {"lang": "xx"}, {"lang": ["fr"]}, {"analysis_type": 7}, {"use_cache": "no"}],
    ids=str,
)
def test_words_nobody_knows_mean_the_usual_and_break_nothing(stage: Stage, words: dict[str, Any]) -> None:
    (events,) = told(stage, {**ADVICE, **words})

    assert events[-1]["type"] == "complete"
    assert events[-1]["data"]["analysis_type"] == "detailed"


def test_the_goal_and_the_language_are_heard(stage: Stage) -> None:
    plain, changed = told(stage, ADVICE, {**ADVICE, "goal": "quick_wins", "lang": "fr"})

    def cards(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        return {
            event["data"]["recommendation"]["id"]: event["data"]["recommendation"]
            for event in events
            if event["type"] == "recommendation"
        }

    both = cards(plain).keys() & cards(changed).keys()
    assert any(cards(plain)[key]["score"] != cards(changed)[key]["score"] for key in both)
    assert all(cards(plain)[key]["reasoning"] != cards(changed)[key]["reasoning"] for key in both)


def test_a_model_may_be_left_out(stage: Stage) -> None:
    let_echo_speak()

    spoken, silent = told(stage, ADVICE, {**ADVICE, "include_ai": False})

    assert spoken[-1]["data"]["model_used"] == "echo"
    assert silent[-1]["data"]["model_used"] is None


@pytest.mark.parametrize("pubkey", ["xyz", "05" + "ab" * 32])
def test_an_address_that_names_no_node_is_told_so(stage: Stage, pubkey: str) -> None:
    (events,) = told(stage, ADVICE, pubkey=pubkey)

    assert [event["type"] for event in events] == ["error"]
    assert "66 hexadecimal" in events[0]["data"]["message"]


def test_an_unknown_node_is_told_so_and_the_socket_stays(stage: Stage) -> None:
    first, second = told(stage, ADVICE, ADVICE, pubkey="02" + "ab" * 32)

    assert first[-1]["data"]["code"] == second[-1]["data"]["code"] == "node_not_found"


def test_who_is_not_signed_in_is_told_by_code(stage: Stage) -> None:
    async def knock() -> dict[str, Any]:
        socket = WebsocketCommunicator(URLRouter(websocket_urlpatterns), f"/ws/nodes/{stage.pubkey}/ask")
        socket.scope["user"] = AnonymousUser()
        await socket.connect()
        refusal: dict[str, Any] = await socket.receive_output(timeout=5)
        await socket.disconnect()
        return refusal

    assert run(knock) == {"type": "websocket.close", "code": NOT_SIGNED_IN}
