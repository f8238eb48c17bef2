"""Impact is measured from forwards and balances against untouched channels; what was not recorded is unknown."""

import json
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.db.models import F

from feedback.domain.errors import TargetNotFound
from feedback.models import ImpactReport
from feedback.services.measure import due, measure_recommendation_impact
from feedback.tasks import measure_due_impacts
from recommendations.domain.advice import State
from recommendations.models import Forward, NodeConnection, PrivateChannel, Recommendation
from tests.journeys.stage import Stage

DAY = timedelta(days=1)
PER_DAY_MSAT = 10_000


@pytest.fixture
def forwards(stage: Stage) -> list[str]:
    """Let every channel earn the same each day, from 30 days before applying; return the channels."""
    Forward.objects.all().delete()
    applied_at = stage.demo.at
    NodeConnection.objects.filter(pk=stage.demo.connection.pk).update(forwards_from=applied_at - 30 * DAY)
    scids = list(PrivateChannel.objects.filter(connection=stage.demo.connection).values_list("scid", flat=True))
    for scid in scids:
        earn(stage, scid, PER_DAY_MSAT, days=range(-30, 9))
    return scids


def earn(stage: Stage, scid: str, fee_msat: int, *, days: range) -> None:
    """Let one channel earn `fee_msat` at noon of each day, counted from the day of applying."""
    Forward.objects.bulk_create(
        Forward(
            connection=stage.demo.connection,
            at=stage.demo.at + day * DAY + timedelta(hours=1),
            incoming_scid="1x1x1",
            outgoing_scid=scid,
            amount_in_msat=1_000_000 + fee_msat,
            amount_out_msat=1_000_000,
            fee_msat=fee_msat,
        )
        for day in days
    )


def applied(stage: Stage, key: UUID, *, scid: str, at: datetime | None = None, ratios: dict[str, float]) -> None:
    """Make the recommendation one on this channel, applied when the stage stands, with these balances kept."""
    row = Recommendation.objects.get(pk=key)
    row.state, row.applied_at, row.target = State.APPLIED, at or stage.demo.at, scid
    row.payload = {**row.payload, "baseline": {"at": stage.demo.at.isoformat(), "local_ratios": ratios}}
    row.save()


def balance(stage: Stage, shares: dict[str, float]) -> None:
    """Read every channel's balance ten days later: as it was kept, or as said."""
    later = stage.demo.at + 10 * DAY
    for scid, share in shares.items():
        local = int(1_000_000 * share)
        PrivateChannel.objects.filter(scid=scid).update(
            local_sat=local, remote_sat=1_000_000 - local, measured_at=later
        )


def measured(stage: Stage, key: UUID, **more: Any) -> ImpactReport:
    return measure_recommendation_impact(key, at=stage.demo.at + 8 * DAY, **more)


def test_what_improved_beyond_the_untouched_channels_is_measured(stage: Stage, key: UUID, forwards: list[str]) -> None:
    target, *others = forwards
    before = {**dict.fromkeys(others, 0.4), target: 0.9}
    applied(stage, key, scid=target, ratios=before)
    earn(stage, target, PER_DAY_MSAT, days=range(0, 7))  # twice as much as before
    balance(stage, {**before, target: 0.6})

    report = measured(stage, key)

    revenue, balances = report.effects["revenue"], report.effects["balance"]
    assert report.status == "measured"
    assert report.effectiveness_score == pytest.approx(1.0)
    assert (revenue["before"], revenue["after"]) == (pytest.approx(10.0), pytest.approx(20.0))
    assert revenue["control_change"] == pytest.approx(0.0)
    assert revenue["control_count"] == len(others)
    assert (balances["before"], balances["after"]) == (0.9, 0.6)
    assert report.effects["success_rate"]["effect"] is None
    assert "noisy" in report.explanation


