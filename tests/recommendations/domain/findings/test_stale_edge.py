"""Rule 22: channels nobody routes through."""

import pytest

from recommendations.domain.advice import Severity
from recommendations.domain.findings.stale_edge import RULE
from tests.recommendations.domain.factories import channel, found, node, policy


def graph(live, stale=0, disabled=0):
    healthy = [channel(n) for n in range(live)]
    dead = [channel(100 + n, is_live=False) for n in range(stale)]
    closed = [channel(200 + n, peer_policy=policy(is_disabled=True)) for n in range(disabled)]
    return node(*healthy, *dead, *closed)


@pytest.mark.parametrize(
    ("live", "stale", "disabled", "is_found"),
    [(10, 0, 0, False), (9, 1, 0, True), (10, 1, 0, False), (9, 0, 1, True), (8, 1, 1, True), (0, 0, 0, False)],
)
def test_a_tenth_of_the_channels_is_worth_a_look(live, stale, disabled, is_found):
    assert bool(found(RULE, graph(live, stale, disabled))) is is_found


def test_a_node_without_any_fresh_edge_looks_gone():
    (finding,) = found(RULE, graph(0, stale=4))

    assert finding.severity is Severity.HIGH
    assert "gone" in finding.explanation


def test_the_largest_five_are_named_as_evidence():
    (finding,) = found(RULE, graph(0, stale=8))

    assert sum("capacity of" in evidence.label for evidence in finding.evidence) == 5
