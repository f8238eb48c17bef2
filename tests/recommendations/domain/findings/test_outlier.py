"""Rule 10: the quartile fence of the node's own channels, as faraday draws it."""

import pytest

from recommendations.domain.actions import Inspect
from recommendations.domain.advice import Severity
from recommendations.domain.findings.outlier import RULE
from tests.recommendations.domain.factories import channel, flow, found, node, operated, private


def earning(number, msat, *, days=60.0, window=30):
    fees = flow(fees_earned_msat=msat, fees_assisted_msat=msat, window_days=window)
    return channel(number, private=private(0.5, flow=fees, monitored_days=days))


def herd(lowest, **changes):
    """Nine channels around 1,000,000 msat and one that earns `lowest`.

    Exclusive quartiles 993,750 and 1,021,250: the fences lie at 952,500 and 911,250.
    """
    others = (earning(n, 980_000 + 5_000 * n) for n in range(2, 11))
    return operated(earning(1, lowest, **changes), *others)


@pytest.mark.parametrize(
    ("lowest", "severity"),
    [(980_000, None), (953_000, None), (952_000, Severity.LOW), (912_000, Severity.LOW), (911_000, Severity.MEDIUM)],
)
def test_only_what_falls_below_the_fence_is_named(lowest, severity):
    findings = found(RULE, herd(lowest))

    assert [finding.severity for finding in findings] == ([] if severity is None else [severity])
    assert all(isinstance(finding.action, Inspect) for finding in findings)


@pytest.mark.parametrize("changes", [{"days": 27.9}, {"window": 27}])
def test_channels_watched_too_briefly_are_left_out(changes):
    assert found(RULE, herd(0, **changes)) == ()


def test_four_channels_have_no_quartiles():
    (finding,) = found(RULE, operated(*(earning(n, 1_000) for n in range(4))))

    assert finding.is_insufficient
    assert "there are 4" in finding.missing[0]


def test_a_skewed_node_flags_nobody_because_zero_is_within_the_fence():
    assert found(RULE, operated(*(earning(n, 10**n) for n in range(1, 9)))) == ()


def test_public_data_cannot_be_judged():
    assert found(RULE, node(channel()))[0].is_insufficient