def test_what_every_channel_did_anyway_is_no_effect(stage: Stage, key: UUID, forwards: list[str]) -> None:
    ratios = dict.fromkeys(forwards, 0.4)
    applied(stage, key, scid=forwards[0], ratios=ratios)
    for scid in forwards:
        earn(stage, scid, PER_DAY_MSAT, days=range(0, 7))
    balance(stage, ratios)

    report = measured(stage, key)

    assert report.status == "measured"
    assert report.effectiveness_score == pytest.approx(0.0)
    assert report.effects["revenue"]["effect"] == pytest.approx(0.0)


def test_a_change_for_the_worse_scores_nothing_and_shows_its_sign(stage: Stage, key: UUID, forwards: list[str]) -> None:
    ratios = dict.fromkeys(forwards, 0.4)
    applied(stage, key, scid=forwards[0], ratios=ratios)
    Forward.objects.filter(outgoing_scid=forwards[0], at__gte=stage.demo.at).update(fee_msat=0)
    balance(stage, ratios)

    report = measured(stage, key)

    assert report.effectiveness_score == 0.0
    assert report.effects["revenue"]["effect"] < 0
    assert "-" in report.explanation


def test_another_changed_channel_is_no_control(stage: Stage, key: UUID, forwards: list[str]) -> None:
    target, touched, *others = forwards
    ratios = dict.fromkeys(forwards, 0.4)
    applied(stage, key, scid=target, ratios=ratios)
    other = Recommendation.objects.exclude(pk=key).first()
    assert other
    applied(stage, other.pk, scid=touched, at=stage.demo.at + DAY, ratios=ratios)
    balance(stage, ratios)

    assert measured(stage, key).effects["revenue"]["control_count"] == len(others)


def test_without_forwards_nothing_is_known(stage: Stage, key: UUID, forwards: list[str]) -> None:
    Forward.objects.all().delete()
    ratios = dict.fromkeys(forwards, 0.4)
    applied(stage, key, scid=forwards[0], ratios=ratios)
    balance(stage, ratios)

    report = measured(stage, key)

    assert (report.status, report.effectiveness_score) == ("unknown", None)
    assert report.effects["revenue"]["before"] is None
    assert "Not known" in report.explanation


def test_forwards_that_do_not_reach_past_the_window_tell_nothing(stage: Stage, key: UUID, forwards: list[str]) -> None:
    Forward.objects.filter(at__gte=stage.demo.at + 3 * DAY).delete()
    ratios = dict.fromkeys(forwards, 0.4)
    applied(stage, key, scid=forwards[0], ratios=ratios)
    balance(stage, ratios)

    assert measured(stage, key).status == "unknown"


def test_forwards_that_begin_within_the_window_before_tell_nothing(
    stage: Stage, key: UUID, forwards: list[str]
) -> None:
    Forward.objects.filter(at__lt=stage.demo.at - 2 * DAY).delete()
    NodeConnection.objects.update(forwards_from=stage.demo.at - 2 * DAY)
    ratios = dict.fromkeys(forwards, 0.4)
    applied(stage, key, scid=forwards[0], ratios=ratios)
    balance(stage, ratios)

    assert measured(stage, key).status == "unknown"  # two days would count as a week of little revenue


@pytest.mark.parametrize(("known_days", "days_before"), [(10, 7), (28, 28)])
def test_four_weeks_are_compared_where_they_are_known_else_one(
    stage: Stage, key: UUID, forwards: list[str], known_days: int, days_before: int
) -> None:
    begin = stage.demo.at - known_days * DAY
    Forward.objects.filter(at__lt=begin).delete()
    NodeConnection.objects.update(forwards_from=begin)
    Forward.objects.filter(at__lt=stage.demo.at - 7 * DAY).update(fee_msat=0)  # earned in the latest week only
    ratios = dict.fromkeys(forwards, 0.4)
    applied(stage, key, scid=forwards[0], ratios=ratios)
    balance(stage, ratios)

    before = measured(stage, key).effects["revenue"]["before"]

    assert before == pytest.approx(10.0 * 7 / days_before)


