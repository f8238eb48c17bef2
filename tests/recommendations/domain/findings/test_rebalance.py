"""Rule 8: a refill is advised only when its ceiling can be met and is earned back within 30 days."""

from dataclasses import replace

import pytest

from recommendations.domain.findings.rebalance import RULE
from tests.recommendations.domain.factories import channel, flow, found, node, operated, peer, policy, private, silent

SELLING = flow(4_000_000, 100_000)


def target(number=1, *, ratio=0.1, fee_ppm=1_000, peer_ppm=50, its_flow=SELLING, **changes):
    return channel(
        number,
        own_policy=policy(fee_ppm=fee_ppm),
        peer_policy=policy(fee_ppm=peer_ppm),
        private=private(ratio, flow=its_flow, **changes),
    )


def source(number=2, *, ratio=0.95, its_flow=None, **changes):
    return channel(number, private=private(ratio, flow=its_flow or silent(), **changes))


def test_a_refill_that_pays_is_advised_with_its_sums():
    (finding,) = found(RULE, operated(target(), source()))

    action = finding.action
    assert (action.amount_sat, action.max_fee_ppm, action.max_fee_sat) == (2_000_000, 650, 1_300)
    assert (finding.gain.low_sat, finding.gain.high_sat) == (700, 1_900)
    assert "2,000,000 sat x 1,000 ppm x 100%" in finding.gain.computation
    assert finding.cost_sat == 1_300


@pytest.mark.parametrize(
    ("changes", "is_found"),
    [
        ({"ratio": 0.24}, True),
        ({"ratio": 0.25}, False),
        ({"peer_ppm": 649}, True),
        ({"peer_ppm": 650}, False),
        ({"its_flow": silent()}, False),
        ({"its_flow": flow(100_000, 4_000_000)}, False),
        ({"its_flow": flow(1_400_000, 0)}, True),  # sells 70 % of the refill: 1,400 sat for 1,300
        ({"its_flow": flow(1_250_000, 0)}, False),
        ({"fee_ppm": 60}, False),
        ({"is_active": False}, False),
        ({"uptime_ratio": 0.94}, False),
        ({"uptime_ratio": None}, True),
    ],
)
def test_targets_are_empty_selling_reachable_and_profitable(changes, is_found):
    assert bool(found(RULE, operated(target(**changes), source()))) is is_found


@pytest.mark.parametrize(
    ("changes", "is_found"),
    [
        ({"ratio": 0.7}, False),
        ({"ratio": 0.71}, True),
        ({"is_active": False}, False),
        ({"its_flow": flow(4_750_000, 0)}, True),  # it sells, so its 200 ppm are taken off the ceiling
    ],
)
def test_sources_are_full_and_idle(changes, is_found):
    assert bool(found(RULE, operated(target(), source(**changes)))) is is_found


def test_what_the_source_would_have_sold_lowers_the_ceiling():
    (finding,) = found(RULE, operated(target(), source(its_flow=flow(4_750_000, 0))))

    assert finding.action.max_fee_ppm == 450


def test_each_channel_is_used_once_and_the_idlest_source_first():
    busy = source(3, its_flow=flow(3_000_000, 0))

    findings = found(RULE, operated(target(1), target(4), busy, source(2)))

    pairs = {(finding.action.in_channel.scid, finding.action.out_channel.scid) for finding in findings}
    assert len({out for _, out in pairs}) == len(pairs) == 2
    assert ("800001x1x0", "800002x2x0") in pairs


def test_two_channels_with_one_peer_cannot_refill_each_other():
    same = replace(source(), peer=peer(1))

    assert found(RULE, operated(target(), same)) == ()


def test_the_cost_never_passes_half_a_percent():
    (finding,) = found(RULE, operated(target(fee_ppm=10_000), source()))

    assert finding.action.max_fee_ppm == 5_000


def test_what_is_missing_is_named():
    (finding,) = found(RULE, node(channel()))

    assert finding.missing == ("local and remote balance per channel", "settled forwards per channel, 30 days")
