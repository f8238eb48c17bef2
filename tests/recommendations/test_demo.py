"""The demo network: the same for a seed, labeled synthetic, rich enough for the rules, and gone in one go."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.management import CommandError, call_command

from recommendations.domain.findings.catalog import examine
from recommendations.domain.synthetic_node import DEMO_ALIAS, invented_demo
from recommendations.domain.units import CHANNEL_POINT, NODE_KEY
from recommendations.models import (
    Channel,
    Forward,
    GraphSnapshot,
    Network,
    Node,
    NodeConnection,
    NodeMetrics,
    PrivateChannel,
)
from recommendations.queries import newest_snapshot, search_nodes
from recommendations.services.demo import load_demo
from recommendations.services.remove_network import remove_network
from recommendations.services.snapshot import node_facts
from tests.recommendations.conftest import AT, make_demo

TOLD_BY_THE_DEMO = {
    *("uptime", "stale_edge", "rebalance", "fee_vs_market", "days_to_depletion", "balance_fee", "dead_channel"),
    *("htlc_limits", "concentration", "node_health", "channel_size", "peer_candidates"),
}


def test_a_seed_makes_one_network_and_another_seed_another():
    first, again, other = (invented_demo(seed, nodes=60, at=AT) for seed in (7, 7, 8))

    assert first == again
    assert first.records.channels != other.records.channels
    assert all(NODE_KEY.match(node.pubkey) for node in first.records.nodes)
    assert all(CHANNEL_POINT.match(channel.chan_point) for channel in first.records.channels)
    assert len({channel.scid for channel in first.records.channels}) == len(first.records.channels)


def test_the_demo_is_measured_like_a_real_network(demo):
    assert (demo.network.slug, demo.network.is_synthetic, demo.network.is_default) == ("demo", True, True)
    assert (demo.snapshot.as_of, demo.node.alias) == (AT, DEMO_ALIAS)
    assert demo.snapshot.node_count == Node.objects.count() == NodeMetrics.objects.count() == 61
    assert demo.snapshot.channel_count == Channel.objects.count()
    assert demo.snapshot.is_betweenness_done
    assert demo.snapshot.live_channel_count < demo.snapshot.channel_count
    assert search_nodes("lnrag demo")[0].pubkey == demo.pubkey


def test_the_demo_node_has_private_data_of_every_kind(demo):
    channels = PrivateChannel.objects.filter(connection=demo.connection)
    known = set(channels.values_list("scid", flat=True))
    forwards = Forward.objects.filter(connection=demo.connection)

    assert demo.connection.uptime_ratio == pytest.approx(0.972)
    assert known <= set(Channel.objects.values_list("scid", flat=True))
    assert forwards.filter(at__gt=AT - timedelta(days=40)).count() > 500
    assert not forwards.filter(at__gt=AT).exists()
    assert not forwards.filter(at__lt=demo.connection.forwards_from).exists()
    assert {scid for row in forwards for scid in (row.incoming_scid, row.outgoing_scid)} <= known


@pytest.mark.django_db
@pytest.mark.parametrize("nodes", [60, 300])
def test_most_rules_have_something_to_say_of_the_demo_node(operator, nodes):
    demo = make_demo(nodes=nodes)

    examination = examine(node_facts(demo.pubkey, user=operator, at=AT))

    told = {finding.rule for finding in examination.findings} | set(examination.more)
    lacking = {finding.rule for finding in examination.insufficient}
    assert TOLD_BY_THE_DEMO - told - lacking == set()
    # Among 60 nodes nobody is left who is large and no peer yet; the demo node records no failed forwards.
    assert lacking <= {"peer_candidates", "missed_revenue"}
    assert all(finding.evidence for finding in examination.findings)


def test_without_signing_in_the_private_half_is_not_told(demo):
    facts = node_facts(demo.pubkey, user=AnonymousUser(), at=AT)

    assert facts.private is None
    assert all(channel.private is None for channel in facts.channels)


@pytest.mark.django_db(transaction=True)
def test_made_again_it_changes_nothing_and_refreshed_it_is_of_now():
    demo = make_demo()

    again = load_demo(at=AT + timedelta(days=1), nodes=60)
    before = newest_snapshot().as_of
    refreshed = load_demo(at=AT + timedelta(days=1), nodes=60, refresh=True)

    assert (again.created, before) == (False, AT)
    assert (refreshed.created, refreshed.pubkey) == (True, demo.pubkey)
    assert newest_snapshot().as_of == AT + timedelta(days=1)
    assert NodeConnection.objects.count() == 1


def test_beside_a_real_network_it_is_not_the_default(db):
    real = Network.objects.create(slug="mainnet", name="Mainnet", is_default=True)

    make_demo()

    assert list(Network.objects.filter(is_default=True)) == [real]


def test_it_goes_as_a_whole_and_leaves_others_alone(demo):
    other = Network.objects.create(slug="mainnet", name="Mainnet")
    snapshot = GraphSnapshot.objects.create(network=other, as_of=AT, source_name="a file", source_format="lnd")
    node = Node.objects.create(network=other, pubkey="02" + "a" * 64, since_snapshot=snapshot)

    remove_network("demo")

    assert list(Node.objects.all()) == [node]
    assert list(Network.objects.filter(is_default=True)) == [other]
    for model in (Channel, NodeMetrics, Forward, PrivateChannel, NodeConnection):
        assert not model.objects.exists()


@pytest.mark.django_db
def test_the_command_writes_one_json_object():
    out = StringIO()

    call_command("demo_network", nodes=60, json=True, stdout=out)

    told = json.loads(out.getvalue())
    assert (told["network"], told["is_synthetic"], told["created"], told["nodes"]) == ("demo", True, True, 61)


@pytest.mark.django_db
def test_the_command_refuses_a_network_too_small_for_a_market():
    with pytest.raises(CommandError, match="at least"):
        call_command("demo_network", nodes=3)
