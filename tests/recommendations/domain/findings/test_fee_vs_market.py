"""Rule 1: dear and full and quiet is lowered, cheap and empty and flowing is raised, anything else is left alone."""

import pytest

from recommendations.domain.findings.fee_vs_market import RULE
from tests.recommendations.domain.factories import channel, flow, found, market, node, operated, policy, silent


def dear(number=1, *, percentile=90.0, size=20, ratio=0.9, its_flow=None, fee_ppm=1_000):
    return channel(
        number,
        own_policy=policy(fee_ppm=fee_ppm),
        market=market(400, percentile=percentile, size=size),
        ratio=ratio,
        flow=silent() if its_flow is None else its_flow,
    )


def cheap(*, percentile=10.0, ratio=0.1, its_flow=None):
    return channel(
        own_policy=policy(fee_ppm=100),
        market=market(400, percentile=percentile),
        ratio=ratio,
        flow=flow(4_000_000, 100_000) if its_flow is None else its_flow,
    )


def new_ppm(findings):
    return [finding.action.new.fee_ppm for finding in findings]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [500]),
        ({"percentile": 75.0}, []),
        ({"percentile": 75.1}, [500]),
        ({"size": 7}, []),
        ({"size": 8}, [500]),
        ({"ratio": 0.7}, []),
        ({"ratio": 0.71}, [500]),
        ({"its_flow": flow(1_000_000, 0)}, []),
        ({"its_flow": silent(fees_earned_msat=100)}, [500]),
    ],
)
def test_a_dear_full_and_quiet_channel_is_lowered_toward_the_median(changes, expected):
    assert new_ppm(found(RULE, operated(dear(**changes), channel(2, ratio=0.5, flow=flow())))) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [150]),
        ({"percentile": 25.0}, []),
        ({"percentile": 24.9}, [150]),
        ({"ratio": 0.2}, []),
        ({"ratio": 0.19}, [150]),
        ({"its_flow": silent()}, []),
        ({"its_flow": flow(100_000, 4_000_000)}, []),
    ],
)
def test_a_cheap_empty_and_flowing_channel_is_raised(changes, expected):
    assert new_ppm(found(RULE, operated(cheap(**changes)))) == expected


def test_without_private_data_only_the_market_speaks_and_it_says_so():
    public = channel(own_policy=policy(fee_ppm=1_000), market=market(400, percentile=90.0))

    (finding,) = found(RULE, node(public))

    assert finding.confidence < 0.5
    assert finding.gain is None
    assert finding.impact is not None
    assert (finding.impact.low, finding.impact.high) == (50.0, 75.0)
    assert finding.missing == ("local and remote balance per channel", "settled forwards per channel, 30 days")
    assert (finding.facts_present, finding.facts_needed) == (2, 4)
    assert "unknown" in finding.explanation


def test_the_gain_of_a_raise_is_volume_times_change():
    (finding,) = found(RULE, operated(cheap(its_flow=flow(4_000_000, 100_000))))

    assert (finding.gain.low_sat, finding.gain.high_sat) == (0, 200)
    assert "4,000,000 sat left in 30 days x 50 ppm = 200 sat" in finding.gain.computation
    assert "-1.5" in finding.gain.computation


def test_the_gain_of_a_cut_is_what_channels_of_this_node_earn():
    earners = (channel(n, ratio=0.5, flow=flow(fees_earned_msat=n * 1_000_000)) for n in range(2, 7))

    (finding,) = found(RULE, operated(dear(), *earners))

    assert (finding.gain.low_sat, finding.gain.high_sat) == (3_000, 5_000)


def test_no_gain_is_named_where_too_few_channels_earn():
    (finding,) = found(RULE, operated(dear(), channel(2, ratio=0.5, flow=flow())))

    assert finding.gain is None


def test_a_node_whose_peers_have_no_market_is_told_what_is_missing():
    (finding,) = found(RULE, node(channel(market=market(None, size=0))))

    assert finding.is_insufficient
    assert finding.missing == ("fees that other nodes charge into the peer",)


@pytest.mark.parametrize(
    "changes", [{"is_live": False}, {"own_policy": None}, {"own_policy": policy(is_disabled=True)}]
)
def test_channels_without_a_live_policy_are_left_out(changes):
    lone = channel(market=market(400, percentile=90.0), **changes)

    assert all(finding.is_insufficient for finding in found(RULE, node(lone)))


def test_a_node_without_channels_gives_nothing():
    assert found(RULE, node()) == ()


def test_the_farthest_come_first_and_the_rest_is_counted():
    many = [dear(n, percentile=76.0 + n / 2) for n in range(1, 21)]

    findings = found(RULE, operated(*many))

    assert findings[0].target == many[-1].scid
    assert len(findings) == 15
    assert findings[0].params["left_out"] == 5


def test_evidence_carries_source_time_and_channel():
    (finding,) = found(RULE, operated(dear()))

    by_name = {evidence.id: evidence for evidence in finding.evidence}
    own = by_name["fee_vs_market:800001x1x0:own_ppm"]
    ratio = by_name["fee_vs_market:800001x1x0:local_ratio"]
    assert (own.value, own.unit, own.channel) == (1_000, "ppm", "800001x1x0")
    assert own.source.startswith("graph snapshot")
    assert ratio.source.startswith("import")
    assert ratio.as_of is not None


def test_with_balances_but_no_forwards_it_claims_no_silence():
    (finding,) = found(
        RULE, operated(channel(own_policy=policy(fee_ppm=1_000), market=market(400, percentile=90.0), ratio=0.9))
    )

    assert "90% of the balance is ours" in finding.explanation
    assert "Forwards are unknown" in finding.explanation
    assert "Nothing was forwarded" not in finding.explanation
    assert finding.confidence == 0.5
