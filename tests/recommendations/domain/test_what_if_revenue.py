"""What a supposed change does to revenue: both ends of the elasticity, with the numbers that give them."""

import pytest

from recommendations.domain.what_if import BalanceChange, Closing, FeeChange, Opening
from recommendations.domain.what_if_revenue import RevenueChange, in_sum, revenue_changes
from tests.recommendations.domain import factories as make

SELLING = make.flow(10_000_000, 4_000_000, fees_earned_msat=2_000_000, fees_assisted_msat=500_000)


def of(change, *, flow=SELLING, fee=200, base=0, others=0):
    policy = make.policy(fee_ppm=fee, base_fee_msat=base)
    channels = [make.channel(1, ratio=0.5, flow=flow, own_policy=policy)]
    channels += [make.channel(number, ratio=0.5, flow=SELLING) for number in range(2, others + 2)]
    (found,) = revenue_changes(make.operated(*channels), [change])
    return found


FIRST = make.channel(1).scid


@pytest.mark.parametrize(
    ("fee", "now", "low", "high"),
    [
        (400, 200, -586, 2_000),  # 10 M sat: 2,000 sat now; 4,000 if demand stays; 4,000 x 2^-1.5 = 1,414 at -1.5
        (100, 200, -1_000, 828),  # 1,000 if it stays; 1,000 x 2^1.5 = 2,828
        (200, 200, 0, 0),
        (0, 200, -2_000, -2_000),
        (2, 200, -1_980, -1_920),  # 20 sat x 1,000 would be 20,000; volume grows four times at most
        (300, 0, 0, 3_000),  # a free channel tells nothing: all may go
    ],
)
def test_a_fee_change_gives_both_ends_of_the_elasticity(fee, now, low, high):
    found = of(FeeChange(FIRST, fee_ppm=fee), fee=now)

    assert (found.low_sat, found.high_sat) == (low, high)
    assert f"{fee:,} ppm" in found.computation


def test_the_base_fee_counts_by_forwards():
    found = of(FeeChange(FIRST, base_fee_msat=1_000), fee=0)

    assert (found.low_sat, found.high_sat) == (0, 40)  # 40 forwards


def test_a_shorter_window_is_scaled_to_thirty_days():
    flow = make.flow(5_000_000, 0, window_days=15, out_count=10)

    assert of(FeeChange(FIRST, fee_ppm=0), flow=flow).high_sat == -2_000


@pytest.mark.parametrize("flow", [None, make.silent(), make.flow(0, 9_000_000)])
def test_without_volume_there_is_no_number_but_a_reason(flow):
    found = of(FeeChange(FIRST, fee_ppm=400), flow=flow)

    assert (found.low_sat, found.high_sat, found.is_known) == (None, None, False)
    assert found.computation.startswith("Unknown: ")


def test_a_channel_less_loses_at_worst_what_it_earned_on_both_sides():
    found = of(Closing(FIRST))

    assert (found.low_sat, found.high_sat) == (-2_500, 0)
    assert "2,000 sat" in found.computation
    assert "500 sat" in found.computation


def test_a_channel_more_earns_up_to_what_our_better_ones_do():
    found = of(Opening(make.key(9), 5_000_000), others=4)

    assert (found.low_sat, found.high_sat) == (0, 2_000)
    assert of(Opening(make.key(9), 5_000_000), others=1).low_sat is None


def test_a_balance_alone_earns_nothing_that_could_be_told():
    assert of(BalanceChange(FIRST, 0.5)).computation.startswith("Not estimated")


def test_only_what_is_known_is_summed():
    known, unknown = RevenueChange("a", -10, 20, ""), RevenueChange("b", None, None, "Unknown")

    assert in_sum([known, unknown, known]) == (-20, 40)
    assert in_sum([unknown]) is None
    assert in_sum([]) is None
