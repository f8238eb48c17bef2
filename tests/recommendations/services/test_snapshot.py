"""The facts of a node from the public graph, each as of its moment; what is unknown is None."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommendations.domain.errors import NetworkNotFound, NodeNotFound
from recommendations.services.graph_memory import LARGE
from recommendations.services.snapshot import STATEMENTS, node_facts
from tests.recommendations.graphs import AS_OF, DAY_S, NOW_S, edge, graph, key, node
from tests.recommendations.services.markets import facts_of, fee, load, market, private

__all__ = ["market"]

pytestmark = pytest.mark.django_db


def test_parallel_channels_stay_apart_and_are_seen_from_our_side(market):
    facts = facts_of(1)

    larger, smaller = (channel for channel in facts.channels if channel.peer.pubkey == key(2))
    assert (larger.capacity_sat, larger.own_policy.fee_ppm, larger.peer_policy) == (3_000_000, 500, None)
    assert (smaller.own_policy.fee_ppm, smaller.peer_policy.fee_ppm) == (100, 100)
    assert facts.capacity_sat == 5_000_000
    other_side = facts_of(2)
    assert {c.peer_policy.fee_ppm for c in other_side.channels if c.peer.pubkey == key(1)} == {100, 500}


def test_a_market_leaves_us_out_even_with_parallel_channels(market):
    larger, smaller = (channel.market for channel in facts_of(1).channels if channel.peer.pubkey == key(2))

    assert (larger.sample_size, larger.median_ppm, larger.p25_ppm, larger.p75_ppm) == (3, 20, 15, 25)
    assert (larger.own_percentile, smaller.own_percentile) == (100.0, 100.0)


def test_a_zombie_is_shown_but_counts_for_nothing(market):
    facts = facts_of(1)

    (zombie,) = (channel for channel in facts.channels if not channel.is_live)
    assert zombie.peer.pubkey == key(6)
    assert facts.standing.largest_peer_share == 1.0
    assert facts.network.public_channels == 5


def test_what_is_unknown_is_none_and_never_zero(tmp_path):
    load(tmp_path, graph([edge(1, 1, 2, node1_policy=None, chan_point="")], []))

    facts = facts_of(1)

    (channel,) = facts.channels
    assert (channel.own_policy, channel.chan_point, channel.private, channel.market.own_percentile) == (None,) * 4
    assert (facts.standing.median_fee_ppm, facts.standing.betweenness_percentile) == (None, None)
    assert (facts.network.congestion_level, facts.private, facts.band_revenue_msat) == (None, None, None)
    assert facts.address_kinds == ()


def test_a_changed_fee_tells_since_when(tmp_path):
    later_s = NOW_S + DAY_S
    load(tmp_path, graph([edge(1, 1, 2)]))
    load(tmp_path, graph([edge(1, 1, 2, node1_policy=fee(7, last_update=later_s))]))

    (channel,) = facts_of(1).channels

    assert channel.own_policy.changed_at == AS_OF + timedelta(days=1)
    assert channel.peer_policy.changed_at is None


@pytest.mark.parametrize(
    ("pubkey", "network", "error"),
    [(key(99), None, NodeNotFound), ("nonsense", None, NodeNotFound), (key(1), "absent", NetworkNotFound)],
)
def test_what_is_not_there_is_told_apart(market, pubkey, network, error):
    with pytest.raises(error):
        node_facts(pubkey, network=network, at=AS_OF)


def test_a_node_that_left_the_graph_is_not_found(tmp_path):
    load(tmp_path, graph([edge(1, 1, 2), edge(2, 2, 3)], []))
    load(tmp_path, graph([edge(2, 2, 3)], []), as_of=AS_OF + timedelta(days=1))

    with pytest.raises(NodeNotFound):
        facts_of(1)


def test_without_any_graph_the_next_step_is_told():
    with pytest.raises(NetworkNotFound, match="import_graph"):
        facts_of(1)


def candidates(folder, **changes):
    """Node 1 knows 2; 2 and 3 know 20, which has ten channels, and 21, which has nine."""
    hubs = [(20, 10), (21, 9)]
    edges = [edge(1, 1, 2)]
    for hub, count in hubs:
        edges += [edge(hub * 100 + n, hub, 2 if n == 0 else hub * 10 + n) for n in range(count)]
    nodes = [node(n) for n in (1, 2, 21)] + [node(20, **changes)]
    load(folder, graph(edges, nodes))
    return [candidate.pubkey for candidate in facts_of(1).candidates]


def test_a_candidate_is_a_hub_two_steps_away(tmp_path):
    assert candidates(tmp_path) == [key(20)]


@pytest.mark.parametrize(
    "changes",
    [
        {"addresses": [{"addr": "192.0.2.1:9999"}]},  # our own host
        {"addresses": []},  # nowhere to connect to
    ],
)
def test_a_node_of_the_same_operator_or_without_an_address_is_no_candidate(tmp_path, changes):
    assert candidates(tmp_path, **changes) == []


def test_names_that_differ_in_their_number_only_are_one_operator(tmp_path):
    edges = [edge(1, 1, 2), *(edge(100 + n, 20, 2 if n == 0 else 200 + n) for n in range(10))]
    load(tmp_path, graph(edges, [node(1, alias="Fleet [lnd-1]"), node(2), node(20, alias="fleet [LND-22]")]))

    assert facts_of(1).candidates == ()


@pytest.mark.parametrize("count", [1, 400])
def test_the_number_of_queries_does_not_grow_with_the_channels(tmp_path, operator, count):
    load(tmp_path, graph([edge(n, 1, n + 1) for n in range(1, count + 1)], []))
    known = AS_OF - timedelta(days=40)
    private(operator, forwards_from=known, failures_from=known, costs_from=known)
    facts_of(1, user=operator)  # candidates read the whole graph once for all nodes, and a large one is kept

    with CaptureQueriesContext(connection) as asked:
        facts = facts_of(1, user=operator)

    assert len(facts.channels) == count
    kept = 3 - 1 if count >= LARGE else 0  # three statements for the graph less, one to know that it is the same
    assert len(asked) == STATEMENTS - kept
