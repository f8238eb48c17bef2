"""Workers and web processes at once, each over its own connection: nothing is lost, doubled or out of order."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from feedback.models import CategoryEffect, ImpactReport, Rating
from feedback.services.detect import detect_applied
from feedback.services.measure import measure_recommendation_impact
from feedback.services.pooling import pool_categories
from feedback.services.rate import rate
from recommendations.domain.advice import State
from recommendations.domain.errors import MoveNotAllowed
from recommendations.models import PrivateChannel, Recommendation
from recommendations.services import decide
from tests.journeys import stage as stages
from tests.journeys.inside import advised
from tests.journeys.stage import Stage
from tests.recommendations.conftest import AT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.integration]
AT_ONCE = 6
HOUR = timedelta(hours=1)


def together(verb: Callable[[int], Any]) -> list[Any]:
    """Run the verb in threads that start at once, each with a connection of its own; return what each came to."""

    def alone(number: int) -> Any:
        try:
            return verb(number)
        except MoveNotAllowed as exc:
            return exc
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(alone, range(AT_ONCE)))


def test_races_leave_one_of_everything() -> None:
    stage = stages.build(at=AT)
    try:
        key = UUID(advised(stage).recommendations[0]["id"])
        one_vote_stands(stage, key)
        one_detection_is_counted(stage, key)
        one_report_stands(key)
    finally:
        stages.tidy()


def one_vote_stands(stage: Stage, key: UUID) -> None:
    def vote(number: int) -> None:
        thumb = "up" if number % 2 else "down"
        rate("recommendation", str(key), thumb=thumb, unit="user:1", user=stage.user, at=AT + number * HOUR)

    together(vote)

    assert Rating.objects.filter(target_id=str(key)).count() == 1
    together(lambda number: rate("recommendation", str(key), thumb="up", unit=f"k{number}", user=stage.user, at=AT))
    assert Rating.objects.filter(target_id=str(key)).count() == 1 + AT_ONCE


def one_detection_is_counted(stage: Stage, key: UUID) -> None:
    channel = PrivateChannel.objects.order_by("pk")[0]
    row = Recommendation.objects.get(pk=key)
    row.target, row.generated_at = channel.scid, AT
    row.payload |= {"action": "set_channel_fee", "action_parameters": {"new": {"base_fee_msat": 0, "fee_ppm": 99}}}
    row.save()
    PrivateChannel.objects.filter(pk=channel.pk).update(
        own_policy={"base_fee_msat": 0, "fee_ppm": 99}, policy_changed_at=AT + HOUR
    )

    def race(number: int) -> Any:
        if number % 3 == 0:
            return decide.reject(key, user=stage.user, actor="operator", at=AT + 2 * HOUR)
        return detect_applied(at=AT + 2 * HOUR)

    results = together(race)

    row.refresh_from_db()
    counted = sum(one for one in results if isinstance(one, int))
    assert (row.state, counted) in {(State.APPLIED, 1), (State.REJECTED, 0)}
    Recommendation.objects.filter(pk=key).update(state=State.APPLIED, applied_at=AT)


def one_report_stands(key: UUID) -> None:
    def measure(number: int) -> None:
        measure_recommendation_impact(key, days_after=7 if number % 2 else 28, at=AT + timedelta(days=30))
        pool_categories(days_after=7, at=AT + timedelta(days=30))

    together(measure)

    assert sorted(ImpactReport.objects.filter(recommendation=key).values_list("days_after", flat=True)) == [7, 28]
    assert CategoryEffect.objects.filter(days_after=7).count() == 7
