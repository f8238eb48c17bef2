"""Rule 12: the node itself and its peers, after 28 monitored days."""

import pytest

from recommendations.domain.advice import Category, Severity
from recommendations.domain.findings.uptime import RULE
from tests.recommendations.domain.factories import OWN_KEY, channel, found, node, operated, private, private_node


@pytest.mark.parametrize(
    ("uptime", "days", "severity"),
    [
        (0.98, 90.0, None),
        (0.979, 90.0, Severity.MEDIUM),
        (0.95, 90.0, Severity.MEDIUM),
        (0.949, 90.0, Severity.HIGH),
        (0.90, 90.0, Severity.HIGH),
        (0.899, 90.0, Severity.CRITICAL),
        (0.5, 27.9, None),
        (0.5, 28.0, Severity.CRITICAL),
    ],
)
def test_the_nodes_own_uptime_is_judged_against_the_goal(uptime, days, severity):
    facts = operated(private=private_node(uptime_ratio=uptime, monitored_days=days))

    findings = [finding for finding in found(RULE, facts) if not finding.is_insufficient]

    assert [finding.severity for finding in findings] == ([] if severity is None else [severity])
    assert [finding.is_safety for finding in findings] == ([] if severity is None else [severity is Severity.CRITICAL])


def test_funds_at_risk_are_safety():
    (finding,) = found(RULE, operated(private=private_node(uptime_ratio=0.8)))

    assert finding.category is Category.SAFETY
    assert finding.target == OWN_KEY


@pytest.mark.parametrize(
    ("uptime", "days", "severity"),
    [
        (0.99, 60.0, None),
        (0.989, 60.0, Severity.LOW),
        (0.95, 60.0, Severity.LOW),
        (0.949, 60.0, Severity.MEDIUM),
        (0.25, 60.0, Severity.MEDIUM),
        (0.24, 60.0, Severity.HIGH),
        (0.24, 3.0, Severity.HIGH),
        (0.24, 2.9, None),
        (0.5, 27.0, None),
    ],
)
def test_peers_are_judged_by_their_connection(uptime, days, severity):
    facts = operated(channel(private=private(0.5, uptime_ratio=uptime, monitored_days=days)))

    assert [finding.severity for finding in found(RULE, facts)] == ([] if severity is None else [severity])


def test_the_least_reliable_peer_comes_first():
    peers = [channel(n, private=private(0.5, uptime_ratio=0.5 + n / 100)) for n in range(1, 8)]

    findings = found(RULE, operated(*reversed(peers)))

    assert [finding.target for finding in findings] == [one.scid for one in peers]


def test_without_any_history_the_rule_cannot_judge():
    (finding,) = found(RULE, node(channel()))

    assert finding.missing == ("connection history, at least 28 days",)


def test_an_empty_public_node_is_not_lectured():
    assert found(RULE, node()) == ()
