"""Reports carry a verdict with its uncertainty, what is seen directly, and what a category comes to."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from feedback.models import CategoryEffect, FeedbackPolicy, ImpactReport
from feedback.services.learn import learn
from feedback.services.measure import measure_recommendation_impact
from feedback.services.pooling import pool_categories
from feedback.tasks import measure_due_impacts
from recommendations.domain.advice import State
from recommendations.models import (
    ChannelCost,
    FailedForward,
    Forward,
    NodeConnection,
    PrivateChannel,
    Recommendation,
    TrackRecord,
    WeightRevision,
)
from recommendations.services import weights
from tests.feedback.traffic import write_forwards
from tests.journeys.stage import Stage

DAY = timedelta(days=1)
JUDGED = {
    **{"verdict": "inconclusive", "effect": 0.1, "low": -0.2, "high": 0.4},
    **{"dispersion": 1.0, "events_before": 10, "events_after": 12},
}


@pytest.fixture
def busy(stage: Stage) -> list[str]:
    """Every channel forwards ten times a day, from 60 days before applying to 40 days after; return the channels."""
    Forward.objects.all().delete()
    NodeConnection.objects.filter(pk=stage.demo.connection.pk).update(forwards_from=stage.demo.at - 60 * DAY)
    scids = list(PrivateChannel.objects.filter(connection=stage.demo.connection).values_list("scid", flat=True))
    for scid in scids:
        write_forwards(
            stage.demo.connection, at=stage.demo.at, outgoing=scid, per_day=dict.fromkeys(range(-60, 40), 10)
        )
    PrivateChannel.objects.update(local_sat=500_000, remote_sat=500_000, measured_at=stage.demo.at + 40 * DAY)
    return scids


def forwards_of(stage: Stage, scid: str, *, per_day: int, days: range) -> list[Forward]:
    return [
        Forward(
            connection=stage.demo.connection,
            at=stage.demo.at + day * DAY + timedelta(minutes=10 + number),
            incoming_scid="1x1x1",
            outgoing_scid=scid,
            amount_in_msat=1_001_000,
            amount_out_msat=1_000_000,
            fee_msat=1_000,
        )
        for day in days
        for number in range(per_day)
    ]


def applied(stage: Stage, key: UUID, scid: str, **payload: Any) -> Recommendation:
    row = Recommendation.objects.get(pk=key)
    ratios = dict.fromkeys(PrivateChannel.objects.values_list("scid", flat=True), 0.5)
    row.state, row.applied_at, row.target = State.APPLIED, stage.demo.at, scid
    row.payload = {**row.payload, "baseline": {"at": "", "local_ratios": ratios}, **payload}
    row.save()
    return row


def measured(stage: Stage, key: UUID, *, days_after: int = 28) -> ImpactReport:
    return measure_recommendation_impact(key, days_after=days_after, at=stage.demo.at + 30 * DAY)


def test_a_doubling_is_called_helped_with_its_interval_and_what_it_is_worth(
    stage: Stage, key: UUID, busy: list[str]
) -> None:
    applied(stage, key, busy[0])
    Forward.objects.bulk_create(forwards_of(stage, busy[0], per_day=10, days=range(28)))

    report = measured(stage, key)

    assert report.verdict == "helped"
    assert report.judgment["low"] > 0
    assert (report.judgment["events_before"], report.judgment["events_after"]) == (280, 560)
    assert set(report.judgment["controls"]) == set(busy[1:])
    assert report.gain_sat["middle"] == pytest.approx(300, rel=0.05)
    assert report.gain_sat["low"] < 300 < report.gain_sat["high"]
    assert "helped, from 280 before and 560 after" in report.explanation


def test_nothing_changed_is_said_when_enough_was_seen_and_else_how_much_is_lacking(
    stage: Stage, key: UUID, busy: list[str]
) -> None:
    applied(stage, key, busy[0])

    assert measured(stage, key).verdict == "no clear change"

    Forward.objects.filter(outgoing_scid=busy[0]).delete()
    Forward.objects.bulk_create(forwards_of(stage, busy[0], per_day=1, days=range(-60, 40)))
    report = measured(stage, key)
    assert report.verdict == "inconclusive"
    assert report.judgment["events_needed"] > 28
    assert "would tell" in report.explanation


def test_another_change_of_the_channel_within_the_days_is_named_and_spoils_them(
    stage: Stage, key: UUID, busy: list[str]
) -> None:
    applied(stage, key, busy[0])
    also_applied(key, busy[0], at=stage.demo.at + 10 * DAY)

    assert measured(stage, key).status == "inconclusive"
    assert "Another change of the same channel" in measured(stage, key).explanation
    assert measured(stage, key, days_after=7).status != "inconclusive"  # it came later than these


def test_an_earlier_change_shortens_the_days_before(stage: Stage, key: UUID, busy: list[str]) -> None:
    applied(stage, key, busy[0])
    also_applied(key, busy[0], at=stage.demo.at - 16 * DAY)

    assert measured(stage, key).judgment["days_before"] == 14


def also_applied(key: UUID, scid: str, *, at: Any) -> None:
    other = Recommendation.objects.exclude(pk=key)[0]
    other.state, other.applied_at, other.target = State.APPLIED, at, scid
    other.save()


def test_what_is_seen_directly_is_told_beside_the_statistics(stage: Stage, key: UUID, busy: list[str]) -> None:
    new = {"base_fee_msat": 0, "fee_ppm": 240, "time_lock_delta": 80}
    applied(stage, key, busy[0], action="set_channel_fee", action_parameters={"new": new})
    connection = stage.demo.connection
    PrivateChannel.objects.filter(scid=busy[0]).update(
        own_policy={"base_fee_msat": 0, "fee_ppm": 300}, local_sat=700_000, remote_sat=300_000, peer_uptime_ratio=0.995
    )
    NodeConnection.objects.filter(pk=connection.pk).update(failures_from=stage.demo.at - 60 * DAY)
    FailedForward.objects.create(
        connection=connection, at=stage.demo.at + DAY, incoming_scid="1x1x1", outgoing_scid=busy[0], failed_at="here"
    )

    seen = {one["name"]: one for one in measured(stage, key).direct}

    assert (seen["fee_ppm"]["wanted"], seen["fee_ppm"]["found"], seen["fee_ppm"]["is_met"]) == (240, 300, False)
    assert seen["base_fee_msat"]["is_met"] is True
    assert seen["local share moved"]["found"] == 20.0
    assert seen["peer uptime"]["found"] == 99.5
    assert seen["failed forwards a day after"]["found"] == pytest.approx(1 / 28, abs=0.01)


def test_the_fee_that_a_rebalance_really_cost_is_told(stage: Stage, key: UUID, busy: list[str]) -> None:
    applied(stage, key, busy[0], action="rebalance", action_parameters={"amount_sat": 500_000, "max_fee_ppm": 400})
    ChannelCost.objects.create(
        connection=stage.demo.connection,
        reference="r1",
        at=stage.demo.at + DAY,
        kind="rebalance",
        scid=busy[0],
        cost_msat=150_000,
        amount_msat=500_000_000,
    )

    seen = {one["name"]: one for one in measured(stage, key).direct}

    assert (seen["rebalance fee"]["found"], seen["rebalance fee"]["is_met"]) == (300, True)


def test_success_is_compared_where_failures_are_recorded(stage: Stage, key: UUID, busy: list[str]) -> None:
    applied(stage, key, busy[0])
    NodeConnection.objects.filter(pk=stage.demo.connection.pk).update(failures_from=stage.demo.at - 60 * DAY)
    FailedForward.objects.bulk_create(
        FailedForward(
            connection=stage.demo.connection,
            at=stage.demo.at - 5 * DAY + timedelta(minutes=number),
            incoming_scid="1x1x1",
            outgoing_scid=scid,
            failed_at="here",
        )
        for scid in busy
        for number in range(70)
    )

    effect = measured(stage, key).effects["success_rate"]

    assert effect["before"] == pytest.approx(280 / 350)
    assert (effect["after"], effect["effect"]) == (1.0, pytest.approx(0.0))


def test_a_category_is_judged_by_all_of_its_advice_and_recomputed_as_a_whole(
    stage: Stage, key: UUID, busy: list[str]
) -> None:
    keys = list(Recommendation.objects.values_list("pk", flat=True))[:3]
    for one, scid in zip(keys, busy, strict=False):
        applied(stage, one, scid)
        Recommendation.objects.filter(pk=one).update(category="fees")
        Forward.objects.bulk_create(forwards_of(stage, scid, per_day=8, days=range(28)))
        measured(stage, one)

    for _ in range(2):
        pool_categories(days_after=28, at=stage.demo.at + 30 * DAY)

    assert (
        list(TrackRecord.objects.values_list("category", flat=True)) == []
    )  # of the later horizon; the earlier one is expected of new advice
    ImpactReport.objects.update(days_after=7)
    pool_categories(days_after=7, at=stage.demo.at + 30 * DAY)
    assert dict(TrackRecord.objects.values_list("category", "outcomes")) == {"fees": len(keys)}
    assert weights.active_weights("balanced").weights.records == {"fees": 1.0}  # all advice that was measured
    fees = CategoryEffect.objects.get(category="fees", days_after=28)
    assert (fees.count, fees.verdict, fees.successes) == (len(keys), "helped", len(keys))
    assert CategoryEffect.objects.get(category="timing", days_after=28).verdict == "unknown"
    assert CategoryEffect.objects.filter(days_after=28).count() == 7


def test_weights_are_proposed_from_thirty_outcomes_and_wait_for_an_administrator(stage: Stage, key: UUID) -> None:
    weights.ensure_revision(at=stage.demo.at)
    row = Recommendation.objects.get(pk=key)
    for number in range(40):
        factors = {**dict.fromkeys(weights.SHIPPED, 0.5), "revenue_impact": number / 40}
        outcome(stage, row, number=number, factors=factors, effect=0.18 * (number / 40 - 0.4))
        if number == 28:
            assert learn(at=stage.demo.at).revision_id is None

    learned = learn(at=stage.demo.at)

    assert learned.revision_id
    proposed = WeightRevision.objects.get(pk=learned.revision_id)
    assert not proposed.is_active
    assert 0.30 < proposed.revenue_impact <= 0.35
    assert "revenue_impact" in proposed.note
    assert learn(at=stage.demo.at).revision_id is None  # it stands proposed already

    WeightRevision.objects.filter(pk=proposed.pk).delete()
    FeedbackPolicy.objects.update_or_create(pk=1, defaults={"may_activate_weights": True})
    assert learn(at=stage.demo.at).is_active
    assert WeightRevision.objects.order_by("-pk")[0].is_active


def test_a_job_pools_and_learns_from_what_another_measured_before_it_died(stage: Stage, key: UUID) -> None:
    weights.ensure_revision(at=stage.demo.at)
    row = Recommendation.objects.get(pk=key)
    for number in range(40):
        factors = {**dict.fromkeys(weights.SHIPPED, 0.5), "revenue_impact": number / 40}
        outcome(stage, row, number=number, factors=factors, effect=0.18 * (number / 40 - 0.4))
    ImpactReport.objects.update(judgment=JUDGED)
    Recommendation.objects.update(applied_at=timezone.now() - 10 * DAY)
    FeedbackPolicy.objects.update_or_create(pk=1, defaults={"may_activate_weights": True})

    for _ in range(3):
        assert measure_due_impacts() == 0  # nothing is due

    assert CategoryEffect.objects.get(category="fees", days_after=7).count == 40
    assert WeightRevision.objects.count() == 2  # one step, however often the job runs
    assert WeightRevision.objects.get(is_active=True).revenue_impact > 0.30


def outcome(stage: Stage, like: Recommendation, *, number: int, factors: dict[str, float], effect: float) -> None:
    """A controlled report with this revenue effect, of advice with these factors."""
    advice = Recommendation.objects.create(
        id=UUID(int=number + 1),
        tracking_id=f"rec_{number}",
        node=like.node,
        connection=like.connection,
        rule=like.rule,
        category="fees",
        priority=like.priority,
        score=50,
        target=f"1x1x{number}",
        title="T",
        payload={"impact_factors": factors},
        state=State.APPLIED,
        applied_at=stage.demo.at,
    )
    effects = {"revenue": {"effect": effect}, "balance": {"effect": 0.0}, "success_rate": {"effect": None}}
    ImpactReport.objects.create(
        recommendation=advice,
        days_after=7,
        status="measured",
        effectiveness_score=max(0.0, effect),
        effects=effects,
        judgment={"effect": effect},
        explanation="",
    )
