"""A drained turn: everything the stream said, in rank order, or the failure it ended with."""

import pytest

from recommendations.domain.errors import AdviceFailed
from tests.journeys.inside import advised, turn, types
from tests.journeys.stage import Stage


def test_the_drained_turn_holds_what_the_stream_said(stage: Stage) -> None:
    advice, events = advised(stage), turn(stage)

    by_type = {event.type.value: event.data for event in events}
    assert advice.technical == by_type["technical_recommendations"]
    assert advice.node == by_type["node_info"]
    assert [item["tracking_id"] for item in advice.recommendations] == by_type["ai_recommendations"]["order"]
    assert len(advice.recommendations) == types(events).count("recommendation")


def test_recommendations_come_in_rank_order(stage: Stage) -> None:
    levels = ["critical", "high", "medium", "low", "info"]
    ranks = [(levels.index(item["priority"]), -item["score"]) for item in advised(stage).recommendations]

    assert ranks == sorted(ranks)


def test_a_turn_that_ends_with_an_error_is_raised_with_its_code(stage: Stage) -> None:
    with pytest.raises(AdviceFailed) as failure:
        advised(stage, pubkey="02" + "ab" * 32)

    assert failure.value.code == "node_not_found"
