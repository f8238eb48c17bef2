"""Advice that nobody acted on expires after thirty days; what was decided on never does."""

from datetime import timedelta

import pytest

from recommendations.domain.advice import State
from recommendations.models import Recommendation
from recommendations.services.expire import expire_unapplied
from tests.journeys.inside import advised
from tests.journeys.stage import Stage


@pytest.mark.parametrize(
    ("state", "days", "after"),
    [
        (State.GENERATED, 29, State.GENERATED),
        (State.GENERATED, 30, State.EXPIRED),
        (State.VIEWED, 31, State.EXPIRED),
        (State.APPLIED, 90, State.APPLIED),
        (State.REJECTED, 90, State.REJECTED),
    ],
)
def test_only_undecided_advice_expires_after_thirty_days(stage: Stage, state: State, days: int, after: State) -> None:
    advised(stage)
    Recommendation.objects.update(state=state)
    at = stage.demo.at + timedelta(days=days)

    expired = expire_unapplied(at=at)

    rows = Recommendation.objects.all()
    assert {row.state for row in rows} == {after}
    assert expired == (len(rows) if after == State.EXPIRED else 0)
    if after == State.EXPIRED:
        assert {(row.expired_at, row.actor) for row in rows} == {(at, "lnrag")}


def test_expiring_twice_changes_nothing(stage: Stage) -> None:
    advised(stage)
    at = stage.demo.at + timedelta(days=40)
    expire_unapplied(at=at)

    assert expire_unapplied(at=at + timedelta(days=1)) == 0
    assert set(Recommendation.objects.values_list("expired_at", flat=True)) == {at}
