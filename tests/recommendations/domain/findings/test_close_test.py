"""Rule 11: closing must earn back what it and a new opening cost; without on-chain fees there is no test."""

from typing import Any

import pytest

from recommendations.domain.findings.close_test import RULE, close_test
from tests.recommendations.domain.factories import channel, flow, found, network, numbers, operated, silent


def node_of(sat_vb=4.0, *, others=5):
    idle = channel(1, ratio=0.5, flow=silent())
    return operated(
        idle,
        *(channel(n, ratio=0.5, flow=flow(fees_earned_msat=5_000_000)) for n in range(2, 2 + others)),
        network=network(onchain_fee_sat_vb=sat_vb),
    )


@pytest.mark.parametrize(("sat_vb", "gain_sat"), [(4.0, 30_000 - 1_292), (100.0, 30_000 - 32_300)])
def test_the_gain_is_the_edge_over_the_horizon_less_both_transactions(sat_vb, gain_sat):
    facts = node_of(sat_vb)

    test: Any = close_test(facts.channels[0], silent(), facts, numbers("close_test"))

    assert (test.gain_sat, test.gain_sat + test.cost_sat) == (gain_sat, 30_000)
    assert f"{gain_sat:,} sat" in test.computation


def test_a_shorter_horizon_gains_less():
    facts = node_of()

    short: Any = close_test(facts.channels[0], silent(), facts, numbers("close_test", close_horizon_days=90))

    assert short.gain_sat == 15_000 - 1_292


@pytest.mark.parametrize("changes", [{"sat_vb": None}, {"others": 3}])
def test_what_is_unknown_is_no_test(changes):
    facts = node_of(**changes)

    assert close_test(facts.channels[0], silent(), facts, numbers("close_test")) is None
    assert found(RULE, facts) == ()
