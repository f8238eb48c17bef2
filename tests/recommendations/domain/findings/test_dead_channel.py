"""Rule 9 and 11: silence is answered with a fee cut first; a close needs strong evidence and a positive test."""

from datetime import timedelta

import pytest

from recommendations.domain.actions import CloseChannel, Inspect, SetChannelFee
from recommendations.domain.advice import Reversibility
from recommendations.domain.findings.dead_channel import RULE
from tests.recommendations.domain.factories import (
    AT,
    channel,
    flow,
    found,
    market,
    network,
    node,
    operated,
    policy,
    private,
    silent,
)

LONG_AGO = AT - timedelta(days=200)
BUSY = tuple(channel(n, ratio=0.5, flow=flow(40_000_000, 39_000_000)) for n in range(10, 16))


def quiet(*, ratio=0.6, its_flow=None, age_days=400.0, own=None, rates=None, **changes):
    return channel(
        1,
        age_days=age_days,
        own_policy=own or policy(fee_ppm=400),
        market=rates or market(200),
        private=private(ratio, flow=its_flow or silent(), **changes),
    )


def cheap(**changes):
    return quiet(own=policy(fee_ppm=5), its_flow=silent(latest_forward_at=LONG_AGO), **changes)


@pytest.mark.parametrize(
    ("changes", "is_found"),
    [
        ({}, True),
        ({"age_days": 60.0}, True),
        ({"age_days": 59.9}, False),
        ({"age_days": None}, False),
        ({"uptime_ratio": 0.95}, True),
        ({"uptime_ratio": 0.94}, False),
        ({"uptime_ratio": None}, False),
        ({"is_initiator": False}, False),
        ({"is_initiator": None}, False),
        ({"its_flow": flow(1_000, 0)}, False),
        ({"its_flow": silent(window_days=29)}, False),
        ({"own": policy(fee_ppm=400, changed_at=AT - timedelta(days=13))}, False),
        ({"own": policy(fee_ppm=400, changed_at=AT - timedelta(days=15))}, True),
    ],
)
def test_dead_means_old_connected_ours_and_silent(changes, is_found):
    findings = [one for one in found(RULE, operated(quiet(**changes), *BUSY)) if one.target == "800001x1x0"]

    assert bool(findings) is is_found


def test_the_first_answer_is_a_cheaper_fee():
    (finding,) = found(RULE, operated(quiet(its_flow=silent(latest_forward_at=LONG_AGO)), *BUSY))

    assert isinstance(finding.action, SetChannelFee)
    assert finding.action.new.fee_ppm == 200
    assert finding.reversibility is Reversibility.REVERSIBLE
    assert finding.gain.high_sat > 0


def test_a_close_is_considered_when_the_fee_is_low_and_the_test_pays():
    (finding,) = found(RULE, operated(cheap(), *BUSY))

    assert isinstance(finding.action, CloseChannel)
    assert finding.reversibility is Reversibility.IRREVERSIBLE
    assert "180 days" in finding.gain.computation
    assert finding.cost_sat == (154 + 169) * 4


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (operated(cheap(), *BUSY, network=network(onchain_fee_sat_vb=None)), "cost unknown"),
        (operated(cheap(), *BUSY, network=network(onchain_fee_sat_vb=10_000.0)), "costs more than it brings"),
        (operated(cheap(), *BUSY[:3]), "too few others"),
        (operated(quiet(own=policy(fee_ppm=5)), *BUSY), "silent for 30 days only"),
    ],
)
def test_without_a_clear_gain_the_channel_is_kept(facts, why):
    (finding,) = found(RULE, facts)

    assert isinstance(finding.action, Inspect), why
    assert finding.reversibility is Reversibility.NOTHING_CHANGES


def test_closing_is_never_advised_below_the_confidence_an_operator_asks_for():
    (finding,) = found(RULE, operated(cheap(), *BUSY), close_confidence=0.76)

    assert not isinstance(finding.action, CloseChannel)


def test_an_empty_channel_is_not_cut_there_is_nothing_to_sell():
    (finding,) = found(RULE, operated(quiet(ratio=0.29), *BUSY))

    assert isinstance(finding.action, Inspect)


def test_what_is_missing_is_named():
    assert found(RULE, operated(channel(ratio=0.5)))[0].missing == ("settled forwards per channel, 30 days",)
    assert found(RULE, node(channel()))[0].is_insufficient
