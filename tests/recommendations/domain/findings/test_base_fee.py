"""Rule 14: the base fee as small payments feel it."""

from datetime import timedelta

import pytest

from recommendations.domain.findings.base_fee import RULE, effective_ppm
from tests.recommendations.domain.factories import AT, channel, flow, found, node, operated, policy, silent


@pytest.mark.parametrize(("amount", "expected"), [(10_000, 600.0), (50_000, 520.0), (1_000_000, 501.0)])
def test_the_effective_rate_adds_a_thousand_times_base_over_amount(amount, expected):
    assert effective_ppm(policy(fee_ppm=500, base_fee_msat=1_000), amount_sat=amount) == expected


@pytest.mark.parametrize(
    ("ppm", "base", "is_found"),
    [
        (200, 0, False),
        (200, 999, False),
        (200, 1_000, True),
        (201, 1_000, False),
        (0, 999, False),
        (0, 1_000, True),
        (5_000, 24_999, False),
        (5_000, 25_000, True),
    ],
)
def test_only_a_base_fee_that_weighs_heavily_is_named(ppm, base, is_found):
    findings = found(RULE, node(channel(own_policy=policy(fee_ppm=ppm, base_fee_msat=base))))

    assert bool(findings) is is_found


def test_only_the_base_fee_changes_and_confidence_is_low():
    (finding,) = found(RULE, node(channel(own_policy=policy(fee_ppm=100, base_fee_msat=1_000))))

    assert (finding.action.new.base_fee_msat, finding.action.new.fee_ppm) == (0, 100)
    assert finding.confidence < 0.5
    assert finding.gain is None
    assert (finding.impact.low, finding.impact.high) == (100, 200.0)


@pytest.mark.parametrize(("count", "is_found"), [(40, False), (30, False), (20, True)])
def test_a_base_fee_that_earns_its_keep_is_left_alone(count, is_found):
    earning = flow(2_000_000, 0, out_count=count, fees_earned_msat=250_000)

    facts = operated(channel(own_policy=policy(fee_ppm=100, base_fee_msat=1_000), ratio=0.5, flow=earning))

    assert bool(found(RULE, facts)) is is_found


def test_what_is_given_up_is_counted_and_what_may_come_is_not():
    its_flow = flow(2_000_000, 0, out_count=20, fees_earned_msat=250_000)

    (finding,) = found(
        RULE, operated(channel(own_policy=policy(fee_ppm=100, base_fee_msat=1_000), ratio=0.5, flow=its_flow))
    )

    assert (finding.gain.low_sat, finding.gain.high_sat) == (-20, 0)


@pytest.mark.parametrize(("p90_sat", "confidence"), [(50_000, 0.45), (50_001, 0.30)])
def test_small_payments_make_it_likelier_to_matter(p90_sat, confidence):
    its_flow = silent(settled_amounts_p90_msat=p90_sat * 1_000)

    (finding,) = found(
        RULE, operated(channel(own_policy=policy(fee_ppm=100, base_fee_msat=1_000), ratio=0.5, flow=its_flow))
    )

    assert finding.confidence == confidence


def test_a_policy_that_just_changed_rests():
    resting = policy(fee_ppm=100, base_fee_msat=1_000, changed_at=AT - timedelta(hours=3))

    assert found(RULE, node(channel(own_policy=resting))) == ()
