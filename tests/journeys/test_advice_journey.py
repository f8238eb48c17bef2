"""Advice from a served Daphne: four taps say the same, event after event, and refusals come before the stream."""

import math
from typing import Any

import httpx
import pytest

from recommendations.domain.grammar import check
from recommendations.models import RecommendationRun
from tests.journeys import taps
from tests.journeys.served import Served
from tests.journeys.stage import Stage
from tests.journeys.taps import Heard

pytestmark = pytest.mark.integration

UNKNOWN_NODE = "02" + "ab" * 32
OWN_TO_EACH_RUN = frozenset({"run_id", "turn_id", "processing_time_ms", "generated_at"})
STEPS = ("status", "node_info", "technical_recommendations", "ai_recommendations", "complete")


def same(one: Any, other: Any) -> bool:
    """Return whether two values are equal but for what differs between any two runs: ids, times, the age of data."""
    if isinstance(one, dict) and isinstance(other, dict):
        names = one.keys() - OWN_TO_EACH_RUN
        return names == other.keys() - OWN_TO_EACH_RUN and all(same(one[name], other[name]) for name in names)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-3)
    return bool(one == other)


def every_tap(served: Served, stage: Stage, *, of: str, action: str) -> dict[str, Heard]:
    path, key = taps.advice_path(stage.pubkey, of=of), stage.key
    asked = {"action": action}
    return {
        "ndjson": taps.listen(served, path, key=key),
        "sse": taps.listen(served, path, key=key, accept=taps.SSE),
        "json": taps.drained(served, path, key=key),
        "websocket": taps.overheard(served, f"/ws/nodes/{stage.pubkey}/ask", asked, key=key),
    }


@pytest.fixture
def heard(served: Served, stage: Stage) -> Heard:
    """The demo node's advice by NDJSON."""
    return taps.listen(served, taps.advice_path(stage.pubkey), key=stage.key)


@pytest.mark.parametrize(("of", "action"), [("recommendations", "recommend"), ("analysis", "analyze")])
def test_the_four_taps_carry_equal_dictionaries(served: Served, stage: Stage, of: str, action: str) -> None:
    told = every_tap(served, stage, of=of, action=action)

    first = told.pop("ndjson")
    assert [event["sequence"] for event in first.events] == list(range(len(first.events)))
    for name, other in told.items():
        assert other.types == first.types, name
        unequal = [a["type"] for a, b in zip(first.events, other.events, strict=True) if not same(a, b)]
        assert unequal == [], name


def test_the_plain_answer_holds_what_the_stream_says(served: Served, stage: Stage, heard: Heard) -> None:
    response = taps.get(served, f"/api/v1/node/{stage.pubkey}/recommendations/v2", key=stage.key)

    told = response.json()
    assert response.status_code == 200
    assert [item["tracking_id"] for item in told["recommendations"]] == heard.data("ai_recommendations")["order"]
    assert told["by_priority"] == heard.data("complete")["by_priority"]
    assert sum(told["by_priority"].values()) == told["total_count"] == len(told["recommendations"])
    assert same(told["node_info"], heard.data("node_info"))
    assert (told["version"], told["degraded"], told["model_used"]) == ("v2", True, None)


def test_events_arrive_one_by_one(heard: Heard) -> None:
    begun, ended = heard.arrived_s[0], heard.arrived_s[-1]

    assert len(set(heard.arrived_s)) >= len(STEPS)
    assert ended - begun > 0.01  # the facts are read after the first event was here
    assert heard.types[0] == "status"


def test_the_first_chunk_is_here_before_the_last_is_made(served: Served, stage: Stage) -> None:
    with taps.opened(served, taps.advice_path(stage.pubkey), key=stage.key) as events:
        assert next(events)["type"] == "status"
        assert not RecommendationRun.objects.exists()
        rest = list(events)

    assert rest[-1]["type"] == "complete"
    assert RecommendationRun.objects.get().outcome == "completed"


def test_a_stream_is_buffered_by_nobody(served: Served, stage: Stage) -> None:
    url = f"{served.url}{taps.advice_path(stage.pubkey)}"

    with httpx.stream("GET", url, headers=taps.headers(stage.key), timeout=taps.PATIENCE_S) as response:
        response.read()

    assert response.headers["x-accel-buffering"] == "no"
    assert response.headers["cache-control"] == "no-store"
    assert "content-encoding" not in response.headers
    assert "content-length" not in response.headers


def test_progress_goes_from_0_to_100_by_the_known_steps_and_never_falls(heard: Heard) -> None:
    by_type = dict(zip(heard.types, heard.progress, strict=True))

    assert heard.progress == sorted(heard.progress)
    assert [by_type[step] for step in STEPS] == [0, 25, 50, 90, 100]
    assert set(heard.types) - set(STEPS) <= {"recommendation", "warning", "token"}
    assert all(50 <= p <= 90 for t, p in zip(heard.types, heard.progress, strict=True) if t == "recommendation")


@pytest.mark.parametrize("of", ["recommendations", "analysis"])
def test_exactly_one_terminal_event_ends_a_stream(served: Served, stage: Stage, of: str) -> None:
    heard = taps.listen(served, taps.advice_path(stage.pubkey, of=of), key=stage.key)

    assert [kind for kind in heard.types if kind in ("complete", "error")] == ["complete"]
    assert heard.types[-1] == "complete"


