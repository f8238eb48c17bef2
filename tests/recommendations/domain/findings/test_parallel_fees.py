"""Parallel channels of one peer: judged together, and brought to one fee."""

from typing import Any

import pytest

from recommendations.domain.actions import SetChannelFee
from recommendations.domain.facts import ChannelBounds
from recommendations.domain.findings import fee_vs_market, peer_role
from recommendations.domain.findings.parallel import joined
from recommendations.domain.findings.parallel_fees import RULE
from tests.recommendations.domain.factories import channel, flow, found, market, operated, peer, policy, silent


def pair(one=200, two=200, **changes):
    """A larger and a smaller channel with the same peer, at these fees."""
    shared = {"peer": peer(7), **changes}
    return (
        channel(1, capacity_sat=8_000_000, own_policy=policy(fee_ppm=one), **shared),
        channel(2, capacity_sat=2_000_000, own_policy=policy(fee_ppm=two), **shared),
    )


@pytest.mark.parametrize(("two", "new"), [(200, None), (190, None), (400, 200), (150, 200), (1_000, 500)])
def test_the_smaller_one_follows_the_larger(two, new):
    findings = found(RULE, operated(*pair(two=two)))

    assert [(one.target, one.action.new.fee_ppm) for one in findings] == ([] if new is None else [("800002x2x0", new)])


def test_a_channel_that_is_not_to_be_touched_keeps_its_fee_and_a_lone_one_has_none_to_follow():
    first, second = pair(two=400, bounds=ChannelBounds(is_hands_off=True))

    assert found(RULE, operated(first, second)) == ()
    assert found(RULE, operated(first, channel(3, own_policy=policy(fee_ppm=900)))) == ()


def test_balances_and_flows_are_summed_and_the_largest_speaks():
    first, second = pair(ratio=0.5, flow=flow(1_000, 2_000))

    one: Any = joined([second, first])[0]

    assert (one.scid, one.siblings, one.judged_capacity_sat) == (first.scid, (second.scid,), 10_000_000)
    assert (one.private.local_sat, one.private.flow.out_sat, one.private.flow.in_count) == (5_000_000, 2_000, 80)
    unknown = joined([first, channel(3, peer=peer(7))])[0]
    assert unknown.private is None


def test_a_peer_is_a_sink_by_all_its_channels_and_its_turnover_by_their_capacity():
    """The small one alone sells five times its capacity; both together only once."""
    large, small = pair()
    busy = [
        channel(1, capacity_sat=8_000_000, peer=peer(7), ratio=0.5, flow=silent()),
        channel(2, capacity_sat=2_000_000, peer=peer(7), ratio=0.5, flow=flow(9_500_000, 0)),
    ]

    assert found(peer_role.RULE, operated(*busy)) == ()
    assert large.peer == small.peer


def test_advice_on_one_fee_names_the_others():
    dear = {"ratio": 0.9, "flow": silent(), "market": market(200, percentile=95.0)}

    (cut,) = found(fee_vs_market.RULE, operated(*pair(1_000, 1_000, **dear)))

    assert isinstance(cut.action, SetChannelFee)
    assert (cut.target, "800002x2x0" in cut.explanation) == ("800001x1x0", True)
    assert any(one.label == "channels with this peer, judged together" and one.value == 2 for one in cut.evidence)
