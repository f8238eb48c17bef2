"""Jobs take what a newer version may send, and may be delivered twice."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from recommendations import tasks
from recommendations.domain.advice import Category, Priority, State
from recommendations.domain.tracking import DAYS_UNTIL_EXPIRED
from recommendations.models import GraphSnapshot, NodeMetrics, Recommendation


def recommendation(node, *, days_old: float, state: State = State.GENERATED) -> Recommendation:
    return Recommendation.objects.create(
        id=uuid4(),
        tracking_id=uuid4().hex,
        node=node,
        rule="base_fee",
        category=Category.FEES,
        priority=Priority.LOW,
        score=40.0,
        target=node.pubkey,
        title="Set the base fee to 0",
        payload={},
        state=state,
        generated_at=timezone.now() - timedelta(days=days_old),
    )


def test_betweenness_is_computed_for_every_node_with_a_live_peer(demo):
    NodeMetrics.objects.update(betweenness=None, betweenness_percentile=None)
    GraphSnapshot.objects.update(is_betweenness_done=False)

    first = tasks.compute_betweenness(snapshot_id=demo.snapshot.pk, from_a_newer_version=True)
    second = tasks.compute_betweenness(snapshot_id=demo.snapshot.pk)

    measured = NodeMetrics.objects.exclude(betweenness_percentile=None)
    assert first == second == measured.count() == NodeMetrics.objects.filter(peer_count__gt=0).count()
    assert GraphSnapshot.objects.get().is_betweenness_done


@pytest.mark.django_db
def test_betweenness_of_a_snapshot_that_is_gone_is_nothing():
    assert tasks.compute_betweenness(snapshot_id=12345) == 0


def test_old_advice_nobody_acted_on_expires_and_what_was_decided_stays(demo):
    old, applied = DAYS_UNTIL_EXPIRED + 1, State.APPLIED
    expired = recommendation(demo.node, days_old=old)
    kept = [recommendation(demo.node, days_old=0), recommendation(demo.node, days_old=old, state=applied)]

    assert tasks.expire_recommendations(from_a_newer_version=True) == 1
    assert tasks.expire_recommendations() == 0

    expired.refresh_from_db()
    assert expired.state == State.EXPIRED
    assert [Recommendation.objects.get(pk=row.pk).state for row in kept] == [State.GENERATED, State.APPLIED]


@pytest.mark.django_db
def test_without_a_model_there_is_nothing_to_warm():
    report = tasks.warm_popular_nodes(from_a_newer_version=True)

    assert report == {"warmed": 0, "already_warm": 0, "degraded": 0, "failed": 0}
