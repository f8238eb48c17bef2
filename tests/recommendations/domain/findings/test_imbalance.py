"""Rule 7: an empty side matters only when the role wants flow there; and the node as a whole."""

import pytest

from recommendations.domain.actions import Intent, LoopIn, LoopOut
from recommendations.domain.findings.imbalance import RULE
from tests.recommendations.domain.factories import OWN_KEY, channel, flow, found, node, operated, silent

SINK, SOURCE, EVEN = flow(5_000_000, 100_000), flow(100_000, 5_000_000), flow(3_000_000, 3_000_000)


def beside(*others):
    """A node whose whole is even, so that only its channels speak."""
    return operated(*others, *(channel(n, ratio=0.5, flow=EVEN) for n in range(50, 60)))


@pytest.mark.parametrize(
    ("ratio", "its_flow", "intent"),
    [
        (0.19, SINK, Intent.REFILL),
        (0.2, SINK, None),
        (0.19, EVEN, Intent.REFILL),
        (0.05, SOURCE, None),
        (0.81, EVEN, Intent.DRAIN),
        (0.8, EVEN, None),
        (0.99, SINK, None),
        (0.99, SOURCE, None),
        (0.99, silent(), None),
        (0.01, silent(), None),
    ],
)
def test_only_a_blocked_role_is_an_imbalance(ratio, its_flow, intent):
    findings = found(RULE, beside(channel(ratio=ratio, flow=its_flow)))

    assert [finding.action.intent for finding in findings] == ([] if intent is None else [intent])


@pytest.mark.parametrize(
    ("ratio", "action"), [(0.14, LoopIn), (0.16, None), (0.5, None), (0.84, None), (0.86, LoopOut)]
)
def test_a_node_short_of_one_side_is_offered_a_swap(ratio, action):
    findings = found(RULE, operated(*(channel(n, ratio=ratio, flow=silent()) for n in range(1, 6))))

    assert [type(finding.action) for finding in findings] == ([] if action is None else [action])
    assert all(finding.target == OWN_KEY for finding in findings)


def test_a_swap_is_bounded_rounded_and_capped_in_cost():
    (finding,) = found(RULE, operated(*(channel(n, ratio=1.0, flow=silent()) for n in range(1, 6))))

    assert finding.action.amount_sat == 5_000_000  # a fifth of 25,000,000
    assert finding.action.max_routing_fee_sat == 25_000
    assert len(finding.action.channels) == 3


def test_a_tiny_node_is_not_told_to_swap():
    assert found(RULE, operated(channel(capacity_sat=1_000_000, ratio=1.0, flow=silent()))) == ()


def test_the_gain_of_a_refill_is_what_it_would_sell():
    (finding,) = found(RULE, beside(channel(ratio=0.1, flow=flow(1_500_000, 0))))

    assert (finding.gain.low_sat, finding.gain.high_sat) == (0, 300)


def test_without_balances_the_rule_cannot_judge():
    (finding,) = found(RULE, node(channel()))

    assert "local and remote balance per channel" in finding.missing


def test_with_balances_but_no_forwards_only_the_node_as_a_whole_is_judged():
    node_wide, lacking = found(RULE, operated(*(channel(n, ratio=1.0) for n in range(1, 6))))

    assert isinstance(node_wide.action, LoopOut)
    assert lacking.missing == ("settled forwards per channel, 30 days",)
