"""Rule 5: roles by share of outflow, a higher price on busy sinks, a word when everything flows one way."""

import pytest

from recommendations.domain.findings.flow import Role, role_of
from recommendations.domain.findings.peer_role import RULE
from tests.recommendations.domain.factories import OWN_KEY, channel, flow, found, node, numbers, operated


@pytest.mark.parametrize(
    ("out_sat", "in_sat", "role"),
    [
        (8_000, 2_000, Role.SINK),
        (7_999, 2_001, Role.BALANCED),
        (2_001, 7_999, Role.BALANCED),
        (2_000, 8_000, Role.SOURCE),
        (0, 0, None),
    ],
)
def test_roles_are_told_by_the_share_that_flows_out(out_sat, in_sat, role):
    assert role_of(flow(out_sat, in_sat), numbers("peer_role")) is role


@pytest.mark.parametrize(("count", "role"), [(9, None), (10, Role.SINK)])
def test_a_handful_of_forwards_is_no_role(count, role):
    assert role_of(flow(9_000, 0, out_count=count), numbers("peer_role")) is role


@pytest.mark.parametrize(("out_sat", "expected"), [(5_000_000, []), (5_100_000, [230]), (20_000_000, [230])])
def test_a_sink_that_sells_more_than_its_capacity_is_tried_at_a_higher_price(out_sat, expected):
    findings = found(RULE, operated(channel(ratio=0.5, flow=flow(out_sat, 0))))

    assert [finding.action.new.fee_ppm for finding in findings] == expected


def test_the_window_is_scaled_to_thirty_days():
    quarter = flow(14_000_000, 0, window_days=90)

    assert found(RULE, operated(channel(ratio=0.5, flow=quarter))) == ()


@pytest.mark.parametrize(("sinks", "is_found"), [(7, False), (8, True)])
def test_a_one_way_node_is_told_so(sinks, is_found):
    channels = [channel(n, ratio=0.5, flow=flow(2_000_000, 0)) for n in range(1, sinks + 1)]
    channels += [channel(n, ratio=0.5, flow=flow(0, 2_000_000)) for n in range(sinks + 1, 11)]

    findings = found(RULE, operated(*channels))

    assert [finding.target for finding in findings] == ([OWN_KEY] if is_found else [])


def test_without_forwards_the_rule_cannot_judge():
    (finding,) = found(RULE, node(channel()))

    assert finding.missing == ("settled forwards per channel, 30 days",)
