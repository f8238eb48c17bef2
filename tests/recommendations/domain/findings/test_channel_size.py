"""Rule 21: too many channels too small to pay for themselves."""

import pytest

from recommendations.domain.findings.channel_size import RULE, smallest_paying_sat
from tests.recommendations.domain.factories import channel, flow, found, network, node, operated


def sized(*sizes, **changes):
    return node(*(channel(n, capacity_sat=size, **changes) for n, size in enumerate(sizes, start=1)))


@pytest.mark.parametrize(
    ("sizes", "is_found"),
    [
        ((499_999, 499_999), True),
        ((500_000, 499_999), False),
        ((400_000,) * 2 + (5_000_000,) * 8, True),
        ((400_000,) * 2 + (5_000_000,) * 9, False),
        ((), False),
    ],
)
def test_small_channels_are_named_when_they_are_a_pattern(sizes, is_found):
    assert bool(found(RULE, sized(*sizes))) is is_found


def test_dead_edges_do_not_count():
    assert found(RULE, sized(400_000, 400_000, is_live=False)) == ()


def test_the_smallest_paying_size_is_cost_over_what_a_sat_earns():
    earning = channel(1, capacity_sat=1_000_000, ratio=0.5, flow=flow(fees_earned_msat=100_000))

    # 323 vB x 4 = 1,292 sat; 100 sat a month on 1M sat is 600 sat in 180 days.
    assert smallest_paying_sat(operated(earning), horizon_days=180) == (2_153_333, 1_292)
    assert smallest_paying_sat(node(earning, network=network(onchain_fee_sat_vb=None)), horizon_days=180) is None
    assert smallest_paying_sat(node(channel(1)), horizon_days=180) is None


def test_nothing_is_closed_for_its_size():
    (finding,) = found(RULE, sized(300_000, 300_000))

    assert "Close none" in finding.manual_step
    assert finding.impact.low == 2_000_000


def test_with_forwards_and_a_chain_fee_the_advice_counts_what_pays():
    small = [channel(n, capacity_sat=400_000, ratio=0.5, flow=flow(fees_earned_msat=10_000)) for n in (1, 2)]

    (finding,) = found(RULE, operated(*small))

    # 10 sat a month on 400,000 sat is 60 sat in 180 days; 1,292 sat to open and close need 8,613,333 sat.
    assert "8,613,333 sat" in finding.explanation
    assert finding.impact.low == 8_613_333
    assert finding.missing == ()
