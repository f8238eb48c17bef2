"""Alerts and suppositions for programs: one's own only, checked before anything runs, and nothing stored."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps

from models_registry.models import ApiKey
from recommendations.models import Alert, Node, NodeConnection
from recommendations.services.snapshot import node_facts
from tests.journeys.stage import Stage
from tests.recommendations.conftest import AT

Caller = Callable[..., Any]


@pytest.fixture
def alert(stage: Stage) -> Alert:
    """An open alert of a node that the operator connected."""
    node = Node.objects.get(pubkey=stage.pubkey)
    own = NodeConnection.objects.create(node=node, owner=stage.user, kind="lnd")
    words = {"kind": "stale", "severity": "medium", "target": stage.pubkey, "title": "Stale", "text": "It is old."}
    return Alert.objects.create(connection=own, key="stale:02", began_at=AT, opened_at=AT, seen_at=AT, **words)


@pytest.fixture
def channel(stage: Stage) -> Any:
    """The demo node's dearest channel."""
    facts = node_facts(stage.pubkey, user=stage.user, at=AT)
    return max(facts.channels, key=lambda one: one.own_policy.fee_ppm if one.own_policy else 0)


def asked(caller: Caller, stage: Stage, *changes: Any, **words: Any) -> Any:
    return caller("post", f"node/{stage.pubkey}/what-if", json.dumps({"changes": changes}), **words)


def test_a_program_reads_its_users_alerts_and_marks_them(stage: Stage, caller: Caller, alert: Alert) -> None:
    told = caller("get", "alerts").json()

    assert [one["title"] for one in told["alerts"]] == ["Stale"]
    assert (told["open_count"], told["unread_count"]) == (1, 1)
    assert caller("post", "alerts/read", json.dumps({"id": alert.pk})).json() == {"read": 1}
    assert caller("post", "alerts/read", json.dumps({})).json() == {"read": 0}


def test_nobody_elses_alerts_are_seen_or_marked(stage: Stage, caller: Caller, alert: Alert) -> None:
    assert caller("get", "alerts", key=None).status_code == 401
    assert caller("get", "alerts", key=stage.stranger_key).json()["alerts"] == []
    response = caller("post", "alerts/read", json.dumps({"id": alert.pk}), key=stage.stranger_key)

    assert (response.status_code, response.json()["error"]["code"]) == (404, "alert_not_found")


def test_what_if_answers_both_columns_and_stores_nothing(stage: Stage, caller: Caller, channel: Any) -> None:
    kept = [model for model in apps.get_models() if model is not ApiKey and model._meta.app_label == "recommendations"]
    before = [model._default_manager.count() for model in kept]

    told = asked(caller, stage, {"kind": "fee", "channel": channel.scid, "fee_ppm": 90}).json()

    assert [model._default_manager.count() for model in kept] == before
    assert {one["fate"] for one in told["findings"]} <= {"new", "changed", "gone", "unchanged"}
    assert sum(told["counts"].values()) == len(told["findings"])
    assert told["standing"]["before"]["hhi"] == pytest.approx(told["standing"]["after"]["hhi"])
    assert told["revenue"]["changes"][0]["computation"]
    gone = next(one for one in told["findings"] if one["fate"] in ("gone", "changed"))
    assert gone["before"]["impact_factors"].keys() >= {"risk_level", "ease_of_implementation"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "luck"}, "changes"),
        ({"kind": "fee", "fee_ppm": 1}, "changes"),
        ({"kind": "fee", "channel": "1x1x1"}, "changes"),
        ({"kind": "fee", "channel": "1x1x1", "fee_ppm": -1}, "changes"),
        ({"kind": "balance", "channel": "1x1x1", "local_ratio": 2}, "changes"),
        ({"kind": "open", "peer": "xyz", "size_sat": 1_000_000}, "changes"),
        ({"kind": "open", "peer": "02" + "0" * 64, "size_sat": 1}, "changes"),
        ({"kind": "open", "peer": "02" + "0" * 64, "size_sat": 1_000_000}, "peer"),
        ({"kind": "close", "channel": "1x1x1"}, "channel"),
    ],
)
def test_a_supposition_that_cannot_be_made_names_the_field(
    stage: Stage, caller: Caller, change: dict[str, Any], field: str
) -> None:
    response = asked(caller, stage, change)

    assert response.status_code == 400
    assert response.json()["error"]["field"].split(".")[0] == field


def test_what_if_needs_a_key_a_change_and_a_node(stage: Stage, caller: Caller) -> None:
    assert asked(caller, stage, {"kind": "close", "channel": "1x1x1"}, key=None).status_code == 401
    assert asked(caller, stage).status_code == 400
    body = json.dumps({"changes": [{"kind": "close", "channel": "1x1x1"}]})
    assert caller("post", f"node/{'02' + 'ab' * 32}/what-if", body).status_code == 404
