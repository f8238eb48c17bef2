"""Votes and measured impact over the API."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client

from feedback.models import ImpactReport, Rating
from recommendations.models import NodeConnection, Recommendation
from tests.journeys.stage import Stage

VERSION = {"X-API-Version": "2025-10-15"}
RATINGS = "/api/v1/feedback/ratings"


def post(stage: Stage, content: dict[str, Any], *, key: str | None = None) -> Any:
    headers = {**VERSION, "Authorization": f"Bearer {key or stage.key}"}
    return Client().post(RATINGS, content, content_type="application/json", headers=headers)


def vote(key: UUID | str, thumb: str = "up", **more: str) -> dict[str, Any]:
    return {"target": "recommendation", "target_id": str(key), "thumb": thumb, **more}


def test_a_thumb_is_given_replaced_and_taken_back(stage: Stage, key: UUID) -> None:
    thumbs = [post(stage, vote(key, thumb)).json()["thumb"] for thumb in ("up", "down", "none")]

    assert thumbs == [1, -1, None]
    assert not Rating.objects.exists()


def test_the_voter_is_the_caller_whatever_key_they_use(stage: Stage, key: UUID) -> None:
    post(stage, vote(key))

    assert Rating.objects.get().unit == f"user:{stage.user.pk}"


@pytest.mark.parametrize(
    ("change", "field"),
    [({"thumb": "sideways"}, "thumb"), ({"target": "node"}, "target"), ({"target_id": "x"}, "target_id")],
)
def test_a_vote_that_cannot_be_read_names_the_field(
    stage: Stage, key: UUID, change: dict[str, str], field: str
) -> None:
    response = post(stage, {**vote(key), **change})

    assert (response.status_code, response.json()["error"]["field"]) == (400, field)


def test_what_is_not_there_or_not_theirs_is_not_found(stage: Stage, key: UUID) -> None:
    own = NodeConnection.objects.create(node=stage.demo.node, owner=stage.user, kind=NodeConnection.Kind.FILES)
    Recommendation.objects.filter(pk=key).update(connection=own)

    assert post(stage, vote(uuid4())).status_code == 404
    assert post(stage, vote(key), key=stage.stranger_key).status_code == 404
    assert post(stage, vote(key)).status_code == 200


def test_voting_needs_a_key(stage: Stage, key: UUID) -> None:
    response = Client().post(RATINGS, vote(key), content_type="application/json", headers=VERSION)

    assert response.status_code == 401
    assert not Rating.objects.exists()


def test_impact_is_empty_before_it_is_measured_and_then_told(stage: Stage, key: UUID) -> None:
    path = f"/api/v1/recommendations/{key}/impact"
    headers = {**VERSION, "Authorization": f"Bearer {stage.key}"}
    before = Client().get(path, headers=headers).json()

    ImpactReport.objects.create(recommendation_id=key, status="unknown", explanation="Not known.")

    after = Client().get(path, headers=headers).json()["reports"]
    assert before == {"reports": []}
    assert [(one["status"], one["effectiveness_score"]) for one in after] == [("unknown", None)]
