"""The same advice in the same ISO week has the same id; states move only along legal lines."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from recommendations.domain.actions import (
    ChannelRef,
    FeeTerms,
    Inspect,
    Look,
    ManualStep,
    OpenChannel,
    SetChannelFee,
)
from recommendations.domain.advice import State
from recommendations.domain.tracking import can_move, can_undo, row_id, tracking_id_of
from tests.recommendations.domain.factories import OWN_KEY, channel, key

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
TERMS = FeeTerms(0, 400, 80)
FEE = SetChannelFee(ChannelRef.of(channel(1)), TERMS, replace(TERMS, fee_ppm=300))


def named(action, *, rule="fee_vs_market", target="800001x1x0", at=MONDAY, pubkey=OWN_KEY):
    return tracking_id_of(pubkey, rule=rule, target=target, action=action, at=at)


def test_the_id_holds_the_key_and_twelve_hex():
    assert re.fullmatch(rf"rec_{OWN_KEY[:8]}_[0-9a-f]{{12}}", named(FEE))


def test_the_same_advice_keeps_its_id_through_the_iso_week():
    sunday, next_monday = MONDAY + timedelta(days=6, hours=23), MONDAY + timedelta(days=7)

    assert named(FEE) == named(FEE, at=sunday)
    assert named(FEE) != named(FEE, at=next_monday)


def test_the_iso_week_is_right_around_new_year():
    assert named(FEE, at=datetime(2024, 12, 30, tzinfo=UTC)) == named(FEE, at=datetime(2025, 1, 5, tzinfo=UTC))


def test_what_stands_now_does_not_change_the_id_but_what_is_advised_does():
    drifted = replace(FEE, current=replace(TERMS, fee_ppm=410))
    other = replace(FEE, new=replace(TERMS, fee_ppm=310))

    assert named(drifted) == named(FEE)
    assert named(other) != named(FEE)


def test_the_chain_fee_of_the_hour_does_not_change_an_opening():
    assert named(OpenChannel(key(9), 2_000_000, 4, 600)) == named(OpenChannel(key(9), 2_000_000, 9, 1_400))


@pytest.mark.parametrize("action", [None, Inspect("800001x1x0", Look.CHANNEL), ManualStep("800001x1x0", "words")])
def test_steps_that_change_nothing_are_told_apart_by_rule_and_target(action):
    assert named(action) != named(action, rule="outlier")
    assert named(action) != named(action, target="800002x2x0")


def test_rewording_a_manual_step_keeps_its_id():
    assert named(ManualStep("x", "Do this.")) == named(ManualStep("x", "Do it differently."))


def test_other_node_other_id():
    assert named(FEE) != named(FEE, pubkey=key(7))


def test_the_row_id_depends_on_node_connection_and_advice():
    ids = {
        row_id("rec_a", node_id=1, connection_id=None),
        row_id("rec_a", node_id=1, connection_id=1),
        row_id("rec_a", node_id=2, connection_id=None),
        row_id("rec_b", node_id=1, connection_id=None),
    }

    assert len(ids) == 4
    assert row_id("rec_a", node_id=1, connection_id=None) in ids


LEGAL = {
    (State.GENERATED, State.VIEWED),
    (State.GENERATED, State.APPLIED),
    (State.GENERATED, State.REJECTED),
    (State.GENERATED, State.EXPIRED),
    (State.VIEWED, State.APPLIED),
    (State.VIEWED, State.REJECTED),
    (State.VIEWED, State.EXPIRED),
}


@pytest.mark.parametrize("origin", list(State))
@pytest.mark.parametrize("target", list(State))
def test_only_legal_moves_are_allowed(origin, target):
    assert can_move(origin, target) is ((origin, target) in LEGAL)


@pytest.mark.parametrize("state", list(State))
def test_only_marks_can_be_undone(state):
    assert can_undo(state) is (state in {State.APPLIED, State.REJECTED})
