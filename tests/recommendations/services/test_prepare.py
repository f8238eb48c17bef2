"""What a turn knows before a model is asked: a fixed number of queries, and rows that act on the next request."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from models_registry.models import Exposure, Rollout
from recommendations.domain.advice import Engine
from recommendations.domain.errors import NetworkNotFound, NodeNotFound
from recommendations.models import Channel, NodeMetrics, Policy, Threshold, WeightRevision
from recommendations.services.prepare import prepare
from recommendations.services.weights import SHIPPED, activate
from tests.journeys.inside import let_echo_speak, request_of
from tests.journeys.stage import Stage

MOST_QUERIES = 16  # with private data; figures of the benchmark rest on it
ADDED_CHANNELS = 150


def queries_of(stage: Stage, **changes: Any) -> int:
    request = request_of(stage, **changes)
    prepare(request, at=stage.demo.at)  # passages are looked up once and then remembered
    with CaptureQueriesContext(connection) as captured:
        prepare(request, at=stage.demo.at)
    return len(captured)


def grow(stage: Stage) -> None:
    """Give the demo node many more channels like the ones it has."""
    model = Channel.objects.filter(node1=stage.demo.node).first() or Channel.objects.filter(node2=stage.demo.node).get()
    policies = list(model.policies.filter(until_snapshot=None))
    for number in range(ADDED_CHANNELS):
        channel = Channel.objects.get(pk=model.pk)
        channel.pk, channel.scid, channel.chan_point = None, f"700000x{number}x1", f"{number:064x}:1"
        channel.save(force_insert=True)
        Policy.objects.bulk_create(Policy(**{**plain(policy), "channel_id": channel.pk}) for policy in policies)


def plain(policy: Policy) -> dict[str, Any]:
    names = (field.attname for field in Policy._meta.concrete_fields if not field.primary_key)
    return {name: getattr(policy, name) for name in names}


def scores(stage: Stage, **changes: Any) -> list[tuple[str, float]]:
    prepared = prepare(request_of(stage, **changes), at=stage.demo.at)
    return [(item.finding_key, item.score) for item in prepared.recommendations]


def test_the_number_of_queries_is_the_same_for_few_and_many_channels(stage: Stage) -> None:
    few = queries_of(stage)

    grow(stage)

    facts = prepare(request_of(stage), at=stage.demo.at).facts
    assert len(facts.channels) > ADDED_CHANNELS
    assert queries_of(stage) == few <= MOST_QUERIES


def test_the_smallest_and_the_largest_node_of_a_network_cost_the_same_queries(stage: Stage) -> None:
    by_size = NodeMetrics.objects.filter(node__network=stage.demo.network).order_by(F("channel_count"))
    smallest, largest = by_size.first(), by_size.last()
    assert smallest
    assert largest
    assert largest.channel_count > 3 * smallest.channel_count

    counts = {queries_of(stage, pubkey=row.node.pubkey) for row in (smallest, largest)}

    assert len(counts) == 1


def test_an_unknown_node_and_an_unknown_network_are_told_apart(stage: Stage) -> None:
    with pytest.raises(NodeNotFound):
        prepare(request_of(stage, pubkey="02" + "ab" * 32), at=stage.demo.at)
    with pytest.raises(NetworkNotFound):
        prepare(request_of(stage, network="nowhere"), at=stage.demo.at)


def test_private_facts_are_only_for_whom_they_are_meant(stage: Stage) -> None:
    signed_in, unknown = (prepare(request_of(stage, user=user), at=stage.demo.at) for user in (stage.user, None))

    assert signed_in.facts.private is not None
    assert unknown.facts.private is None
    assert len(unknown.examination.insufficient) > len(signed_in.examination.insufficient)
    assert {item.rule for item in signed_in.recommendations} - {item.rule for item in unknown.recommendations}
    assert not set(signed_in.row_ids.values()) & set(unknown.row_ids.values())


@pytest.mark.parametrize(
    ("share", "is_enabled", "engine"),
    [(0, True, Engine.RULES), (100, True, Engine.V2), (100, False, Engine.RULES)],
    ids=["share 0", "share 100", "switched off"],
)
def test_the_rollout_decides_which_engine_speaks_from_the_next_request_on(
    stage: Stage, share: int, is_enabled: bool, engine: Engine
) -> None:
    let_echo_speak()
    Rollout.objects.filter(slug="advice-v2").update(share_percent=Decimal(share), is_enabled=is_enabled)

    prepared = prepare(request_of(stage, engine=None), at=stage.demo.at)

    assert prepared.engine is engine
    assert (prepared.plan is not None) is (engine is Engine.V2)
    assert [row.variant for row in Exposure.objects.all()] == ([engine.value] if is_enabled else [])


def test_a_model_is_chosen_by_what_it_will_be_told_and_for_the_tier_that_asks(stage: Stage) -> None:
    let_echo_speak()

    plans = [
        prepare(request_of(stage, engine=Engine.V2, **changes), at=stage.demo.at).plan
        for changes in ({}, {"user_tier": "premium", "is_prose": True})
    ]

    features = [plan.decision["features"] for plan in plans if plan]
    assert [one["user_tier"] for one in features] == ["standard", "premium"]
    assert {"requires_prioritization", "structured"} <= features[0]["parts"].keys()
    assert "requires_analysis" in features[1]["parts"]
    assert all(one["complexity"] > 0 < one["prompt_tokens"] for one in features)


def test_an_engine_that_was_asked_for_by_name_is_no_exposure(stage: Stage) -> None:
    Rollout.objects.update(share_percent=Decimal(0))

    prepared = prepare(request_of(stage, engine=Engine.V2), at=stage.demo.at)

    assert prepared.engine is Engine.V2
    assert not Exposure.objects.exists()


def test_a_threshold_edited_in_its_row_acts_on_the_next_request(stage: Stage) -> None:
    before = {key for key, _ in scores(stage, user=None)}

    Threshold.objects.filter(rule="base_fee", name="least_burden").update(value=1e9)

    gone = before - {key for key, _ in scores(stage, user=None)}
    assert gone
    assert all(key.startswith("base_fee:") for key in gone)


def test_activated_weights_act_on_the_next_request(stage: Stage) -> None:
    before = scores(stage)

    activate(WeightRevision.objects.create(**{name: float(name == "ease_of_implementation") for name in SHIPPED}))

    after = scores(stage)
    assert {key for key, _ in after} == {key for key, _ in before}
    assert dict(after) != dict(before)


def test_the_goal_changes_the_scores(stage: Stage) -> None:
    by_goal = {goal: dict(scores(stage, goal=goal)) for goal in ("balanced", "revenue", "stability", "quick_wins")}

    assert len({tuple(sorted(values.items())) for values in by_goal.values()}) == len(by_goal)


def test_without_a_model_nothing_is_planned_to_be_said(stage: Stage) -> None:
    prepared = prepare(request_of(stage, engine=Engine.V2), at=stage.demo.at)

    assert prepared.plan is not None
    assert not prepared.plan.can_generate
    assert (prepared.brief, prepared.memory_key) == (None, "")


def test_the_plan_carries_the_prompt_revision_and_the_rollout(stage: Stage) -> None:
    let_echo_speak()

    prepared = prepare(request_of(stage, engine=None), at=stage.demo.at)

    assert prepared.plan
    assert prepared.brief
    assert prepared.plan.prompt_revision_id == prepared.brief.prompt_revision_id is not None
    assert (prepared.plan.rollout, prepared.plan.variant) == ("advice-v2", "v2")


def test_no_more_is_shown_than_was_asked_for(stage: Stage) -> None:
    request = request_of(stage)

    shown = [prepare(replace(request, max_results=count), at=stage.demo.at).shown for count in (1, 3)]

    assert [len(items) for items in shown] == [1, 3]
    assert shown[0][0].tracking_id == shown[1][0].tracking_id
