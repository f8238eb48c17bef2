"""The public graph comes from connected nodes too, but only from those that may speak for everybody."""

from datetime import timedelta

import pytest

from recommendations.models import GraphSnapshot, Network, NodeConnection
from tests.recommendations.services.nodes import AT, LND_KEY, connected, read
from tests.servers.lnd import LndServer
from tests.servers.simulated import simulated

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def lnd():
    with LndServer(simulated(LND_KEY, forwards=10, at=AT)) as server:
        yield server


def test_the_graph_comes_from_an_administrators_node_only(lnd, operator, django_user_model):
    admin = django_user_model.objects.create_user("admin", is_staff=True)
    theirs, ours = connected(lnd, operator, graph_every_h=24), connected(lnd, admin, graph_every_h=24)

    read(theirs)
    assert not GraphSnapshot.objects.exists()
    read(ours)

    snapshot = GraphSnapshot.objects.get()
    public = [channel for channel in lnd.node.channels.values() if not channel.is_private]
    assert (snapshot.channel_count, snapshot.as_of) == (len(public), AT)
    assert Network.objects.get(is_default=True) == snapshot.network
    ours.node.refresh_from_db()
    assert ours.node.until_snapshot is None
    read(ours, at=AT + 23 * HOUR)
    assert GraphSnapshot.objects.count() == 1
    read(ours, at=AT + 25 * HOUR)
    assert GraphSnapshot.objects.count() == 2


def test_a_graph_that_lost_half_of_the_network_is_not_believed(lnd, django_user_model):
    admin = django_user_model.objects.create_user("admin", is_staff=True)
    row = connected(lnd, admin, graph_every_h=24)
    home = row.node.network
    GraphSnapshot.objects.create(network=home, as_of=AT - 48 * HOUR, channel_count=40_000, source_name="real")

    read(row)

    assert row.state == NodeConnection.State.READY
    assert GraphSnapshot.objects.count() == 1


def test_a_node_that_no_graph_tells_of_does_not_stand_in_it(lnd, operator, demo):
    row = connected(lnd, operator)

    assert (row.node.network.slug, row.node.network.is_default) == ("mainnet", False)
    assert row.node.since_snapshot is None
    assert row.node.network != demo.network
