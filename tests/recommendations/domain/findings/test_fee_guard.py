"""A fee moves rarely, noticeably and in bounded steps."""

from dataclasses import replace
from datetime import timedelta

import pytest

from recommendations.domain.facts import ChannelBounds
from recommendations.domain.findings import fee_guard
from recommendations.domain.findings.fee_guard import caution, fee_step, words
from tests.recommendations.domain.factories import (
    AT,
    channel,
    findings_of,
    found,
    market,
    node,
    numbers,
    operated,
    policy,
    private_node,
    silent,
)

NUMBERS = numbers("fee_guard")


def stepped(current, wanted, **changes):
    step = fee_step(policy(fee_ppm=current), wanted_ppm=wanted, at=AT, thresholds=numbers("fee_guard", **changes))
    return None if step is None else step.new_ppm


@pytest.mark.parametrize(
    ("current", "wanted", "expected"),
    [
        (50, 59, None),
        (50, 60, 60),
        (50, 40, 40),
        (50, 41, None),
        (1_000, 1_099, None),
        (1_000, 1_100, 1_100),
        (1_000, 901, None),
        (1_000, 900, 900),
        (1_000, 2_000, 1_500),
        (1_000, 100, 500),
        (10, 400, 60),
        (0, 5, None),
        (0, 10, 10),
        (0, 400, 50),
        (9_950, 20_000, None),
        (20_000, 30_000, None),
        (20_000, 5_000, 10_000),
        (2**32 - 1, 100, 10_000),
    ],
)
def test_steps_are_noticeable_and_bounded(current, wanted, expected):
    assert stepped(current, wanted) == expected


@pytest.mark.parametrize(("hours", "is_held"), [(0, True), (23.9, True), (24, False), (72, False)])
def test_a_fee_that_just_changed_rests(hours, is_held):
    resting = policy(changed_at=AT - timedelta(hours=hours))

    assert (fee_step(resting, wanted_ppm=400, at=AT, thresholds=NUMBERS) is None) is is_held


def test_a_fresh_announcement_is_no_proof_of_a_change_but_asks_for_care():
    fresh = policy(updated_at=AT - timedelta(hours=2))

    assert fee_step(fresh, wanted_ppm=300, at=AT, thresholds=NUMBERS) is not None
    assert "in the last 24 h" in caution(fresh, at=AT, thresholds=NUMBERS)


def test_an_operator_may_take_every_announcement_for_a_change():
    fresh, strict = policy(updated_at=AT - timedelta(hours=2)), numbers("fee_guard", refresh_blocks=1)

    assert fee_step(fresh, wanted_ppm=300, at=AT, thresholds=strict) is None


@pytest.mark.parametrize("changes", [{"updated_at": None}, {"changed_at": AT - timedelta(days=2)}])
def test_there_is_no_caution_without_cause(changes):
    assert caution(policy(**changes), at=AT, thresholds=NUMBERS) == ""


@pytest.mark.parametrize(("bounds", "expected"), [({"highest_ppm": 250}, 250), ({"highest_ppm": 205}, None)])
def test_the_operators_bounds_hold(bounds, expected):
    assert stepped(200, 300, **bounds) == expected


@pytest.mark.parametrize(
    ("own", "wanted", "expected", "held_at"),
    [
        (ChannelBounds(), 300, 300, None),
        (ChannelBounds(max_fee_ppm=250), 300, 250, 250),
        (ChannelBounds(max_fee_ppm=205), 300, None, None),  # what is left is too small a change
        (ChannelBounds(max_fee_ppm=150), 300, None, None),  # it would have to go the other way
        (ChannelBounds(min_fee_ppm=150), 100, 150, 150),
        (ChannelBounds(min_fee_ppm=190), 100, None, None),
        (ChannelBounds(is_hands_off=True), 300, None, None),
    ],
)
def test_a_channels_own_limit_ends_the_step_and_is_told(own, wanted, expected, held_at):
    step = fee_step(policy(fee_ppm=200), wanted_ppm=wanted, at=AT, thresholds=NUMBERS, bounds=own)

    assert (step and step.new_ppm) == expected
    assert step is None or step.held_at_ppm == held_at
    if step is not None and held_at is not None:
        assert f"Your own limit for this channel ends at {held_at}" in words(step, NUMBERS)


@pytest.mark.parametrize(("hours", "is_advised"), [(23, False), (25, True)])
def test_the_cooldown_runs_on_the_readings_clock_when_the_node_was_read_after_the_graph(hours, is_advised):
    read_at = AT + timedelta(days=10)
    told = policy(fee_ppm=1_000, changed_at=read_at - timedelta(hours=hours))
    dear = channel(ratio=0.9, flow=silent(), own_policy=told, market=market(200, percentile=95.0))
    facts = operated(replace(dear, is_policy_from_node=True), private=private_node(measured_at=read_at))

    cuts = findings_of(facts, "fee_vs_market")

    assert bool(cuts) is is_advised
    assert all(next(e for e in one.evidence if e.label == "our fee").source == facts.private_source for one in cuts)


def test_a_partial_step_says_where_it_leads():
    step = fee_step(policy(fee_ppm=1_000), wanted_ppm=100, at=AT, thresholds=NUMBERS)

    assert step is not None
    assert step.is_partial
    assert "toward 100 ppm" in words(step, NUMBERS)


def test_the_guard_itself_finds_nothing():
    assert found(fee_guard.RULE, node(channel(1))) == ()
