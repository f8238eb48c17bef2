"""Rule 19: time locks out of range and limits that make payments fail."""

import pytest

from recommendations.domain.actions import SetChannelFee, SetHtlcLimits
from recommendations.domain.findings.htlc_limits import RULE, rounded_down
from tests.recommendations.domain.factories import channel, found, node, operated, policy


def priced(**changes):
    return node(channel(own_policy=policy(**changes)))


@pytest.mark.parametrize(
    ("lock", "new", "is_safety"),
    [
        (9, 40, True),
        (17, 40, True),
        (18, 40, False),
        (23, 40, False),
        (24, None, None),
        (80, None, None),
        (144, None, None),
        (145, 80, False),
        (2_016, 80, False),
    ],
)
def test_a_time_lock_outside_the_range_is_set_right(lock, new, is_safety):
    findings = found(RULE, priced(time_lock_delta=lock))

    assert [finding.action.new.time_lock_delta for finding in findings] == ([] if new is None else [new])
    assert all(isinstance(finding.action, SetChannelFee) for finding in findings)
    assert all(finding.is_safety is is_safety for finding in findings)


@pytest.mark.parametrize(
    ("ratio", "top_sat", "new_sat"),
    [
        (0.2, 4_950_000, 524_288),
        (0.29, 4_950_000, 1_048_576),
        (0.3, 4_950_000, None),
        (0.2, 1_000_000, None),
        (0.2, 1_000_001, 524_288),
        (0.001, 4_950_000, None),
    ],
)
def test_we_do_not_announce_more_than_we_have(ratio, top_sat, new_sat):
    lone = channel(own_policy=policy(max_htlc_msat=top_sat * 1_000), ratio=ratio)

    findings = found(RULE, operated(lone))

    assert [finding.action.new_max_msat for finding in findings] == ([] if new_sat is None else [new_sat * 1_000])


def test_the_new_limit_is_coarse_so_that_it_gives_no_balance_away():
    assert [rounded_down(amount) for amount in (0, 1, 1_000, 1_024, 1_025)] == [0, 1, 512, 1_024, 1_024]


@pytest.mark.parametrize(("top_sat", "is_found"), [(249_999, True), (250_000, False)])
def test_a_largest_payment_far_below_the_capacity_is_named(top_sat, is_found):
    findings = found(RULE, priced(max_htlc_msat=top_sat * 1_000))

    assert bool(findings) is is_found
    assert all(isinstance(finding.action, SetHtlcLimits) for finding in findings)


@pytest.mark.parametrize(("low", "is_found"), [(None, False), (1_000, False), (99_999, False), (100_000, True)])
def test_a_high_smallest_payment_is_named(low, is_found):
    findings = found(RULE, priced(min_htlc_msat=low))

    assert [finding.action.new_min_msat for finding in findings] == ([1_000] if is_found else [])


def test_a_channel_gets_one_finding_and_safety_goes_first():
    findings = found(RULE, priced(time_lock_delta=10, min_htlc_msat=1_000_000, max_htlc_msat=2_000_000))

    assert [finding.is_safety for finding in findings] == [True]


def test_unknown_limits_are_no_finding():
    assert found(RULE, priced(min_htlc_msat=None, max_htlc_msat=None)) == ()
