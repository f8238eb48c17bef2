"""What a channel earned less what it cost: over the same days, with one-off costs spread, and never with a guess."""

from dataclasses import replace
from typing import Any

import pytest

from recommendations.domain.facts import CostFacts, FlowFacts
from recommendations.domain.profit import in_sum, joined, profit_of

FLOW = FlowFacts(30, 0, 0, 0, 0, 100_000, 0, 0, 0, None, None, known_days=400.0, fees_90d_msat=270_000)
SHORT = replace(FLOW, known_days=30.0, fees_90d_msat=None)
COSTS = CostFacts(90, 60_000, 20_000, 0, 300_000)


def profit(
    flow=FLOW, costs=COSTS, *, is_initiator=True, age_days=100.0, sat_vb=1.0
) -> Any:  # Any: a test knows what to expect
    return profit_of(flow, costs, capacity_sat=2_000_000, is_initiator=is_initiator, age_days=age_days, sat_vb=sat_vb)


@pytest.mark.parametrize(
    ("changes", "window", "earned", "rebalance", "onchain"),
    [
        (
            {},
            90,
            270_000,
            60_000,
            round((300_000 + 169_000) * 90 / 365),
        ),  # the opening as booked, the closing estimated
        ({"age_days": 900.0}, 90, 270_000, 60_000, round(469_000 * 90 / 900)),  # spread over its age
        ({"age_days": None}, 90, 270_000, 60_000, round(469_000 * 90 / 365)),
        ({"costs": replace(COSTS, open_msat=None)}, 90, 270_000, 60_000, round(323_000 * 90 / 365)),
        ({"is_initiator": False}, 90, 270_000, 60_000, 0),  # the peer opened it and pays
        ({"is_initiator": None}, 90, 270_000, 60_000, None),
        ({"sat_vb": None}, 90, 270_000, 60_000, None),
        ({"costs": None}, 90, 270_000, None, round(323_000 * 90 / 365)),
        ({"costs": replace(COSTS, window_days=40)}, 30, 100_000, 20_000, round(469_000 * 30 / 365)),
        ({"costs": replace(COSTS, window_days=10)}, 30, 100_000, None, round(469_000 * 30 / 365)),
        ({"flow": SHORT}, 30, 100_000, 20_000, round(469_000 * 30 / 365)),
    ],
)
def test_forwards_and_costs_are_taken_over_the_same_days(changes, window, earned, rebalance, onchain):
    one = profit(**changes)

    assert (one.window_days, one.earned_msat, one.rebalance_msat, one.onchain_msat) == (
        window,
        earned,
        rebalance,
        onchain,
    )
    is_known = rebalance is not None and onchain is not None
    assert one.net_msat == (earned - rebalance - onchain if is_known else None)
    assert (one.return_percent_year is None) is not is_known


def test_the_return_is_net_over_capacity_carried_on_for_a_year():
    one = profit(is_initiator=False)

    assert one.net_msat == 210_000
    assert one.net_per_million_day_msat == pytest.approx(210_000 / 90 / 2)
    assert one.return_percent_year == pytest.approx(210 / 2_000_000 * 365 / 90 * 100)


def test_without_forwards_there_is_no_result_and_without_capacity_no_rate():
    assert profit(None) is None
    assert replace(profit(), capacity_sat=0).return_percent_year is None


def test_a_sum_with_an_unknown_cost_has_no_net_and_says_of_how_many():
    known, unknown = profit(is_initiator=False), profit(costs=None, is_initiator=False)

    total: Any = in_sum([known, unknown])
    full: Any = in_sum([known, known])

    assert (total.net_msat, total.unknown_costs, total.channels) == (None, 1, 2)
    assert (total.earned_msat, total.rebalance_msat, total.onchain_msat) == (540_000, None, 0)
    assert (full.net_msat, full.unknown_costs) == (420_000, 0)
    assert full.return_percent_year == pytest.approx(known.return_percent_year)
    assert in_sum([]) is None


def test_one_peers_channels_are_one_result_only_where_all_are_known():
    one, two = profit(is_initiator=False), profit(is_initiator=False)

    both: Any = joined([one, two])
    half_known: Any = joined([one, profit(costs=None)])
    assert (both.net_msat, half_known.net_msat) == (420_000, None)
    assert joined([one, None]) is None
