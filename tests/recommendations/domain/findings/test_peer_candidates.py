"""Rule 17: candidates are filtered, sized, and never already peers."""

from dataclasses import replace

import pytest

from recommendations.domain.findings.peer_candidates import RULE
from tests.recommendations.domain.factories import (
    OWN_KEY,
    candidate,
    channel,
    flow,
    found,
    key,
    network,
    node,
    operated,
    private_node,
    standing,
)


@pytest.mark.parametrize(
    ("changes", "is_found"),
    [
        ({}, True),
        ({"channel_count": 10}, True),
        ({"channel_count": 9}, False),
        ({"median_channel_sat": 500_000}, True),
        ({"median_channel_sat": 499_999}, False),
        ({"median_channel_sat": None}, False),
        ({"pubkey": key(1)}, False),
        ({"pubkey": OWN_KEY}, False),
    ],
)
def test_candidates_are_well_connected_and_new(changes, is_found):
    facts = node(channel(1), candidates=(candidate(**changes),))

    assert bool(found(RULE, facts)) is is_found


@pytest.mark.parametrize(
    ("own", "theirs", "size"),
    [
        (5_000_000, 3_000_000, 3_000_000),
        (2_050_000, 3_000_000, 2_000_000),
        (200_000, 3_000_000, 1_000_000),
        (900_000_000, 900_000_000, 16_700_000),
        (None, 3_000_000, 2_000_000),
    ],
)
def test_the_size_fits_both_sides_and_stays_in_bounds(own, theirs, size):
    facts = node(
        channel(1), standing=standing(median_channel_sat=own), candidates=(candidate(median_channel_sat=theirs),)
    )

    (finding,) = found(RULE, facts)

    assert finding.action.amount_sat == size


def test_the_cost_is_known_only_with_a_chain_fee():
    known = node(channel(1), candidates=(candidate(),))

    assert found(RULE, known)[0].cost_sat == 154 * 4
    assert found(RULE, replace(known, network=network(onchain_fee_sat_vb=None)))[0].cost_sat is None


def test_the_gain_ranges_from_idle_to_this_nodes_better_channels():
    earners = [channel(n, ratio=0.5, flow=flow()) for n in range(1, 6)]

    (finding,) = found(RULE, operated(*earners, candidates=(candidate(),)))

    assert finding.gain.low_sat == 0
    assert finding.gain.high_sat == 240
    assert found(RULE, node(channel(1), candidates=(candidate(),)))[0].gain is None


@pytest.mark.parametrize(("uptime", "is_found"), [(0.94, False), (0.95, True), (None, True)])
def test_an_unreliable_node_is_not_told_to_grow(uptime, is_found):
    facts = operated(channel(1), candidates=(candidate(),), private=private_node(uptime_ratio=uptime))

    assert bool(found(RULE, facts)) is is_found


def test_the_best_score_comes_first_and_the_alias_is_never_in_the_words():
    hostile = candidate(501, alias="<script>", score=9.0)

    findings = found(RULE, node(channel(1), candidates=(candidate(500), hostile)))

    assert findings[0].target == key(501)
    assert "script" not in findings[0].title + findings[0].explanation


def test_without_candidates_the_rule_says_so():
    assert found(RULE, node(channel(1)))[0].missing == ("peer candidates from the graph",)
