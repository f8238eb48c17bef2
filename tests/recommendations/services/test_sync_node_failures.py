"""A node that cannot be read keeps its data and says why; another node's data are never taken for its own."""

from datetime import timedelta

import pytest

from recommendations.models import Node, NodeConnection, PrivateChannel, UptimeDay
from recommendations.services import sync_node
from tests.recommendations.services.node_servers import HOUR, State, lnd, servers
from tests.recommendations.services.nodes import AT, connected, forwards_of, read
from tests.servers.simulated import Fault, Kind

__all__ = ["lnd", "servers"]

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fault", "state"),
    [
        (Fault(Kind.STATUS, status=503), State.UNREACHABLE),
        (Fault(Kind.BROKEN_JSON, path="channels"), State.BROKEN),
        (Fault(Kind.WRONG_TYPES, path="channels"), State.BROKEN),
    ],
    ids=str,
)
def test_a_failure_keeps_the_data_says_why_and_waits_longer_each_time(lnd, operator, fault, state):
    row = connected(lnd, operator)
    read(row)
    known, read_at = forwards_of(row), row.measured_at
    lnd.use(fault)

    read(row, at=AT + HOUR)
    read(row, at=AT + 2 * HOUR)

    assert (row.state, row.failures_in_row) == (state, 2)
    assert row.message
    assert (forwards_of(row), row.measured_at) == (known, read_at)
    lnd.recover()
    read(row, at=AT + 3 * HOUR)
    assert (row.state, row.failures_in_row, row.message) == (State.READY, 0, "")


def test_an_unplugged_node_counts_against_its_own_uptime_and_not_against_its_peers(lnd, operator):
    row = connected(lnd, operator)
    read(row)
    peers_before = list(UptimeDay.objects.exclude(scid="").order_by("scid").values_list("readings", "online"))

    lnd.unplug()
    read(row, at=AT + HOUR)
    lnd.plug_in()

    assert row.state == State.UNREACHABLE
    own = UptimeDay.objects.get(connection=row, scid="")
    assert (own.readings, own.online) == (2, 1)
    assert list(UptimeDay.objects.exclude(scid="").order_by("scid").values_list("readings", "online")) == peers_before


def test_another_node_at_the_same_address_is_told_and_nothing_of_it_is_stored(servers, operator):
    lnd, _ = servers
    row = connected(lnd, operator)
    stranger = Node.objects.create(network=row.node.network, pubkey="02" + "77" * 32)
    NodeConnection.objects.filter(pk=row.pk).update(node=stranger)

    read(row)

    assert (row.state, row.measured_at) == (State.BROKEN, None)
    assert "nother node" in row.message
    assert not PrivateChannel.objects.filter(connection=row).exists()


def test_a_credential_that_is_taken_back_is_refused_and_never_repeated(lnd, operator, caplog):
    row = connected(lnd, operator)
    lnd.allow(lnd.credential)

    read(row)

    assert row.state == State.REFUSED
    assert lnd.credential not in row.message + row.credential + caplog.text
    lnd.allow(lnd.credential, "info", "offchain", "onchain")


def test_failures_are_tried_again_after_twice_the_time_each(lnd, operator):
    row = connected(lnd, operator)
    NodeConnection.objects.update(state=State.UNREACHABLE, failures_in_row=2, tried_at=AT)

    assert sync_node.ask_for_due(at=AT + timedelta(minutes=59)) == 0
    assert sync_node.ask_for_due(at=AT + timedelta(minutes=60)) == 1
    row.refresh_from_db()
    assert row.state == State.WAITING
