"""One node's facts: what is public, what is private and to whom, and a number of queries that does not grow."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommendations.domain.errors import NetworkNotFound, NodeNotFound
from recommendations.models import ChannelCost, FailedForward, Forward, Node, NodeConnection, PrivateChannel
from recommendations.services.graph_memory import LARGE
from recommendations.services.import_graph import import_graph
from recommendations.services.snapshot import STATEMENTS, node_facts
from tests.recommendations.graphs import AS_OF, DAY_S, NOW_S, edge, graph, key, node, policy, write

pytestmark = pytest.mark.django_db


def load(folder, content, **options):
    return import_graph(write(folder, content), **({"at": AS_OF} | options))


def facts_of(number, **options):
    return node_facts(key(number), **({"at": AS_OF} | options))


def fee(ppm, **changes):
    return policy(fee_rate_milli_msat=str(ppm), **changes)


@pytest.fixture
def market(tmp_path):
    """Node 1 has two channels to node 2, into which nodes 3, 4 and 5 charge 10, 20 and 30 ppm."""
    into_2 = [edge(10 + n, n, 2, node1_policy=fee(10 * (n - 2))) for n in (3, 4, 5)]
    own = [
        edge(1, 1, 2, capacity="1000000", node1_policy=fee(100)),
        edge(2, 1, 2, capacity="3000000", node1_policy=fee(500), node2_policy=None),
    ]
    dead = policy(last_update=NOW_S - 20 * DAY_S)
    zombie = edge(3, 1, 6, node1_policy=dead, node2_policy=dead)
    load(tmp_path, graph([*into_2, *own, zombie], [node(n) for n in range(1, 7)]))


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


def private(user, number=1, **changes):
    shipped = {"kind": "files", "measured_at": AS_OF, "uptime_ratio": 0.98, "monitored_days": 40.0}
    connection_ = NodeConnection.objects.create(
        node=Node.objects.get(pubkey=key(number)), owner=user, **(shipped | changes)
    )
    PrivateChannel.objects.create(
        connection=connection_, scid="900000x1x0", peer_pubkey=key(2), local_sat=900, remote_sat=100, measured_at=AS_OF
    )
    return connection_


def forward(connection_, *, days_ago, out="900000x1x0", into="900000x2x0", sat=1_000, fee_msat=10):
    Forward.objects.create(
        connection=connection_,
        at=AS_OF - timedelta(days=days_ago),
        incoming_scid=into,
        outgoing_scid=out,
        amount_in_msat=sat * 1_000 + fee_msat,
        amount_out_msat=sat * 1_000,
        fee_msat=fee_msat,
    )


def test_private_facts_are_for_their_owner_alone(market, operator, django_user_model):
    private(operator)

    assert facts_of(1, user=operator).has_private_data
    for stranger in (None, AnonymousUser(), django_user_model.objects.create_user("stranger")):
        facts = facts_of(1, user=stranger)
        assert not facts.has_private_data
        assert all(channel.private is None for channel in facts.channels)


def test_the_demo_is_for_everybody_who_signed_in_and_ones_own_data_come_first(market, operator):
    private(None, kind="demo", uptime_ratio=0.5)
    assert facts_of(1, user=operator).private.uptime_ratio == 0.5

    private(operator)

    assert facts_of(1, user=operator).private.uptime_ratio == 0.98
    assert not facts_of(1, user=AnonymousUser()).has_private_data


def test_an_ownerless_connection_that_is_no_demo_is_seen_by_nobody(market, operator):
    private(None, kind="files")

    assert not facts_of(1, user=operator).has_private_data


def test_forwards_are_summed_in_windows_before_the_reading(market, operator):
    seen = private(operator, forwards_from=AS_OF - timedelta(days=90))
    for days_ago, sat in ((1, 1_000), (13, 2_000), (20, 4_000), (40, 8_000), (-1, 16_000)):
        forward(seen, days_ago=days_ago, sat=sat)
    forward(seen, days_ago=2, out="900000x2x0", into="900000x1x0", sat=5_000, fee_msat=70)

    facts = facts_of(1, user=operator)

    (flow,) = (channel.private.flow for channel in facts.channels if channel.private)
    assert (flow.window_days, flow.out_sat, flow.out_14d_sat, flow.out_count) == (30, 7_000, 3_000, 3)
    assert (flow.in_sat, flow.in_count, flow.fees_earned_msat, flow.fees_assisted_msat) == (5_000, 1, 30, 70)
    assert flow.latest_forward_at == AS_OF - timedelta(days=1)
    assert flow.settled_amounts_p90_msat == 4_000_000
    assert (facts.private.revenue_msat, facts.private.forward_count) == (100, 4)


def test_unknown_forwards_are_unknown_and_known_ones_may_be_none(market, operator):
    seen = private(operator)
    assert facts_of(1, user=operator).private.revenue_msat is None

    seen.forwards_from = AS_OF - timedelta(days=12)
    seen.save()

    facts = facts_of(1, user=operator)
    (flow,) = (channel.private.flow for channel in facts.channels if channel.private)
    assert (facts.private.revenue_msat, facts.private.window_days) == (0, 12)
    assert (flow.out_count, flow.window_days, flow.latest_forward_at) == (0, 12, None)


OWN = {
    "base_fee_msat": 0,
    "fee_ppm": 333,
    "time_lock_delta": 80,
    "min_htlc_msat": 1_000,
    "max_htlc_msat": 990_000_000,
    "is_disabled": False,
    "inbound_base_fee_msat": 0,
    "inbound_fee_ppm": 0,
    "updated_s": 0,
}


def told(user, *, read_at, changed_at=None, **changes):
    seen = private(user, kind="lnd", measured_at=read_at)
    policy_ = OWN | changes
    seen.channels.update(own_policy=policy_, policy_changed_at=changed_at, measured_at=read_at)
    return facts_of(1, user=user)


def test_a_policy_that_the_node_told_after_the_graph_counts_with_its_source(market, operator):
    later, changed = AS_OF + timedelta(hours=3), AS_OF + timedelta(hours=2)

    facts = told(operator, read_at=later, changed_at=changed)

    (channel,) = (one for one in facts.channels if one.private)
    assert (channel.own_policy.fee_ppm, channel.is_policy_from_node) == (333, True)
    assert (channel.own_policy.changed_at, facts.judged_at, facts.private_source) == (changed, later, "your LND node")
    assert channel.own_policy.updated_at is not None  # as announced: the node tells no time
    assert not any(one.is_policy_from_node for one in facts.channels if not one.private)


def test_a_graph_newer_than_the_reading_counts(market, operator):
    facts = told(operator, read_at=AS_OF)

    (channel,) = (one for one in facts.channels if one.private)
    assert (channel.own_policy.fee_ppm, channel.is_policy_from_node, facts.judged_at) == (100, False, AS_OF)


def failed(connection_, *, days_ago, reason="TEMPORARY_CHANNEL_FAILURE", at="here", fee_msat=50, out="900000x1x0"):
    FailedForward.objects.create(
        connection=connection_,
        at=AS_OF - timedelta(days=days_ago),
        incoming_scid="900000x2x0",
        outgoing_scid=out,
        amount_msat=None if fee_msat is None else 2_000_000,
        fee_msat=fee_msat,
        failed_at=at,
        reason=reason,
    )


def test_failures_are_counted_by_kind_and_only_over_days_that_are_known(market, operator):
    seen = private(operator, forwards_from=AS_OF - timedelta(days=90), failures_from=AS_OF - timedelta(days=20))
    failed(seen, days_ago=1)
    failed(seen, days_ago=10, reason="WIRE_TEMPORARY_CHANNEL_FAILURE", fee_msat=None)
    failed(seen, days_ago=2, reason="FEE_INSUFFICIENT")
    failed(seen, days_ago=2, at="downstream")
    failed(seen, days_ago=2, out="")
    failed(seen, days_ago=25)

    (failures,) = (one.private.failures for one in facts_of(1, user=operator).channels if one.private)

    assert (failures.window_days, failures.short_count, failures.short_7d_count, failures.other_count) == (20, 2, 1, 2)
    assert (failures.missed_fee_msat, failures.priced_count, failures.short_sat) == (50, 1, 2_000)
    seen.failures_from = AS_OF - timedelta(days=5)
    seen.save()
    (unknown,) = (one.private.failures for one in facts_of(1, user=operator).channels if one.private)
    assert unknown is None


def cost(connection_, *, days_ago, kind="rebalance", msat=1_000, scid="900000x1x0"):
    ChannelCost.objects.create(
        connection=connection_,
        reference=f"{kind}-{days_ago}",
        at=AS_OF - timedelta(days=days_ago),
        kind=kind,
        scid=scid,
        cost_msat=msat,
        amount_msat=5_000_000,
    )


def test_costs_are_summed_over_days_that_are_known_and_none_is_no_cost(market, operator):
    seen = private(operator, costs_from=AS_OF - timedelta(days=200))
    for days_ago in (5, 40, 120):
        cost(seen, days_ago=days_ago)
    cost(seen, days_ago=150, kind="open", msat=700)
    cost(seen, days_ago=1, kind="close", scid="900000x9x0")

    (costs,) = (one.private.costs for one in facts_of(1, user=operator).channels if one.private)

    assert (costs.window_days, costs.rebalance_msat, costs.rebalance_30d_msat, costs.open_msat) == (
        90,
        2_000,
        1_000,
        700,
    )
    assert costs.rebalanced_msat == 10_000_000
    seen.costs.all().delete()
    (none,) = (one.private.costs for one in facts_of(1, user=operator).channels if one.private)
    assert (none.rebalance_msat, none.open_msat) == (0, None)
    seen.costs_from = None
    seen.save()
    (unknown,) = (one.private.costs for one in facts_of(1, user=operator).channels if one.private)
    assert unknown is None


def test_fees_of_ninety_days_are_known_only_when_ninety_days_are(market, operator):
    seen = private(operator, forwards_from=AS_OF - timedelta(days=100))
    forward(seen, days_ago=60, fee_msat=30)
    forward(seen, days_ago=95, fee_msat=5)

    (flow,) = (one.private.flow for one in facts_of(1, user=operator).channels if one.private)
    assert (flow.fees_90d_msat, flow.fees_earned_msat, round(flow.complete_days)) == (30, 0, 100)

    seen.forwards_from = AS_OF - timedelta(days=89)
    seen.save()
    (short,) = (one.private.flow for one in facts_of(1, user=operator).channels if one.private)
    assert (short.fees_90d_msat, round(short.complete_days)) == (None, 89)


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