def test_a_channel_that_earned_nothing_before_is_known_to_have_earned_nothing(
    stage: Stage, key: UUID, forwards: list[str]
) -> None:
    target, *_ = forwards
    Forward.objects.filter(outgoing_scid=target, at__lt=stage.demo.at).delete()
    ratios = dict.fromkeys(forwards, 0.4)
    applied(stage, key, scid=target, ratios=ratios)
    balance(stage, ratios)

    report = measured(stage, key)

    assert report.effects["revenue"]["before"] == 0.0
    assert report.status == "measured"


def test_advice_from_public_facts_alone_is_not_measurable(stage: Stage, key: UUID, forwards: list[str]) -> None:
    applied(stage, key, scid=forwards[0], ratios={})
    Recommendation.objects.filter(pk=key).update(connection=None)

    assert measured(stage, key).status == "unknown"


def test_measuring_again_replaces_the_report(stage: Stage, key: UUID, forwards: list[str]) -> None:
    ratios = dict.fromkeys(forwards, 0.4)
    applied(stage, key, scid=forwards[0], ratios=ratios)
    first = measured(stage, key)
    balance(stage, ratios)

    second = measured(stage, key)

    assert first.pk == second.pk
    assert (first.status, second.status) == ("unknown", "measured")
    assert ImpactReport.objects.count() == 1


def test_only_what_was_applied_can_be_measured(stage: Stage, key: UUID) -> None:
    for absent in (key, uuid4()):
        with pytest.raises(TargetNotFound):
            measured(stage, absent)


def test_it_is_due_seven_days_after_it_was_applied(stage: Stage, key: UUID, forwards: list[str]) -> None:
    applied(stage, key, scid=forwards[0], ratios={})

    week = stage.demo.at + 7 * DAY
    assert list(due(at=week - timedelta(seconds=1))) == []
    assert list(due(at=week)) == [key]
    measured(stage, key)
    assert list(due(at=week)) == []
    assert list(due(at=stage.demo.at + 28 * DAY, days_after=28)) == [key]


def told_by(*options: str) -> dict[str, Any]:
    """Return what `measure_impact --json` says."""
    out = StringIO()
    call_command("measure_impact", "--json", *options, stdout=out)
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


def test_the_command_measures_what_is_due_once(stage: Stage, key: UUID, forwards: list[str]) -> None:
    applied(stage, key, scid=forwards[0], ratios={})

    due_first = told_by("--dry-run")["due"]
    first, second = told_by(), told_by()

    assert due_first == first["due"] == {"7": 1, "28": 1}
    assert sum(first["verdicts"].values()) == 2
    assert (second["due"], second["verdicts"]) == ({"7": 0, "28": 0}, {})


def test_what_is_applied_again_is_measured_again_and_counts_once(stage: Stage, key: UUID, forwards: list[str]) -> None:
    applied(stage, key, scid=forwards[0], ratios={})
    measured(stage, key)
    again_at = stage.demo.at + 9 * DAY

    Recommendation.objects.filter(pk=key).update(state=State.VIEWED, applied_at=None)
    assert not ImpactReport.objects.standing().exists()
    assert list(due(at=again_at + 7 * DAY)) == []

    applied(stage, key, scid=forwards[0], at=again_at, ratios={})
    assert list(due(at=again_at + 7 * DAY)) == [key]
    measure_recommendation_impact(key, at=again_at + 8 * DAY)
    assert ImpactReport.objects.standing().count() == ImpactReport.objects.count() == 1


def test_the_job_measures_what_is_overdue_and_does_nothing_twice(stage: Stage, key: UUID, forwards: list[str]) -> None:
    applied(stage, key, scid=forwards[0], ratios={})
    Recommendation.objects.filter(pk=key).update(applied_at=F("applied_at") - timedelta(days=400))

    assert measure_due_impacts(unknown_argument="of a newer version") == 2  # after a week, and after four
    assert measure_due_impacts() == 0
    assert sorted(ImpactReport.objects.values_list("recommendation_id", "days_after")) == [(key, 7), (key, 28)]
