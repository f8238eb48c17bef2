"""Rule 2: the node as a whole against the network, and single fees far outside where the peer has no market."""

import pytest

from recommendations.domain.advice import FeeLabel, fee_label, rank_percentile
from recommendations.domain.findings.fee_vs_network import RULE
from tests.recommendations.domain.factories import (
    OWN_KEY,
    channel,
    flow,
    found,
    market,
    network,
    node,
    operated,
    policy,
    standing,
)

NO_MARKET = market(None, size=3)


def trio(*, percentile=60.0, count=3):
    return node(*(channel(n) for n in range(1, count + 1)), standing=standing(fee_percentile=percentile))


@pytest.mark.parametrize(
    ("percentile", "is_found"), [(9.9, True), (10.0, False), (50.0, False), (90.0, False), (90.1, True), (None, False)]
)
def test_only_a_node_at_the_edge_is_asked_to_review(percentile, is_found):
    findings = found(RULE, trio(percentile=percentile))

    assert [finding.target for finding in findings] == ([OWN_KEY] if is_found else [])


def test_two_channels_are_no_pricing_policy():
    assert found(RULE, trio(percentile=95.0, count=2)) == ()


@pytest.mark.parametrize(("ppm", "is_found"), [(2_859, False), (2_860, True), (9_000, True)])
def test_a_single_fee_above_the_networks_p95_is_lowered_where_there_is_no_market(ppm, is_found):
    odd = channel(9, own_policy=policy(fee_ppm=ppm), market=NO_MARKET)

    findings = found(RULE, node(channel(1), channel(2), channel(3), odd))

    assert [finding.action.new.fee_ppm for finding in findings] == ([ppm - ppm // 2] if is_found else [])
    assert all(finding.confidence < 0.5 for finding in findings)


@pytest.mark.parametrize(
    "changes", [{"market": market(2_000, size=8)}, {"market": NO_MARKET, "ratio": 0.5, "flow": flow()}]
)
def test_a_dear_channel_with_a_market_or_with_sales_is_left_to_them(changes):
    odd = channel(9, own_policy=policy(fee_ppm=9_000), **changes)

    assert found(RULE, operated(channel(1), channel(2), odd)) == ()


def test_a_node_that_is_dear_throughout_has_no_outlier():
    dear = [channel(n, own_policy=policy(fee_ppm=3_000), market=NO_MARKET) for n in range(1, 6)]

    assert found(RULE, node(*dear)) == ()


def test_without_network_quantiles_the_rule_cannot_judge():
    (finding,) = found(RULE, node(channel(1), network=network(fee_quantiles_ppm=())))

    assert finding.is_insufficient


@pytest.mark.parametrize(
    ("ppm", "median", "label"),
    [
        (69, 100, FeeLabel.VERY_COMPETITIVE),
        (70, 100, FeeLabel.COMPETITIVE),
        (99, 100, FeeLabel.COMPETITIVE),
        (100, 100, FeeLabel.ABOVE_MEDIAN),
        (149, 100, FeeLabel.ABOVE_MEDIAN),
        (150, 100, FeeLabel.NOT_COMPETITIVE),
        (10, 0, None),
        (10, None, None),
    ],
)
def test_fee_labels_follow_the_ratio_to_the_median(ppm, median, label):
    assert fee_label(ppm, median_ppm=median) is label


@pytest.mark.parametrize(("rank", "total", "expected"), [(1, 100, 99.0), (100, 100, 0.0), (1, 0, None)])
def test_a_percentile_is_total_less_rank_over_total(rank, total, expected):
    assert rank_percentile(rank, total=total) == expected
