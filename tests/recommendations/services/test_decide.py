"""The life of a recommendation: seen, applied, dismissed, and back; each step with actor and time, no other step."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import AnonymousUser

from recommendations.domain.advice import State
from recommendations.domain.errors import MoveNotAllowed, RecommendationNotFound
from recommendations.models import NodeConnection, PrivateChannel, Recommendation
from recommendations.services import decide
from tests.journeys.inside import advised
from tests.journeys.stage import Stage

VERBS = {"view": decide.view, "apply": decide.apply, "reject": decide.reject, "undo": decide.undo}
ACTOR = "user:7"


@pytest.fixture
def key(stage: Stage) -> UUID:
    """The id of the demo node's first recommendation, freshly given."""
    return UUID(advised(stage).recommendations[0]["id"])


@pytest.fixture
def theirs(stage: Stage, key: UUID) -> UUID:
    """The same recommendation, of a node that belongs to the stranger."""
    own = NodeConnection.objects.create(node=stage.demo.node, owner=stage.stranger, kind=NodeConnection.Kind.FILES)
    Recommendation.objects.filter(pk=key).update(connection=own)
    return key


def put_into(state: State, key: UUID, stage: Stage) -> None:
    Recommendation.objects.filter(pk=key).update(state=state)


def do(verb: str, key: UUID, stage: Stage, **words: Any) -> Recommendation:
    return VERBS[verb](key, **{"user": stage.user, "actor": ACTOR, "at": stage.demo.at, **words})


@pytest.mark.parametrize(
    ("origin", "verb", "target"),
    [
        (State.GENERATED, "view", State.VIEWED),
        (State.GENERATED, "apply", State.APPLIED),
        (State.GENERATED, "reject", State.REJECTED),
        (State.GENERATED, "undo", None),
        (State.VIEWED, "view", State.VIEWED),
        (State.VIEWED, "apply", State.APPLIED),
        (State.VIEWED, "reject", State.REJECTED),
        (State.VIEWED, "undo", None),
        (State.APPLIED, "view", State.APPLIED),
        (State.APPLIED, "apply", State.APPLIED),
        (State.APPLIED, "reject", None),
        (State.APPLIED, "undo", State.VIEWED),
        (State.REJECTED, "view", State.REJECTED),
        (State.REJECTED, "apply", None),
        (State.REJECTED, "reject", State.REJECTED),
        (State.REJECTED, "undo", State.VIEWED),
        (State.EXPIRED, "view", State.EXPIRED),
        (State.EXPIRED, "apply", None),
        (State.EXPIRED, "reject", None),
        (State.EXPIRED, "undo", None),
    ],
)
def test_only_legal_moves_are_made(stage: Stage, key: UUID, origin: State, verb: str, target: State | None) -> None:
    put_into(origin, key, stage)

    if target is None:
        with pytest.raises(MoveNotAllowed):
            do(verb, key, stage)
    else:
        do(verb, key, stage)

    assert Recommendation.objects.get(pk=key).state == (target or origin)


@pytest.mark.parametrize(("verb", "name"), [("view", "viewed_at"), ("apply", "applied_at"), ("reject", "rejected_at")])
def test_each_step_is_noted_with_actor_and_time(stage: Stage, key: UUID, verb: str, name: str) -> None:
    at = stage.demo.at + timedelta(hours=3)

    do(verb, key, stage, at=at)

    row = Recommendation.objects.get(pk=key)
    assert (getattr(row, name), row.actor) == (at, ACTOR)


def test_a_note_and_a_reason_are_kept_and_go_with_undo(stage: Stage, key: UUID) -> None:
    do("apply", key, stage, note="done by hand")
    applied = Recommendation.objects.get(pk=key)
    do("undo", key, stage)
    do("reject", key, stage, reason="x" * 500)
    rejected = Recommendation.objects.get(pk=key)
    do("undo", key, stage)
    undone = Recommendation.objects.get(pk=key)

    assert applied.note == "done by hand"
    assert rejected.reject_reason == "x" * 200
    assert (undone.note, undone.reject_reason, undone.applied_at, undone.rejected_at) == ("", "", None, None)


def test_undo_keeps_when_it_was_first_seen(stage: Stage, key: UUID) -> None:
    do("view", key, stage)
    do("apply", key, stage, at=stage.demo.at + timedelta(hours=1))

    do("undo", key, stage, at=stage.demo.at + timedelta(hours=2))

    assert Recommendation.objects.get(pk=key).viewed_at == stage.demo.at


def test_applying_twice_keeps_the_first_time(stage: Stage, key: UUID) -> None:
    do("apply", key, stage)
    do("apply", key, stage, at=stage.demo.at + timedelta(days=1), note="again")

    row = Recommendation.objects.get(pk=key)
    assert (row.applied_at, row.note) == (stage.demo.at, "")


def test_applying_keeps_every_channels_balance_to_measure_against(stage: Stage, key: UUID) -> None:
    do("apply", key, stage)

    kept = Recommendation.objects.get(pk=key).payload["baseline"]
    channels = PrivateChannel.objects.filter(connection=stage.demo.connection)
    assert kept["at"] == stage.demo.at.isoformat()
    assert kept["local_ratios"].keys() == set(channels.values_list("scid", flat=True))
    assert all(0 <= ratio <= 1 for ratio in kept["local_ratios"].values())


@pytest.mark.parametrize("verb", ["apply", "reject"])
def test_who_read_the_clock_earlier_and_came_later_decides_no_earlier(stage: Stage, key: UUID, verb: str) -> None:
    seen_at = do("view", key, stage).viewed_at

    row = do(verb, key, stage, at=stage.demo.at - timedelta(milliseconds=5))

    assert row.viewed_at == seen_at == (row.applied_at or row.rejected_at)


def test_a_balance_that_is_not_known_is_left_out(stage: Stage, key: UUID) -> None:
    unknown = PrivateChannel.objects.filter(connection=stage.demo.connection).first()
    assert unknown
    PrivateChannel.objects.filter(pk=unknown.pk).update(local_sat=None)

    do("apply", key, stage)

    assert unknown.scid not in Recommendation.objects.get(pk=key).payload["baseline"]["local_ratios"]


@pytest.mark.parametrize("verb", VERBS)
def test_another_users_private_recommendation_is_not_there(stage: Stage, theirs: UUID, verb: str) -> None:
    for user in (stage.user, AnonymousUser(), None):
        with pytest.raises(RecommendationNotFound):
            do(verb, theirs, stage, user=user)
    assert Recommendation.objects.get(pk=theirs).state == State.GENERATED


def test_its_owner_may_move_it(stage: Stage, theirs: UUID) -> None:
    assert do("apply", theirs, stage, user=stage.stranger).state == State.APPLIED


def test_what_was_never_given_is_not_there(stage: Stage) -> None:
    with pytest.raises(RecommendationNotFound):
        do("apply", UUID(int=1), stage)
