"""Rule 23: six checks, each with its number; what is unknown is neither passed nor failed."""

from dataclasses import replace

import pytest

from recommendations.domain.findings.node_health import RULE, checks_of
from tests.recommendations.domain.factories import channel, found, node, numbers, operated, peer, policy, private_node

NUMBERS = numbers("node_health")


def healthy(count=10):
    return operated(*(channel(n) for n in range(1, count + 1)))


def failing(facts):
    return {check.name for check in checks_of(facts, NUMBERS) if check.is_failed}


def test_a_healthy_node_passes_all_six():
    assert failing(healthy()) == set()
    assert found(RULE, healthy()) == ()


@pytest.mark.parametrize(
    ("facts", "names"),
    [
        (healthy(7), {"channels"}),
        (healthy(8), set()),
        (operated(*(channel(n, capacity_sat=2_400_000) for n in range(8))), {"capacity"}),
        (operated(*(channel(n, age_days=6.9) for n in range(10))), {"healthy_channels"}),
        (operated(*(channel(n, own_policy=policy(is_disabled=True)) for n in range(10))), {"healthy_channels"}),
        (operated(*(channel(n, peer=peer(n, channel_count=10)) for n in range(10))), {"good_peers"}),
        (operated(*(channel(n, peer=peer(n, median_channel_sat=None)) for n in range(10))), {"good_peers"}),
        (operated(*(channel(n, is_live=n > 1) for n in range(12))), {"online"}),
    ],
)
def test_each_check_fails_alone(facts, names):
    assert failing(facts) == names


def test_parallel_channels_are_one_good_peer():
    same = [replace(channel(n), peer=peer(1)) for n in range(10)]

    assert failing(operated(*same)) == {"good_peers"}


def test_uptime_alone_is_left_to_the_uptime_rule():
    shaky = replace(healthy(), private=private_node(uptime_ratio=0.9))

    assert failing(shaky) == {"stable"}
    assert found(RULE, shaky) == ()


def test_unknown_uptime_is_neither_passed_nor_failed():
    (finding,) = found(RULE, node(channel(1)))

    assert finding.missing == ("uptime",)
    assert finding.title.endswith("of 5 checks passed")


def test_the_finding_names_each_gap_and_the_way_out():
    (finding,) = found(RULE, healthy(7))

    assert "Live channels: 7, wanted 8" in finding.explanation
    assert "open more channels" in finding.manual_step
