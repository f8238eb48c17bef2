"""Reports are shown to whom the recommendation belongs, earliest horizon first."""

from uuid import UUID

from feedback.models import ImpactReport
from feedback.queries import impact_reports, impacts_of
from recommendations.models import NodeConnection, Recommendation
from tests.journeys.stage import Stage


def report(key: UUID, *, days_after: int) -> None:
    ImpactReport.objects.create(
        recommendation_id=key, days_after=days_after, status="measured", effectiveness_score=0.5, explanation="Better."
    )


def test_reports_come_earliest_horizon_first(stage: Stage, key: UUID) -> None:
    for days in (28, 7):
        report(key, days_after=days)

    assert [one.days_after for one in impact_reports(key, user=stage.user)] == [7, 28]
    assert impacts_of([key])[key].days_after == 28
    assert impacts_of([]) == {}


def test_reports_on_another_users_node_are_not_there(stage: Stage, key: UUID) -> None:
    report(key, days_after=7)
    own = NodeConnection.objects.create(node=stage.demo.node, owner=stage.stranger, kind=NodeConnection.Kind.FILES)
    Recommendation.objects.filter(pk=key).update(connection=own)

    assert impact_reports(key, user=stage.user) == ()
    assert len(impact_reports(key, user=stage.stranger)) == 1
