"""Channels that close are remembered and dated; a node that is disconnected leaves nothing behind."""

from datetime import timedelta

import pytest

from recommendations.domain.readings import ClosedBy
from recommendations.models import ChannelCost, ClosedChannel, Node, NodeConnection, PrivateChannel, UptimeDay
from recommendations.services import sync_node
from recommendations.services.disconnect import disconnect
from tests.recommendations.services.node_servers import HOUR, lnd, server, servers
from tests.recommendations.services.nodes import AT, connected, read

__all__ = ["lnd", "server", "servers"]

pytestmark = pytest.mark.django_db


def test_a_closed_channel_leaves_the_open_ones_and_is_remembered_with_who_closed_it(server, operator):
    row = connected(server, operator)
    read(row)
    scid = list(server.node.channels)[4]
    closing = server.node.begin_closing(scid, closed_by=ClosedBy.REMOTE_FORCE)

    read(row, at=AT + HOUR)

    assert not PrivateChannel.objects.filter(connection=row, scid=scid).exists()
    kept = ClosedChannel.objects.get(connection=row, scid=scid)
    assert (kept.closed_at, kept.seen_at) == (None, AT + HOUR)
    assert "force" in kept.closed_by
    server.node.closing.remove(closing)
    server.node.channels[scid] = closing.channel


def closings_of(row):
    return dict(ClosedChannel.objects.filter(connection=row).values_list("scid", "closed_at"))


def test_a_closing_is_dated_by_its_own_transaction(server, operator):
    row = connected(server, operator)

    read(row)

    found = closings_of(row)
    told = [one for one in server.node.closed if one.channel.is_initiator]
    assert told
    assert {one.channel.scid: found[one.channel.scid] for one in told} == {
        one.channel.scid: one.closed_at for one in told
    }


def test_a_closing_without_a_transaction_of_ours_is_dated_by_its_block_where_that_is_told(lnd, operator):
    closed = next(one for one in lnd.node.closed if not one.channel.is_initiator)
    height, closed.close_block = closed.close_block, closed.close_block - 144
    row = connected(lnd, operator)
    lnd.node.is_synced_to_chain = False  # where the chain stands is then not known
    read(row)
    unknown = closings_of(row)[closed.channel.scid]

    lnd.node.is_synced_to_chain = True
    read(row, at=AT + HOUR)
    first = closings_of(row)[closed.channel.scid]
    read(row, at=AT + 9 * HOUR)

    assert (unknown, first) == (None, AT + HOUR - timedelta(days=1))
    assert closings_of(row)[closed.channel.scid] == first
    closed.close_block = height


def test_disconnecting_removes_all_private_data(lnd, operator):
    row = connected(lnd, operator)
    read(row)

    disconnect(NodeConnection.objects.get(pk=row.pk))

    assert not NodeConnection.objects.exists()
    for table in (PrivateChannel, ClosedChannel, ChannelCost, UptimeDay):
        assert not table.objects.exists()
    assert sync_node.run_slice(row.pk, at=AT) is None
    assert Node.objects.filter(pk=row.node_id).exists()


def test_a_node_that_is_disconnected_while_it_is_read_leaves_nothing_behind(server, operator):
    row = connected(server, operator)

    def cut(percent: int, step: str) -> None:
        if step == "Reading the forwarding history":
            disconnect(NodeConnection.objects.get(pk=row.pk))

    assert sync_node.run_slice(row.pk, at=AT, slice_s=None, watcher=cut) is None

    assert not NodeConnection.objects.exists()
    assert not PrivateChannel.objects.exists()
