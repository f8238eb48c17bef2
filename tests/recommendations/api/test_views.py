"""The plain doors of the advice API: who may ask, what is answered, what is refused and how."""

from collections.abc import Callable
from typing import Any

import pytest

from models_registry.services import keys
from recommendations.models import GraphSnapshot, Network, NodeConnection, Recommendation
from tests.journeys.stage import Stage

Caller = Callable[..., Any]
UNKNOWN_NODE = "02" + "ab" * 32
MOVES = "recommendations/{}/state"


@pytest.fixture
def given(stage: Stage, caller: Caller) -> dict[str, Any]:
    """The first recommendation of the demo node, as the API gave it."""
    first: dict[str, Any] = caller("get", f"node/{stage.pubkey}/recommendations").json()["recommendations"][0]
    return first


def test_the_network_is_public_and_what_is_unknown_is_null(caller: Caller) -> None:
    told = caller("get", "network", key=None).json()

    assert told["is_synthetic"] is True
    assert told["congestion_level"] is None
    assert told["active_nodes"] > 0
    assert told["median_fee_ppm"] > 0


def test_an_unknown_network_is_not_there(caller: Caller) -> None:
    for path in ("network", "nodes"):
        response = caller("get", path, key=None, network="nowhere", search="a")
        assert (response.status_code, response.json()["error"]["code"]) == (404, "network_not_found")


def test_without_any_graph_the_answer_says_what_to_do(caller: Caller) -> None:
    GraphSnapshot.objects.all().delete()
    Network.objects.all().delete()

    response = caller("get", "network", key=None)

    assert response.status_code == 404
    assert "import_graph" in response.json()["error"]["message"]


def test_nodes_are_found_by_alias_and_key(stage: Stage, caller: Caller) -> None:
    for text in ("lnrag demo", stage.pubkey[:12]):
        found = caller("get", "nodes", key=None, search=text).json()["nodes"]
        assert found[0]["pubkey"] == stage.pubkey


@pytest.mark.parametrize(
    ("params", "field"), [({}, "search"), ({"search": " "}, "search"), ({"search": "a", "limit": 51}, "limit")]
)
def test_a_search_that_cannot_be_made_names_the_field(caller: Caller, params: dict[str, Any], field: str) -> None:
    response = caller("get", "nodes", key=None, **params)

    assert (response.status_code, response.json()["error"]["field"]) == (400, field)


def test_a_nodes_private_facts_are_only_for_a_key_that_may_see_them(stage: Stage, caller: Caller) -> None:
    path = f"node/{stage.pubkey}"

    assert caller("get", path, key=None).json()["private"] is None
    assert caller("get", path).json()["private"]["uptime_ratio"] is not None
    assert caller("get", path, key="lnr_wrong_key").status_code == 401


@pytest.mark.parametrize(("pubkey", "status"), [("xyz", 400), (UNKNOWN_NODE, 404)])
def test_a_key_that_is_none_and_one_that_is_unknown_are_told_apart(caller: Caller, pubkey: str, status: int) -> None:
    for path in (f"node/{pubkey}", f"node/{pubkey}/recommendations", f"node/{pubkey}/recommendations/v2"):
        assert caller("get", path).status_code == status


@pytest.mark.parametrize("path", ["recommendations", "recommendations/v2"])
def test_advice_needs_a_key(stage: Stage, caller: Caller, path: str) -> None:
    response = caller("get", f"node/{stage.pubkey}/{path}", key=None)

    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("asked", "echoed"),
    [("quick", "quick"), ("strategic", "strategic"), ("QUICK_ANALYSIS", "quick"), ("nonsense", "detailed")],
)
def test_the_analysis_type_is_echoed_and_an_unknown_one_means_detailed(
    stage: Stage, caller: Caller, asked: str, echoed: str
) -> None:
    told = caller("get", f"node/{stage.pubkey}/recommendations/v2", analysis_type=asked).json()

    assert told["metadata"]["query_type"] == echoed


def test_without_a_model_v2_answers_by_rules_and_says_so(stage: Stage, caller: Caller) -> None:
    response = caller("get", f"node/{stage.pubkey}/recommendations/v2")

    told = response.json()
    assert response.status_code == 200
    assert (told["degraded"], told["model_used"], told["version"]) == (True, None, "v2")
    assert told["note"]
    assert told["sources"]
    assert set(told["by_priority"]) == {"critical", "high", "medium", "low", "info"}
    assert (told["metadata"]["scored"], told["metadata"]["tracked"]) == (True, True)