def test_the_demo_node_gets_at_least_four_ranked_recommendations_with_evidence(heard: Heard) -> None:
    priorities = ["critical", "high", "medium", "low", "info"]
    ranks = [(priorities.index(card["priority"]), -card["score"]) for card in heard.cards]

    assert len(heard.cards) >= 4
    assert ranks == sorted(ranks)
    assert [event["data"]["position"] for event in heard.events if event["type"] == "recommendation"] == list(
        range(1, len(heard.cards) + 1)
    )
    for card in heard.cards:
        assert card["evidence"]
        assert all(one["source"] and one["label"] and one["as_of"] for one in card["evidence"])
        assert card["title"]
        assert card["explanation"]
        assert card["reasoning"]


def test_the_demo_nodes_advice_cites_the_library(heard: Heard) -> None:
    cited = [citation for card in heard.cards for citation in card["citations"]]

    assert cited
    assert all(citation["quote"] and citation["title"] and citation["document_uid"] for citation in cited)


def test_every_copyable_command_passes_the_grammar_again(heard: Heard) -> None:
    sides = [(card, side) for card in heard.cards if card["commands"] for side in card["commands"].values()]
    copyable = [(card, side) for card, side in sides if side["copyable"]]

    assert len(copyable) >= 4
    for card, side in copyable:
        words = side["command"].replace("=", " ").replace(",", " ").split()
        assert check(side["command"], known=frozenset(words)).is_allowed, side["command"]
        assert side["checked"]
        assert side["inverse"] or card["cannot_undo"] or card["reversibility"] == "nothing_changes"


def test_dismissed_and_asked_for_counts_agree_with_the_cards(served: Served, stage: Stage) -> None:
    heard = taps.listen(served, taps.advice_path(stage.pubkey), key=stage.key, max_results=2)

    assert len(heard.cards) == heard.data("complete")["total_count"] == 2
    assert heard.data("technical_recommendations")["total"] == 2


@pytest.mark.parametrize("accept", [taps.NDJSON, taps.SSE, taps.JSON])
@pytest.mark.parametrize(
    ("changes", "pubkey", "status", "code"),
    [
        ({"Authorization": None}, "", 401, "not_authenticated"),
        ({"Authorization": "Bearer lnr_wrong_key"}, "", 401, "authentication_failed"),
        ({"X-API-Version": None}, "", 400, "api_version_missing"),
        ({"X-API-Version": "2020-01-01"}, "", 426, "api_version_unsupported"),
        ({}, "not-a-key", 400, "node_key_invalid"),
        ({}, UNKNOWN_NODE, 404, "node_not_found"),
    ],
    ids=["no key", "a wrong key", "no version", "another version", "no node key", "an unknown node"],
)
def test_a_stream_is_refused_by_its_status(
    served: Served, stage: Stage, accept: str, changes: dict[str, str | None], pubkey: str, status: int, code: str
) -> None:
    asked = {**taps.headers(stage.key, accept=accept), **changes}
    url = f"{served.url}{taps.advice_path(pubkey or stage.pubkey)}"

    response = httpx.get(url, headers={name: value for name, value in asked.items() if value is not None})

    assert response.status_code == status
    assert code in response.text
    assert not RecommendationRun.objects.exists()


@pytest.mark.parametrize(
    ("params", "field"),
    [({"max_results": 0}, "max_results"), ({"goal": "riches"}, "goal"), ({"lang": "xx"}, "lang")],
)
def test_what_cannot_be_asked_names_the_field(served: Served, stage: Stage, params: dict[str, Any], field: str) -> None:
    response = taps.get(served, taps.advice_path(stage.pubkey), key=stage.key, **params)

    assert response.status_code == 400
    assert response.json()["error"]["field"] == field


def test_a_node_key_in_capitals_is_the_same_node(served: Served, stage: Stage) -> None:
    heard = taps.listen(served, taps.advice_path(stage.pubkey.upper()), key=stage.key, max_results=1)

    assert heard.data("node_info")["pubkey"] == stage.pubkey


def test_a_websocket_to_an_unknown_node_says_so_and_ends(served: Served, stage: Stage) -> None:
    heard = taps.overheard(served, f"/ws/nodes/{UNKNOWN_NODE}/ask", {"action": "recommend"}, key=stage.key)

    assert heard.types == ["status", "error"]
    assert heard.data("error")["code"] == "node_not_found"
    assert heard.data("error")["retryable"] is False


def test_the_node_itself_is_public(served: Served, stage: Stage) -> None:
    response = httpx.get(f"{served.url}/api/v1/node/{stage.pubkey}", headers=taps.VERSION)

    assert response.status_code == 200
    assert response.json()["private"] is None


def test_the_rules_answer_for_themselves_and_can_be_filtered(served: Served, stage: Stage) -> None:
    path = f"/api/v1/node/{stage.pubkey}/recommendations"
    everything = taps.get(served, path, key=stage.key).json()
    fees = taps.get(served, path, key=stage.key, category="fees").json()

    assert (everything["version"], everything["degraded"]) == ("v1", False)
    assert 0 < fees["total_count"] < everything["total_count"]
    assert {item["category"] for item in fees["recommendations"]} == {"fees"}
