"""A thumb is stored once per voter, replaced by the next one, taken back, and only on what the voter may see."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import AnonymousUser
from prometheus_client import REGISTRY

from feedback.domain.errors import RatingInvalid, TargetNotFound
from feedback.models import Rating
from feedback.queries import thumbs_of
from feedback.services.rate import rate
from rag.models import Answer
from rag.services.answer import answer
from recommendations.models import NodeConnection, Recommendation
from tests.journeys.inside import heard
from tests.journeys.stage import Stage


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
