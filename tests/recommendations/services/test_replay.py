"""A turn is told again as a whole while nothing it rests on has changed, and looked at anew as soon as anything has."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from models_registry.models import LanguageModel, Provider, Route, Strategy
from models_registry.services import routes
from rag.models import PromptRevision, Source
from recommendations.domain.advice import Engine
from recommendations.models import (
    GraphSnapshot,
    Node,
    NodeConnection,
    NodeMetrics,
    NodeStance,
    OnchainFee,
    Recommendation,
    RecommendationRun,
    Threshold,
    WeightRevision,
)
from recommendations.queries.standing import public_standing
from recommendations.services import decide
from recommendations.services.collect import Advice
from recommendations.services.replay import kept, mark_of
from tests.journeys import inside
from tests.journeys.inside import let_echo_speak, request_of, turn, types
from tests.journeys.stage import Stage

MOST_STATEMENTS = 4  # mark, memory, run; a transaction needs none of its own


@pytest.fixture(autouse=True)
def echo(stage: Stage) -> None:
    let_echo_speak()
    Threshold.objects.filter(rule="quality", name="min_score").update(value=0.0)  # echo's words are poor: one try


@pytest.fixture
def pubkey(stage: Stage) -> str:
    """A node that nobody connected."""
    rows = NodeMetrics.objects.filter(snapshot=stage.demo.snapshot).exclude(node=stage.demo.node)
    return str(rows.order_by("-live_channel_count").values_list("node__pubkey", flat=True)[0])


def advised(stage: Stage, pubkey: str, **changes: Any) -> Advice:
    return inside.advised(stage, **{"engine": Engine.V2, "pubkey": pubkey, "network": "demo", **changes})


def asked(stage: Stage, pubkey: str, **changes: Any) -> Any:
    return request_of(stage, **{"engine": Engine.V2, "pubkey": pubkey, "network": "demo", "max_results": 10, **changes})


def test_the_third_request_is_told_again_with_what_the_second_said(stage: Stage, pubkey: str) -> None:
    advised(stage, pubkey)
    second = advised(stage, pubkey)
    with CaptureQueriesContext(connection) as captured:
        third = advised(stage, pubkey)

    assert second.completed["cached"] is third.completed["cached"] is True
    assert (third.recommendations, third.spoken, third.node) == (second.recommendations, second.spoken, second.node)
    own = {"run_id", "processing_time_ms"}
    assert {k: v for k, v in third.completed.items() if k not in own} == {
        k: v for k, v in second.completed.items() if k not in own
    }
    assert len(captured) <= MOST_STATEMENTS


def test_each_telling_is_a_run_of_its_own_and_takes_its_readers_rows(stage: Stage, pubkey: str) -> None:
    runs = [advised(stage, pubkey, at=stage.demo.at + timedelta(minutes=n)).completed["run_id"] for n in range(4)]

    latest = RecommendationRun.objects.get(pk=runs[-1])
    before = RecommendationRun.objects.get(pk=runs[1])
    same = ("node_id", "engine", "model", "quality_score", "response", "weights_id", "outcome", "user_id", "rollout")
    assert len(set(runs)) == 4
    assert [getattr(latest, name) for name in same] == [getattr(before, name) for name in same]
    assert latest.started_at == stage.demo.at + timedelta(minutes=3)
    assert set(Recommendation.objects.values_list("run_id", flat=True)) == {latest.pk}


def test_a_telling_has_the_time_of_its_request_and_the_events_of_any_other(stage: Stage, pubkey: str) -> None:
    advised(stage, pubkey)
    second = turn(stage, engine=Engine.V2, pubkey=pubkey, network="demo")
    later = stage.demo.at + timedelta(minutes=5)
    third = turn(stage, at=later, engine=Engine.V2, pubkey=pubkey, network="demo")

    cards = [event.data["recommendation"] for event in third if event.type.value == "recommendation"]
    assert types(third) == types(second)
    assert [event.progress for event in third] == [event.progress for event in second]
    assert {card["generated_at"] for card in cards} == {later.isoformat()}


def test_only_a_turn_that_was_told_whole_and_from_public_facts_is_kept(stage: Stage, pubkey: str) -> None:
    advised(stage, pubkey)

    assert kept(mark_of(asked(stage, pubkey), at=stage.demo.at)) is None  # a model spoke
    assert mark_of(asked(stage, stage.pubkey), at=stage.demo.at) == ""  # somebody's own node
    assert mark_of(asked(stage, "02" + "ab" * 32), at=stage.demo.at) == ""  # nobody's
    for changes in ({"engine": Engine.RULES}, {"use_cache": False}, {"include_ai": False}, {"is_prose": True}):
        assert mark_of(asked(stage, pubkey, **changes), at=stage.demo.at) == ""


def test_another_question_has_another_mark(stage: Stage, pubkey: str) -> None:
    plain = mark_of(asked(stage, pubkey), at=stage.demo.at)

    for changes in ({"lang": "fr"}, {"goal": "quick_wins"}, {"max_results": 3}, {"unit": "user:2"}, {"user_tier": "x"}):
        assert mark_of(asked(stage, pubkey, **changes), at=stage.demo.at) != plain
    assert mark_of(asked(stage, pubkey), at=stage.demo.at + timedelta(days=7)) != plain  # the ISO week
    assert mark_of(asked(stage, pubkey), at=stage.demo.at + timedelta(minutes=1)) == plain


def test_whatever_it_rests_on_changes_the_mark(stage: Stage, pubkey: str) -> None:
    at, node = stage.demo.at, Node.objects.get(pubkey=pubkey)
    advised(stage, pubkey)
    row = Recommendation.objects.filter(node=node).first()
    assert row is not None
    changes = {
        "a threshold": lambda: Threshold.objects.filter(rule="base_fee").update(value=F("value") + 1),
        "weights": lambda: WeightRevision.objects.update(note="edited"),
        "betweenness": lambda: NodeMetrics.objects.filter(node=node).update(betweenness_percentile=3.0),
        "a newer graph": lambda: GraphSnapshot.objects.update(live_channel_count=1),
        "on-chain fees": lambda: OnchainFee.objects.create(at=at, source="mempool", sat_vb=5.0),
        "a decision": lambda: decide.reject(row.pk, user=stage.user, actor="user:1", reason="no", at=at),
        "the library": lambda: Source.objects.update(revision=F("revision") + 1),
        "a prompt": lambda: PromptRevision.objects.update(text="Say less."),
        "a strategy": lambda: Strategy.objects.update(max_tokens=7),
        "a route": lambda: routes.change(Route.objects.get(purpose="advice").pk, kinds=["ollama"], model=""),
        "a host": lambda: Provider.objects.filter(slug="echo").update(is_enabled=False),
        "a model": lambda: LanguageModel.objects.update(is_enabled=False),
        "a stance": lambda: NodeStance.objects.create(owner=stage.user, node=node, profile="cautious"),
        "a connection": lambda: NodeConnection.objects.create(owner=stage.stranger, node=node, kind="files"),
    }
    before = public_standing(pubkey, at=at)

    for name, change in changes.items():
        with transaction.atomic():
            change()
            assert public_standing(pubkey, at=at) != before, name
            transaction.set_rollback(True)
    Provider.objects.update(checked_at=at, health_note="seen")
    assert public_standing(pubkey, at=at) == before
