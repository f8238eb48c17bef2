"""One write ends a turn: the same advice in a week is one row, and what was decided on stays as it was shown."""

from datetime import timedelta
from uuid import UUID

import pytest

from recommendations.domain.advice import State
from recommendations.models import Recommendation, RecommendationRun
from recommendations.services import decide
from recommendations.services.prepare import prepare
from recommendations.services.store import Result, store
from recommendations.services.weights import active_weights
from tests.journeys.inside import advised, request_of, turn, types
from tests.journeys.stage import Stage

HOUR, WEEK = timedelta(hours=1), timedelta(days=7)


def ids(stage: Stage, **changes) -> list[str]:
    return [item["id"] for item in advised(stage, **changes).recommendations]


def move(stage: Stage, key: str, verb) -> None:
    verb(UUID(key), user=stage.user, actor="user:1", at=stage.demo.at)


def test_the_same_advice_twice_in_a_week_is_one_row(stage: Stage) -> None:
    first = ids(stage)
    second = ids(stage, at=stage.demo.at + HOUR)

    assert sorted(first) == sorted(second)
    assert Recommendation.objects.count() == len(first)
    assert RecommendationRun.objects.count() == 2
    latest = RecommendationRun.objects.latest("started_at")
    assert set(Recommendation.objects.values_list("run", flat=True)) == {latest.pk}


def test_the_same_advice_in_another_week_is_another_row(stage: Stage) -> None:
    first, later = ids(stage), ids(stage, at=stage.demo.at + WEEK)

    assert not set(first) & set(later)
    assert Recommendation.objects.count() == len(first) + len(later)


def test_advice_from_public_facts_and_from_private_ones_are_rows_apart(stage: Stage) -> None:
    private, public = ids(stage), ids(stage, user=None)

    assert not set(private) & set(public)
    assert set(Recommendation.objects.filter(pk__in=public).values_list("connection", flat=True)) == {None}


@pytest.mark.parametrize(("verb", "state"), [(decide.apply, State.APPLIED), (decide.reject, State.REJECTED)])
def test_a_decided_row_is_not_overwritten(stage: Stage, verb, state: State) -> None:
    key = ids(stage)[0]
    move(stage, key, verb)
    before = Recommendation.objects.get(pk=key)

    advised(stage, at=stage.demo.at + HOUR)

    after = Recommendation.objects.get(pk=key)
    assert (after.state, after.payload, after.run_id) == (state, before.payload, before.run_id)


def test_a_row_decided_on_while_the_model_spoke_is_not_overwritten_either(stage: Stage) -> None:
    key = ids(stage)[0]
    prepared = prepare(request_of(stage), at=stage.demo.at + HOUR)
    move(stage, key, decide.apply)

    store(prepared, Result(shown=list(prepared.shown)), at=stage.demo.at + HOUR)

    row = Recommendation.objects.get(pk=key)
    assert row.state == State.APPLIED
    assert "baseline" in row.payload


def test_a_row_that_was_only_seen_is_refreshed_and_stays_seen(stage: Stage) -> None:
    key = ids(stage)[0]
    move(stage, key, decide.view)

    advised(stage, at=stage.demo.at + HOUR)

    row = Recommendation.objects.get(pk=key)
    assert (row.state, row.viewed_at) == (State.VIEWED, stage.demo.at)
    assert row.run == RecommendationRun.objects.latest("started_at")
    assert row.generated_at == stage.demo.at  # when it was first given


def test_a_detection_that_was_taken_back_stays_so_when_the_advice_is_given_again(stage: Stage) -> None:
    key = ids(stage)[0]
    assert decide.note_applied(UUID(key), applied_at=stage.demo.at)
    move(stage, key, decide.undo)

    advised(stage, at=stage.demo.at + HOUR)

    assert not decide.note_applied(UUID(key), applied_at=stage.demo.at)


def test_dismissed_advice_is_not_shown_again_this_week_but_counted(stage: Stage) -> None:
    first = advised(stage)
    dismissed = first.recommendations[0]["id"]
    move(stage, dismissed, decide.reject)

    again = advised(stage, at=stage.demo.at + HOUR)

    assert dismissed not in [item["id"] for item in again.recommendations]
    assert again.technical["dismissed"] == 1
    assert len(again.recommendations) == len(first.recommendations) - 1
    assert advised(stage, at=stage.demo.at + WEEK).technical["dismissed"] == 0


def test_dismissed_advice_comes_back_when_it_is_taken_back(stage: Stage) -> None:
    dismissed = ids(stage)[0]
    move(stage, dismissed, decide.reject)
    move(stage, dismissed, decide.undo)

    assert dismissed in ids(stage, at=stage.demo.at + HOUR)


def test_applied_advice_is_still_shown_and_says_so(stage: Stage) -> None:
    applied = ids(stage)[0]
    move(stage, applied, decide.apply)

    shown = {item["id"]: item["state"] for item in advised(stage).recommendations}

    assert shown[applied] == "applied"


def test_a_run_knows_what_it_rests_on(stage: Stage) -> None:
    told = advised(stage, goal="revenue").completed

    run = RecommendationRun.objects.get(pk=told["run_id"])
    assert (run.node_id, run.snapshot_id, run.user_id) == (stage.demo.node.pk, stage.demo.snapshot.pk, stage.user.pk)
    assert (run.engine, run.analysis_type, run.outcome) == ("rules", "detailed", "completed")
    assert run.weights_id == active_weights("revenue").revision_id is not None
    assert run.quality_score == told["quality_score"]
    assert run.quality_components
    assert run.processing_ms is not None
    assert run.started_at == stage.demo.at


def test_the_row_holds_what_the_operator_was_shown(stage: Stage) -> None:
    shown = advised(stage).recommendations[0]

    row = Recommendation.objects.get(pk=shown["id"])
    assert row.payload == {name: value for name, value in shown.items() if name != "id"}
    assert (row.tracking_id, row.priority, row.score) == (shown["tracking_id"], shown["priority"], shown["score"])


def test_a_turn_that_did_not_say_how_it_ended_has_failed(stage: Stage) -> None:
    prepared = prepare(request_of(stage), at=stage.demo.at)

    run = RecommendationRun.objects.get(pk=store(prepared, Result(), at=stage.demo.at))

    assert (run.outcome, run.error_code) == ("failed", "internal")


def test_an_unknown_node_leaves_no_run(stage: Stage) -> None:
    events = turn(stage, pubkey="02" + "ab" * 32)

    assert types(events) == ["status", "error"]
    assert not RecommendationRun.objects.exists()
