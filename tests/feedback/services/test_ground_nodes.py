"""Advice on a whole node is held against comparable tracked nodes, named; too few of them, and nothing is claimed."""

from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from django.db.models import F
from django.test import Client

from feedback.models import ImpactReport
from feedback.services.measure import measure_recommendation_impact
from recommendations.domain.advice import State
from recommendations.models import FailedForward, Forward, Node, NodeConnection, PrivateChannel, Recommendation
from tests.feedback.traffic import write_forwards
from tests.journeys.stage import Stage

DAY = timedelta(days=1)
PER_DAY = 12


@pytest.fixture
def others(stage: Stage, key: UUID) -> list[NodeConnection]:
    """Eight comparable nodes that are tracked besides the operator's; the first is the operator's own, too."""
    Forward.objects.all().delete()
    at = stage.demo.at
    NodeConnection.objects.update(forwards_from=at - 35 * DAY, failures_from=None, measured_at=at + 40 * DAY)
    PrivateChannel.objects.update(capacity_sat=5_000_000)
    Recommendation.objects.filter(pk=key).update(state=State.APPLIED, applied_at=at, target=stage.pubkey)
    nodes = Node.objects.filter(network=stage.demo.network).exclude(pk=stage.demo.node.pk).order_by("pk")[:8]
    made = [connected(stage, node, number) for number, node in enumerate(nodes)]
    rng = np.random.default_rng(7)
    for connection in (stage.demo.connection, *made):
        forward(connection, at, rng=rng, days=range(-35, 31))
    return made


def connected(stage: Stage, node: Node, number: int) -> NodeConnection:
    at = stage.demo.at
    connection = NodeConnection.objects.create(
        node=node,
        owner=stage.stranger if number else stage.user,
        kind=NodeConnection.Kind.LND,
        measured_at=at + 40 * DAY,
        forwards_from=at - 35 * DAY,
    )
    PrivateChannel.objects.bulk_create(
        PrivateChannel(
            connection=connection,
            scid=f"{number}x{place}x0",
            peer_pubkey=node.pubkey,
            capacity_sat=5_000_000,
            measured_at=at,
        )
        for place in range(PrivateChannel.objects.filter(connection=stage.demo.connection).count())
    )
    return connection


def forward(connection: NodeConnection, at: datetime, *, rng: np.random.Generator, days: range) -> None:
    """Let a node forward some dozen payments a day, in bursts: the variance is five times the mean."""
    per_day = {day: int(rng.negative_binomial(PER_DAY / 4, 0.2)) for day in days}
    write_forwards(connection, at=at, outgoing="2x2x2", per_day=per_day)


def measured(stage: Stage, key: UUID) -> ImpactReport:
    return measure_recommendation_impact(key, days_after=28, at=stage.demo.at + 30 * DAY)


def test_without_an_effect_nothing_is_claimed_and_the_controls_are_named(
    stage: Stage, key: UUID, others: list[NodeConnection]
) -> None:
    report = measured(stage, key)

    assert report.verdict in ("inconclusive", "no clear change")
    assert set(report.judgment["controls"]) == {one.node.pubkey for one in others}
    assert report.judgment["compared_with"] == "nodes"
    assert report.effects["revenue"]["control_count"] == len(others)
    assert "against comparable nodes" in report.explanation


def test_a_true_effect_on_the_whole_node_is_found(stage: Stage, key: UUID, others: list[NodeConnection]) -> None:
    rng = np.random.default_rng(8)
    for _ in range(2):
        forward(stage.demo.connection, stage.demo.at, rng=rng, days=range(28))

    report = measured(stage, key)

    assert report.verdict == "helped"
    assert report.judgment["low"] > 0
    assert report.gain_sat["low"] > 0


def test_what_all_nodes_met_is_no_effect(stage: Stage, key: UUID, others: list[NodeConnection]) -> None:
    rng = np.random.default_rng(9)
    for connection in (stage.demo.connection, *others):
        forward(connection, stage.demo.at, rng=rng, days=range(28))

    report = measured(stage, key)

    assert report.verdict in ("inconclusive", "no clear change")
    assert report.effects["revenue"]["change"] > 0.4
    assert abs(report.effects["revenue"]["effect"]) < 0.4


def test_failures_are_compared_where_enough_nodes_record_them(
    stage: Stage, key: UUID, others: list[NodeConnection]
) -> None:
    NodeConnection.objects.update(failures_from=stage.demo.at - 35 * DAY)
    FailedForward.objects.create(
        connection=stage.demo.connection, at=stage.demo.at - DAY, incoming_scid="1x1x1", failed_at="here"
    )

    report = measured(stage, key)

    assert report.effects["success_rate"]["control_count"] == len(others)
    assert (report.status, report.effects["success_rate"]["after"]) == ("measured", 1.0)


def advise(stage: Stage, connection: NodeConnection, at: datetime) -> None:
    like = Recommendation.objects.filter(node=stage.demo.node).exclude(state=State.APPLIED)[0]
    Recommendation.objects.create(
        id=UUID(int=connection.pk),
        tracking_id="rec_other",
        node=connection.node,
        connection=connection,
        rule=like.rule,
        category=like.category,
        priority=like.priority,
        score=50,
        target="1x1x1",
        title="T",
        payload={},
        state=State.APPLIED,
        applied_at=at,
    )


def test_a_node_with_applied_advice_of_its_own_is_no_control(
    stage: Stage, key: UUID, others: list[NodeConnection]
) -> None:
    advise(stage, others[1], stage.demo.at + 3 * DAY)
    advise(stage, others[2], stage.demo.at - 40 * DAY)  # before both windows

    controls = measured(stage, key).judgment["controls"]

    assert others[1].node.pubkey not in controls
    assert others[2].node.pubkey in controls


@pytest.mark.parametrize(
    "spoiled",
    [
        {"forwards_from": F("forwards_from") + 20 * DAY},
        {"measured_at": F("measured_at") - 20 * DAY},
        {"kind": NodeConnection.Kind.DEMO},
    ],
)
def test_with_too_few_comparable_nodes_it_is_unknown_and_says_why(
    stage: Stage, key: UUID, others: list[NodeConnection], spoiled: dict[str, object]
) -> None:
    NodeConnection.objects.filter(pk__in=[one.pk for one in others[:4]]).update(**spoiled)

    report = measured(stage, key)

    assert (report.verdict, report.status, report.effectiveness_score) == ("unknown", "unknown", None)
    assert not report.judgment["controls"]
    assert report.effects["revenue"]["before"] > 0  # the raw numbers stand
    assert "no advice applied then: 4; at least 5 are needed" in report.explanation


def test_other_advice_on_the_node_spoils_the_days(stage: Stage, key: UUID, others: list[NodeConnection]) -> None:
    advise(stage, stage.demo.connection, stage.demo.at + DAY)

    report = measured(stage, key)

    assert (report.status, report.verdict) == ("inconclusive", "inconclusive")
    assert "Other advice applied on the node on" in report.explanation


def test_the_page_names_ones_own_nodes_and_counts_those_of_others(
    stage: Stage, key: UUID, others: list[NodeConnection]
) -> None:
    measured(stage, key)
    browser = Client()
    browser.force_login(stage.user)

    page = browser.get(f"/recommendations/{key}/").content.decode()

    assert others[0].node.pubkey in page
    assert others[1].node.pubkey not in page
    assert "7 of other operators" in page
