"""Rule 6: what is left on the draining side over the mean net flow of 14 days."""

import pytest

from recommendations.domain.advice import Severity
from recommendations.domain.findings.days_to_depletion import RULE
from tests.recommendations.domain.factories import channel, flow, found, node, operated


def draining(ratio, out_14d, in_14d, **changes):
    return channel(ratio=ratio, flow=flow(2 * out_14d, 2 * in_14d, out_14d_sat=out_14d, in_14d_sat=in_14d, **changes))


@pytest.mark.parametrize(
    ("ratio", "out_14d", "in_14d", "expected"),
    [
        (0.2, 1_990_000, 0, None),  # 1,000,000 sat at 142,143 a day: 7.04 days
        (0.2, 2_010_000, 0, 250),
        (0.8, 0, 1_990_000, None),
        (0.8, 0, 2_010_000, 150),
        (0.2, 2_010_000, 2_010_000, None),
        (0.0, 1_000_000, 0, 250),
    ],
)
def test_a_side_that_runs_dry_within_a_week_moves_the_fee(ratio, out_14d, in_14d, expected):
    findings = found(RULE, operated(draining(ratio, out_14d, in_14d)))

    assert [finding.action.new.fee_ppm for finding in findings] == ([] if expected is None else [expected])


@pytest.mark.parametrize(("out_14d", "severity"), [(4_500_000, Severity.MEDIUM), (4_800_000, Severity.HIGH)])
def test_less_than_three_days_is_urgent(out_14d, severity):
    (finding,) = found(RULE, operated(draining(0.2, out_14d, 0)))

    assert finding.severity is severity


def test_few_forwards_prove_no_trend():
    assert found(RULE, operated(draining(0.1, 4_000_000, 0, out_count=9, in_count=0))) == ()


def test_the_soonest_comes_first():
    slow, fast = draining(0.2, 2_500_000, 0), channel(2, ratio=0.05, flow=flow(8_000_000, 0))

    assert [finding.target for finding in found(RULE, operated(slow, fast))] == ["800002x2x0", "800001x1x0"]


def test_what_is_missing_is_named():
    (finding,) = found(RULE, operated(channel(ratio=0.1)))

    assert finding.missing == ("settled forwards per channel, 30 days",)
    assert found(RULE, node(channel()))[0].is_insufficient
    assert found(RULE, node()) == ()
