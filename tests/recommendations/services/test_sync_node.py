"""Reading a node: everything once, then what is new, in slices or at once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from recommendations.models import ChannelCost, ClosedChannel, FailedForward, NodeConnection, PrivateChannel
from recommendations.services import connect, sync_node
from recommendations.services.sync_steps import Stage
from tests.recommendations.services.node_servers import HOUR, State, lnd, server, servers
from tests.recommendations.services.nodes import AT, CLN_KEY, LND_KEY, connected, forwards_of, read, settled_by
from tests.servers.lnd import LndServer
from tests.servers.simulated import simulated

__all__ = ["lnd", "server", "servers"]

pytestmark = pytest.mark.django_db


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
