"""A connected node is read: what it told is stored once, what fails is said, and nothing that was known is lost."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from recommendations.domain.readings import ClosedBy
from recommendations.models import (
    ChannelCost,
    ClosedChannel,
    FailedForward,
    Node,
    NodeConnection,
    PrivateChannel,
    UptimeDay,
)
from recommendations.services import connect, sync_node
from recommendations.services.disconnect import disconnect
from recommendations.services.sync_steps import Stage
from tests.recommendations.services.nodes import (
    AT,
    CLN_KEY,
    LND_KEY,
    both_servers,
    connected,
    forwards_of,
    read,
    settled_by,
)
from tests.servers.lnd import LndServer
from tests.servers.simulated import Fault, Kind, simulated

pytestmark = pytest.mark.django_db
State = NodeConnection.State
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def servers():
    with both_servers() as pair:
        yield pair


@pytest.fixture(params=[0, 1], ids=["lnd", "cln"])
def server(request, servers):
    chosen = servers[request.param]
    chosen.recover()
    chosen.forget()
    return chosen


@pytest.fixture
def lnd(servers):
    servers[0].recover()
    return servers[0]


def test_the_first_reading_stores_everything_the_node_tells(server, operator):
    row = connected(server, operator)

    assert read(row) is None

    node = server.node
    channels = {channel.scid: channel for channel in PrivateChannel.objects.filter(connection=row)}
    assert set(channels) == set(node.channels)
    first = next(iter(node.channels.values()))
    kept = channels[first.scid]
    assert (kept.local_sat, kept.capacity_sat, kept.peer_pubkey) == (
        first.local_sat,
        first.capacity_sat,
        first.peer_pubkey,
    )
    assert (kept.own_policy or {})["fee_ppm"] == first.own_policy.fee_ppm
    assert kept.policy_changed_at is None
    assert forwards_of(row) == settled_by(server)
    assert set(ClosedChannel.objects.filter(connection=row).values_list("closed_by", flat=True)) >= {"cooperative"}
    assert ChannelCost.objects.filter(connection=row).exists()
    assert (row.state, row.message, row.failures_in_row, row.progress_percent) == (State.READY, "", 0, 100)
    assert row.measured_at is not None
    assert row.forwards_from is not None
    assert row.costs_from is not None


def test_core_lightning_keeps_failures_in_its_history_and_lnd_does_not(servers, operator):
    lnd, cln = (connected(server, operator) for server in servers)

    read(lnd)
    read(cln)

    assert FailedForward.objects.filter(connection=lnd).count() == 0
    assert (lnd.failures_from, lnd.success_rate) == (None, None)
    failed = [forward for forward in servers[1].node.forwards if forward.failed_at]
    assert FailedForward.objects.filter(connection=cln).count() == len(failed)
    assert cln.failures_from == cln.forwards_from
    assert cln.success_rate == pytest.approx(60 / (60 + 6))  # of 60 settled ones, every ninth had failed here before


def test_a_second_reading_adds_only_what_is_new(server, operator):
    row = connected(server, operator)
    read(row)
    before = len(forwards_of(row))
    scids = list(server.node.channels)
    server.node.add_forward(scids[0], scids[1], at=AT + timedelta(seconds=5))
    late = server.node.offer_forward(scids[1], scids[0], at=AT + timedelta(seconds=6))

    read(row, at=AT + HOUR)
    server.node.settle(late, at=AT + timedelta(seconds=90))
    read(row, at=AT + 2 * HOUR)

    assert len(forwards_of(row)) == before + 2
    assert forwards_of(row) == settled_by(server)


def test_a_reading_in_slices_is_a_reading_at_once(server, operator):
    row = connected(server, operator)
    stages: list[Stage | None] = []
    rest: Stage | None = Stage.CHANNELS

    while rest is not None and len(stages) < 9:
        rest = read(row, stage=rest, slice_s=0)
        stages.append(rest)

    assert stages == [Stage.HISTORY, Stage.COSTS, Stage.GRAPH, None]
    assert forwards_of(row) == settled_by(server)
    assert row.state == State.READY


def test_statements_do_not_grow_with_channels_and_forwards(operator):
    counts = []
    for key, channels, forwards in ((LND_KEY, 5, 20), (CLN_KEY, 60, 600)):
        with LndServer(simulated(key, channels=channels, forwards=forwards, at=AT)) as server:
            row = connected(server, operator)
            with CaptureQueriesContext(connection) as told:
                read(row)
        counts.append(len([one for one in told if "SAVEPOINT" not in one["sql"] and '"step"' not in one["sql"]]))

    assert counts[0] == counts[1]
    assert counts[0] <= 55


def test_a_changed_own_policy_is_noted_when_it_is_first_seen(server, operator):
    row = connected(server, operator)
    read(row)
    scid = next(iter(server.node.channels))
    fee_ppm = server.node.channels[scid].own_policy.fee_ppm

    server.node.set_policy(scid, fee_ppm=fee_ppm, updated_s=int(AT.timestamp()) + 60)
    read(row, at=AT + HOUR)
    unchanged = PrivateChannel.objects.get(connection=row, scid=scid)
    server.node.set_policy(scid, fee_ppm=fee_ppm + 7)
    read(row, at=AT + 2 * HOUR)
    changed = PrivateChannel.objects.get(connection=row, scid=scid)
    server.node.set_policy(scid, fee_ppm=fee_ppm)

    assert unchanged.policy_changed_at is None
    assert (changed.own_policy or {})["fee_ppm"] == fee_ppm + 7
    assert changed.policy_changed_at == AT + 2 * HOUR


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


def test_only_one_reading_of_a_node_runs_at_a_time(lnd, operator):
    row = connected(lnd, operator)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [sync_node.LOCK, row.pk])
        lnd.forget()

        assert read(row) is None

        assert lnd.requests == []
        assert row.state == State.WAITING
    finally:
        other.close()


def test_what_is_due_is_queued_once_and_what_is_paused_never(lnd, servers, operator):
    row, paused = (connected(server, operator) for server in servers)
    read(row)
    read(paused)
    connect.pause(paused, is_paused=True)
    NodeConnection.objects.update(tried_at=AT)
    OrmQ.objects.all().delete()

    queued = [sync_node.ask_for_due(at=AT + timedelta(minutes=minutes)) for minutes in (14, 15, 16, 26)]

    assert queued == [0, 1, 0, 1]  # the fourth: nobody took it up for ten minutes
    assert [job.task["kwargs"] for job in OrmQ.objects.order_by("pk")] == [
        {"connection_id": row.pk, "stage": "channels"}
    ] * 2


def test_failures_are_tried_again_after_twice_the_time_each(lnd, operator):
    row = connected(lnd, operator)
    NodeConnection.objects.update(state=State.UNREACHABLE, failures_in_row=2, tried_at=AT)

    assert sync_node.ask_for_due(at=AT + timedelta(minutes=59)) == 0
    assert sync_node.ask_for_due(at=AT + timedelta(minutes=60)) == 1
    row.refresh_from_db()
    assert row.state == State.WAITING


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
