"""Rule 3: price follows balance, where flow and role agree."""

import pytest

from recommendations.domain.findings.balance_fee import RULE, target_ppm
from tests.recommendations.domain.factories import channel, flow, found, market, node, operated, policy, silent

SINK, SOURCE, EVEN = flow(5_000_000, 100_000), flow(100_000, 5_000_000), flow(3_000_000, 3_000_000)


@pytest.mark.parametrize(("ratio", "factor"), [(0.0, 7.07), (0.5, 1.0), (1.0, 0.1414)])
def test_the_curve_is_seven_times_at_empty_and_a_seventh_at_full(ratio, factor):
    assert target_ppm(1_000, local_ratio=ratio) == pytest.approx(1_000 * factor, rel=1e-3)


@pytest.mark.parametrize(
    ("ratio", "its_flow", "expected"),
    [
        (0.05, SINK, 300),
        (0.19, SINK, 300),
        (0.2, SINK, None),
        (0.05, EVEN, 300),
        (0.05, SOURCE, None),
        (0.05, silent(), None),
        (0.5, EVEN, None),
        (0.8, EVEN, None),
        (0.81, EVEN, 100),
        (0.95, SINK, None),
        (0.95, SOURCE, None),
    ],
)
def test_only_a_channel_blocked_in_its_own_direction_is_repriced(ratio, its_flow, expected):
    findings = found(RULE, operated(channel(ratio=ratio, flow=its_flow)))

    assert [finding.action.new.fee_ppm for finding in findings] == ([] if expected is None else [expected])


def test_a_fee_that_already_follows_the_balance_stays():
    fair = channel(ratio=0.05, flow=SINK, own_policy=policy(fee_ppm=1_160), market=market(200))

    assert found(RULE, operated(fair)) == ()


def test_a_thin_market_gives_no_target():
    assert found(RULE, operated(channel(ratio=0.05, flow=SINK, market=market(200, size=7)))) == ()


def test_what_is_missing_is_named():
    (finding,) = found(RULE, node(channel()))

    assert finding.missing == ("local and remote balance per channel", "settled forwards per channel, 30 days")
