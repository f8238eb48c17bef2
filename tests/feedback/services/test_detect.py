"""What an operator did on the node itself counts as applied: found once from readings or the graph, undone for good."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from feedback.services.detect import detect_applied
from recommendations.domain.advice import State
from recommendations.models import ChannelCost, ClosedChannel, PrivateChannel, Recommendation
from recommendations.services import decide
from tests.journeys.stage import Stage

HOUR = timedelta(hours=1)
NEW = {"base_fee_msat": 0, "fee_ppm": 240, "time_lock_delta": 80}


@pytest.fixture
def advice(stage: Stage, key: UUID) -> Recommendation:
    """One fee change advised; everything else is out of the way."""
    Recommendation.objects.exclude(pk=key).delete()
    return advised(key, stage, "set_channel_fee", new=NEW)


def advised(key: UUID, stage: Stage, kind: str, *, target: str = "", **parameters: Any) -> Recommendation:
    row = Recommendation.objects.get(pk=key)
    row.target = target or PrivateChannel.objects.order_by("scid").values_list("scid", flat=True)[0]
    row.payload = {**row.payload, "action": kind, "action_parameters": parameters}
    row.generated_at = stage.demo.at
    row.save()
    return row


def read(scid: str, *, at: datetime, **policy: int) -> None:
    PrivateChannel.objects.filter(scid=scid).update(own_policy=policy, policy_changed_at=at, measured_at=at)


def found(stage: Stage) -> int:
    return detect_applied(at=stage.demo.at + 5 * HOUR)


def test_a_policy_that_now_is_as_advised_was_applied_when_it_was_first_seen(
    stage: Stage, advice: Recommendation
) -> None:
    read(advice.target, at=stage.demo.at + HOUR, base_fee_msat=0, fee_ppm=250)
    assert found(stage) == 0

    read(advice.target, at=stage.demo.at + 2 * HOUR, base_fee_msat=0, fee_ppm=240)
    assert found(stage) == 1
    assert found(stage) == 0

    advice.refresh_from_db()
    assert (advice.state, advice.actor) == (State.APPLIED, "detected")
    assert advice.applied_at == stage.demo.at + 2 * HOUR
    assert advice.payload["baseline"]["local_ratios"]


def test_a_policy_that_stood_before_the_advice_proves_nothing(stage: Stage, advice: Recommendation) -> None:
    read(advice.target, at=stage.demo.at - HOUR, base_fee_msat=0, fee_ppm=240)

    assert found(stage) == 0


def test_a_detection_taken_back_is_not_found_again(stage: Stage, advice: Recommendation) -> None:
    read(advice.target, at=stage.demo.at + HOUR, base_fee_msat=0, fee_ppm=240)
    assert found(stage) == 1

    decide.undo(advice.pk, user=stage.user, actor="operator", at=stage.demo.at + 3 * HOUR)

    assert found(stage) == 0
    advice.refresh_from_db()
    assert advice.state == State.VIEWED


def test_what_was_dismissed_stays_dismissed(stage: Stage, advice: Recommendation) -> None:
    decide.reject(advice.pk, user=stage.user, actor="operator", at=stage.demo.at)
    read(advice.target, at=stage.demo.at + HOUR, base_fee_msat=0, fee_ppm=240)

    assert found(stage) == 0


def test_several_recommendations_on_one_channel_are_kept_apart(stage: Stage, advice: Recommendation) -> None:
    other = Recommendation.objects.get(pk=advice.pk)
    other.pk, other.tracking_id = UUID(int=7), "rec_other"
    other.payload = {**advice.payload, "action_parameters": {"new": {**NEW, "fee_ppm": 100}}}
    other.save(force_insert=True)
    read(advice.target, at=stage.demo.at + HOUR, base_fee_msat=0, fee_ppm=100)

    assert found(stage) == 1
    assert set(Recommendation.objects.filter(state=State.APPLIED).values_list("pk", flat=True)) == {other.pk}


def test_an_opened_and_a_closed_channel_are_found(stage: Stage, advice: Recommendation) -> None:
    peer = "02" + "ab" * 32
    advised(advice.pk, stage, "open_channel", target=peer, amount_sat=1_000_000)
    assert found(stage) == 0
    like = PrivateChannel.objects.all()[0]
    PrivateChannel.objects.create(
        connection=like.connection, scid="9x9x9", peer_pubkey=peer, measured_at=stage.demo.at + HOUR
    )
    assert found(stage) == 1

    Recommendation.objects.update(state=State.VIEWED)
    advised(advice.pk, stage, "close_channel", target="8x8x8")
    ClosedChannel.objects.create(
        connection=like.connection,
        scid="8x8x8",
        peer_pubkey=peer,
        capacity_sat=1,
        closed_by="cooperative",
        seen_at=stage.demo.at + HOUR,
    )
    assert found(stage) == 1


def test_limits_that_now_are_as_advised_were_applied(stage: Stage, advice: Recommendation) -> None:
    advised(advice.pk, stage, "set_htlc_limits", new_min_msat=None, new_max_msat=131_072_000)
    read(advice.target, at=stage.demo.at + HOUR, min_htlc_msat=1_000, max_htlc_msat=990_000_000)
    assert found(stage) == 0

    read(advice.target, at=stage.demo.at + HOUR, min_htlc_msat=1_000, max_htlc_msat=131_072_000)
    assert found(stage) == 1


@pytest.mark.parametrize(("moved_sat", "count"), [(200_000, 0), (300_000, 1)])
def test_a_rebalance_is_found_when_half_of_it_was_moved(
    stage: Stage, advice: Recommendation, moved_sat: int, count: int
) -> None:
    row = advised(advice.pk, stage, "rebalance", amount_sat=600_000, max_fee_ppm=300)
    ChannelCost.objects.create(
        connection=stage.demo.connection,
        reference="r",
        at=stage.demo.at + HOUR,
        kind="rebalance",
        scid=row.target,
        cost_msat=1_000,
        amount_msat=moved_sat * 1_000,
    )

    assert found(stage) == count


def test_advice_for_a_whole_network_that_nobody_asked_for_is_not_looked_at(
    stage: Stage, advice: Recommendation, django_assert_num_queries: Any
) -> None:
    read(advice.target, at=stage.demo.at + HOUR, base_fee_msat=0, fee_ppm=240)
    Recommendation.objects.update(connection=None, run=None)

    with django_assert_num_queries(1):
        assert found(stage) == 0
