"""Forwards, failures, costs and fees are summed over the days that are known, and over no others."""

from datetime import timedelta

import pytest

from recommendations.models import ChannelCost, FailedForward, Forward
from tests.recommendations.graphs import AS_OF
from tests.recommendations.services.markets import facts_of, market, private

__all__ = ["market"]

pytestmark = pytest.mark.django_db


def forward(connection_, *, days_ago, out="900000x1x0", into="900000x2x0", sat=1_000, fee_msat=10):
    Forward.objects.create(
        connection=connection_,
        at=AS_OF - timedelta(days=days_ago),
        incoming_scid=into,
        outgoing_scid=out,
        amount_in_msat=sat * 1_000 + fee_msat,
        amount_out_msat=sat * 1_000,
        fee_msat=fee_msat,
    )


def test_forwards_are_summed_in_windows_before_the_reading(market, operator):
    seen = private(operator, forwards_from=AS_OF - timedelta(days=90))
    for days_ago, sat in ((1, 1_000), (13, 2_000), (20, 4_000), (40, 8_000), (-1, 16_000)):
        forward(seen, days_ago=days_ago, sat=sat)
    forward(seen, days_ago=2, out="900000x2x0", into="900000x1x0", sat=5_000, fee_msat=70)

    facts = facts_of(1, user=operator)

    (flow,) = (channel.private.flow for channel in facts.channels if channel.private)
    assert (flow.window_days, flow.out_sat, flow.out_14d_sat, flow.out_count) == (30, 7_000, 3_000, 3)
    assert (flow.in_sat, flow.in_count, flow.fees_earned_msat, flow.fees_assisted_msat) == (5_000, 1, 30, 70)
    assert flow.latest_forward_at == AS_OF - timedelta(days=1)
    assert flow.settled_amounts_p90_msat == 4_000_000
    assert (facts.private.revenue_msat, facts.private.forward_count) == (100, 4)


def test_unknown_forwards_are_unknown_and_known_ones_may_be_none(market, operator):
    seen = private(operator)
    assert facts_of(1, user=operator).private.revenue_msat is None

    seen.forwards_from = AS_OF - timedelta(days=12)
    seen.save()

    facts = facts_of(1, user=operator)
    (flow,) = (channel.private.flow for channel in facts.channels if channel.private)
    assert (facts.private.revenue_msat, facts.private.window_days) == (0, 12)
    assert (flow.out_count, flow.window_days, flow.latest_forward_at) == (0, 12, None)


def failed(connection_, *, days_ago, reason="TEMPORARY_CHANNEL_FAILURE", at="here", fee_msat=50, out="900000x1x0"):
    FailedForward.objects.create(
        connection=connection_,
        at=AS_OF - timedelta(days=days_ago),
        incoming_scid="900000x2x0",
        outgoing_scid=out,
        amount_msat=None if fee_msat is None else 2_000_000,
        fee_msat=fee_msat,
        failed_at=at,
        reason=reason,
    )


def test_failures_are_counted_by_kind_and_only_over_days_that_are_known(market, operator):
    seen = private(operator, forwards_from=AS_OF - timedelta(days=90), failures_from=AS_OF - timedelta(days=20))
    failed(seen, days_ago=1)
    failed(seen, days_ago=10, reason="WIRE_TEMPORARY_CHANNEL_FAILURE", fee_msat=None)
    failed(seen, days_ago=2, reason="FEE_INSUFFICIENT")
    failed(seen, days_ago=2, at="downstream")
    failed(seen, days_ago=2, out="")
    failed(seen, days_ago=25)

    (failures,) = (one.private.failures for one in facts_of(1, user=operator).channels if one.private)

    assert (failures.window_days, failures.short_count, failures.short_7d_count, failures.other_count) == (20, 2, 1, 2)
    assert (failures.missed_fee_msat, failures.priced_count, failures.short_sat) == (50, 1, 2_000)
    seen.failures_from = AS_OF - timedelta(days=5)
    seen.save()
    (unknown,) = (one.private.failures for one in facts_of(1, user=operator).channels if one.private)
    assert unknown is None


def cost(connection_, *, days_ago, kind="rebalance", msat=1_000, scid="900000x1x0"):
    ChannelCost.objects.create(
        connection=connection_,
        reference=f"{kind}-{days_ago}",
        at=AS_OF - timedelta(days=days_ago),
        kind=kind,
        scid=scid,
        cost_msat=msat,
        amount_msat=5_000_000,
    )


def test_costs_are_summed_over_days_that_are_known_and_none_is_no_cost(market, operator):
    seen = private(operator, costs_from=AS_OF - timedelta(days=200))
    for days_ago in (5, 40, 120):
        cost(seen, days_ago=days_ago)
    cost(seen, days_ago=150, kind="open", msat=700)
    cost(seen, days_ago=1, kind="close", scid="900000x9x0")

    (costs,) = (one.private.costs for one in facts_of(1, user=operator).channels if one.private)

    assert (costs.window_days, costs.rebalance_msat, costs.rebalance_30d_msat, costs.open_msat) == (
        90,
        2_000,
        1_000,
        700,
    )
    assert costs.rebalanced_msat == 10_000_000
    seen.costs.all().delete()
    (none,) = (one.private.costs for one in facts_of(1, user=operator).channels if one.private)
    assert (none.rebalance_msat, none.open_msat) == (0, None)
    seen.costs_from = None
    seen.save()
    (unknown,) = (one.private.costs for one in facts_of(1, user=operator).channels if one.private)
    assert unknown is None


def test_fees_of_ninety_days_are_known_only_when_ninety_days_are(market, operator):
    seen = private(operator, forwards_from=AS_OF - timedelta(days=100))
    forward(seen, days_ago=60, fee_msat=30)
    forward(seen, days_ago=95, fee_msat=5)

    (flow,) = (one.private.flow for one in facts_of(1, user=operator).channels if one.private)
    assert (flow.fees_90d_msat, flow.fees_earned_msat, round(flow.complete_days)) == (30, 0, 100)

    seen.forwards_from = AS_OF - timedelta(days=89)
    seen.save()
    (short,) = (one.private.flow for one in facts_of(1, user=operator).channels if one.private)
    assert (short.fees_90d_msat, round(short.complete_days)) == (None, 89)
