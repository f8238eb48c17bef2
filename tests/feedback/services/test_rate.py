"""A thumb is stored once per voter, replaced by the next one, taken back, and only on what the voter may see."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from prometheus_client import REGISTRY

from feedback.domain.errors import RatingInvalid, TargetNotFound
from feedback.models import Rating
from feedback.queries import thumbs_of
from feedback.services.rate import rate
from models_registry.models import Generation
from models_registry.services import observe
from rag.models import Answer
from rag.services.answer import answer
from recommendations.models import NodeConnection, Recommendation, RecommendationRun
from tests.journeys.inside import heard
from tests.journeys.stage import Stage
from tests.models_registry.rows import host, model


def vote(stage: Stage, key: Any, thumb: str = "up", *, target: str = "recommendation", **more: Any) -> Rating | None:
    words = {"unit": "user:1", "user": stage.user, "at": stage.demo.at, **more}
    return rate(target, str(key), thumb=thumb, **words)


def test_the_second_vote_replaces_the_first(stage: Stage, key: UUID) -> None:
    later = stage.demo.at + timedelta(hours=1)

    vote(stage, key, "up", reason="helped")
    vote(stage, key, "down", reason="did not", at=later)

    row = Rating.objects.get()
    assert (row.thumb, row.reason, row.rated_at) == (-1, "did not", later)


def test_a_vote_is_taken_back(stage: Stage, key: UUID) -> None:
    vote(stage, key)

    assert vote(stage, key, "none") is None
    assert not Rating.objects.exists()
    assert vote(stage, key, "none") is None  # there was none: no error


def test_each_voter_has_a_vote(stage: Stage, key: UUID) -> None:
    vote(stage, key, "up")
    vote(stage, key, "down", unit="user:2", user=stage.stranger)

    assert thumbs_of("recommendation", [key], unit="user:1") == {str(key): 1}
    assert thumbs_of("recommendation", [key], unit="user:2") == {str(key): -1}
    assert thumbs_of("recommendation", [key], unit="user:3") == {}


@pytest.mark.parametrize(
    ("target", "thumb", "field"), [("recommendation", "sideways", "thumb"), ("node", "up", "target")]
)
def test_a_vote_that_is_none_names_the_field(stage: Stage, key: UUID, target: str, thumb: str, field: str) -> None:
    with pytest.raises(RatingInvalid) as refusal:
        vote(stage, key, thumb, target=target)

    assert refusal.value.field == field


def test_what_is_not_there_cannot_be_rated(stage: Stage) -> None:
    for absent in (uuid4(), "no id"):
        for target in ("recommendation", "answer"):
            with pytest.raises(TargetNotFound):
                vote(stage, absent, target=target)
    assert not Rating.objects.exists()


def test_another_users_private_recommendation_cannot_be_rated(stage: Stage, key: UUID) -> None:
    own = NodeConnection.objects.create(node=stage.demo.node, owner=stage.stranger, kind=NodeConnection.Kind.FILES)
    Recommendation.objects.filter(pk=key).update(connection=own)

    for user in (stage.user, AnonymousUser()):
        with pytest.raises(TargetNotFound):
            vote(stage, key, user=user)
    assert vote(stage, key, user=stage.stranger, unit="user:2")


def test_an_answer_is_rated_by_whom_it_was_given(stage: Stage) -> None:
    heard(answer("What is the default base fee?", unit="user:1", user=stage.user, at=stage.demo.at))
    given = Answer.objects.get()

    assert vote(stage, given.pk, target="answer")
    with pytest.raises(TargetNotFound):
        vote(stage, given.pk, target="answer", user=stage.stranger, unit="user:2")


def test_a_long_reason_is_cut(stage: Stage, key: UUID) -> None:
    row = vote(stage, key, reason="x" * 1_000)

    assert row
    assert row.reason == "x" * 300


def test_votes_are_counted(stage: Stage, key: UUID) -> None:
    before = REGISTRY.get_sample_value("lnrag_ratings_total", {"rating": "up"}) or 0

    vote(stage, key)

    assert REGISTRY.get_sample_value("lnrag_ratings_total", {"rating": "up"}) == before + 1


def said_by_a_model(stage: Stage, key: UUID) -> Generation:
    """Let a generation stand behind the run that gave this recommendation, and return it."""
    row = Generation.objects.create(purpose="advice", query_type="detailed", outcome="completed")
    RecommendationRun.objects.filter(recommendations=key).update(generation_id=row.pk)
    return row


def rating_of(row: Generation) -> int | None:
    row.refresh_from_db()
    return row.rating


def test_a_vote_lands_on_the_generation_behind_an_answer(stage: Stage) -> None:
    heard(answer("What is the default base fee?", unit="user:1", user=stage.user, at=stage.demo.at))
    row = Generation.objects.create(purpose="answer", query_type="quick", outcome="completed")
    Answer.objects.update(generation_id=row.pk)
    given = Answer.objects.get()

    for thumb, expected in (("up", 1), ("down", -1), ("none", None)):
        vote(stage, given.pk, thumb, target="answer")

        assert rating_of(row) == expected


def test_the_generation_behind_advice_is_judged_by_all_votes_on_its_run(stage: Stage, key: UUID) -> None:
    row, second = said_by_a_model(stage, key), {"unit": "user:2", "user": stage.stranger}
    run = Recommendation.objects.get(pk=key).run
    other = Recommendation.objects.filter(run=run).exclude(pk=key)[0].pk
    votes: tuple[tuple[UUID, str, dict[str, Any], int | None], ...] = (
        (key, "up", {}, 1),
        (key, "down", second, None),  # a tie
        (other, "up", {}, 1),
        (key, "none", {}, None),
        (key, "none", second, 1),
        (other, "none", {}, None),
    )

    for target, thumb, voter, expected in votes:
        vote(stage, target, thumb, **voter)

        assert rating_of(row) == expected


def test_votes_become_the_observed_quality_of_the_model(stage: Stage, key: UUID) -> None:
    tag, at = "phi3:medium", stage.demo.at
    spoken = model(host("voted"), tag)
    calls = [
        Generation(purpose="x", provider="voted", model=tag, outcome="completed", created_at=at - timedelta(hours=1))
        for _ in range(observe.LEAST_JUDGED)
    ]
    Generation.objects.bulk_create(calls)

    for call in calls:
        RecommendationRun.objects.filter(recommendations=key).update(generation_id=call.pk)
        vote(stage, key, "up")
    observe.refresh(at=at)

    spoken.refresh_from_db()
    assert spoken.observed_quality == Decimal("9.5")


def test_a_vote_on_what_no_model_said_changes_no_generation(stage: Stage, key: UUID) -> None:
    row = Generation.objects.create(purpose="advice", query_type="detailed", outcome="completed", rating=1)

    vote(stage, key, "down")

    assert rating_of(row) == 1