def test_filters_keep_what_fits_and_count_it(stage: Stage, caller: Caller) -> None:
    path = f"node/{stage.pubkey}/recommendations"
    everything = caller("get", path, max_results=20).json()["recommendations"]

    for name in ("category", "priority"):
        for value in {item[name] for item in everything}:
            told = caller("get", path, max_results=20, **{name: value}).json()
            assert told["total_count"] == sum(item[name] == value for item in everything)
            assert sum(told["by_priority"].values()) == told["total_count"]


@pytest.mark.parametrize(
    ("name", "value"), [("category", "luck"), ("priority", "huge"), ("max_results", 21), ("goal", "x"), ("lang", "de")]
)
def test_a_filter_nobody_knows_names_the_field(stage: Stage, caller: Caller, name: str, value: Any) -> None:
    response = caller("get", f"node/{stage.pubkey}/recommendations", **{name: value})

    assert (response.status_code, response.json()["error"]["field"]) == (400, name)


def test_the_reason_is_given_in_the_language_asked_for(stage: Stage, caller: Caller) -> None:
    reasons = {
        lang: caller("get", f"node/{stage.pubkey}/recommendations", lang=lang).json()["recommendations"][0]["reasoning"]
        for lang in ("en", "fr")
    }

    assert reasons["en"] != reasons["fr"]


def test_a_recommendation_is_read_moved_and_taken_back(caller: Caller, given: dict[str, Any]) -> None:
    path = f"recommendations/{given['id']}"
    steps = [("viewed", "viewed"), ("applied", "applied"), ("undo", "viewed"), ("rejected", "rejected")]

    fresh = caller("get", path).json()
    states = [
        caller("post", f"{path}/state", {"state": state, "note": "n", "reason": "r"}).json()["state"]
        for state, _ in steps
    ]
    latest = caller("get", path).json()

    assert (fresh["state"], fresh["viewed_at"]) == ("generated", None)
    assert states == [state for _, state in steps]
    assert (latest["state"], latest["reject_reason"], latest["applied_at"]) == ("rejected", "r", None)
    assert latest["viewed_at"]
    assert latest["rejected_at"]


def test_what_is_kept_to_measure_against_is_not_shown(caller: Caller, given: dict[str, Any]) -> None:
    caller("post", MOVES.format(given["id"]), {"state": "applied"})

    assert "baseline" in Recommendation.objects.get(pk=given["id"]).payload
    assert "baseline" not in caller("get", f"recommendations/{given['id']}").json()


def test_an_illegal_move_is_a_conflict_and_changes_nothing(caller: Caller, given: dict[str, Any]) -> None:
    path = MOVES.format(given["id"])
    caller("post", path, {"state": "applied"})

    response = caller("post", path, {"state": "rejected"})

    assert (response.status_code, response.json()["error"]["code"]) == (409, "move_not_allowed")
    assert Recommendation.objects.get(pk=given["id"]).state == "applied"


@pytest.mark.parametrize("state", ["expired", "generated", "done", ""])
def test_a_state_nobody_may_set_is_refused(caller: Caller, given: dict[str, Any], state: str) -> None:
    response = caller("post", MOVES.format(given["id"]), {"state": state})

    assert (response.status_code, response.json()["error"]["field"]) == (400, "state")


@pytest.mark.parametrize("method", ["get", "post"])
def test_another_users_private_recommendation_is_not_there(
    stage: Stage, caller: Caller, given: dict[str, Any], method: str
) -> None:
    own = NodeConnection.objects.create(node=stage.demo.node, owner=stage.user, kind=NodeConnection.Kind.FILES)
    Recommendation.objects.filter(pk=given["id"]).update(connection=own)
    path = f"recommendations/{given['id']}" if method == "get" else MOVES.format(given["id"])

    mine = caller(method, path, {"state": "viewed"})
    theirs = caller(method, path, {"state": "viewed"}, key=stage.stranger_key)

    assert (mine.status_code, theirs.status_code) == (200, 404)
    assert theirs.json()["error"]["code"] == "recommendation_not_found"


def test_moving_needs_a_key(caller: Caller, given: dict[str, Any]) -> None:
    assert caller("post", MOVES.format(given["id"]), {"state": "applied"}, key=None).status_code == 401
    assert caller("get", f"recommendations/{given['id']}", key=None).status_code == 401


def test_a_key_of_nobody_sees_the_demo_but_keeps_no_list(stage: Stage, caller: Caller) -> None:
    key = keys.create("program").text

    told = caller("get", f"node/{stage.pubkey}/recommendations", key=key)

    assert told.status_code == 200
    assert told.json()["total_count"] > 0


def test_the_steps_actor_is_the_caller(stage: Stage, caller: Caller, given: dict[str, Any]) -> None:
    caller("post", MOVES.format(given["id"]), {"state": "applied"})

    assert Recommendation.objects.get(pk=given["id"]).actor == f"user:{stage.user.pk}"
