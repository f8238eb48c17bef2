"""Which of the channels that a node tells of the graph lacks, and that none is counted twice."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from recommendations.models import GraphSnapshot, Node, NodeConnection, PrivateChannel
from recommendations.queries import ChannelFilters, channels_page
from recommendations.queries.unlisted import unlisted_rows
from recommendations.services.import_graph import import_graph
from recommendations.services.snapshot import STATEMENTS_UNLISTED, node_facts
from tests.recommendations.graphs import AS_OF, edge, graph, key, node, write

pytestmark = pytest.mark.django_db
LATER = AS_OF + timedelta(hours=1)
POINT = f"{1:064x}:0"  # of the graph's first channel


@pytest.fixture
def seen(tmp_path, operator):
    """Node 1, connected, with one channel in the graph; nodes 3 and 4 have another."""
    import_graph(write(tmp_path, graph([edge(1, 1, 2), edge(2, 3, 4)], [node(n) for n in range(1, 5)])), at=AS_OF)
    known = AS_OF - timedelta(days=40)
    return NodeConnection.objects.create(
        node=Node.objects.get(pubkey=key(1)), owner=operator, kind="lnd", measured_at=LATER, forwards_from=known
    )


def told(row, scid, **changes):
    shipped = {"peer_pubkey": key(2), "local_sat": 600_000, "remote_sat": 300_000, "capacity_sat": 1_000_000}
    return PrivateChannel.objects.create(connection=row, scid=scid, **({"measured_at": LATER} | shipped | changes))


@pytest.mark.parametrize(
    ("scid", "changes", "is_unlisted"),
    [
        ("900000x9x0", {"is_announced": False}, True),
        ("900000x9x0", {"is_announced": None}, True),
        ("900000x9x0", {"is_announced": True}, True),
        ("900000x9x0", {"is_announced": True, "measured_at": AS_OF}, False),  # the graph is as new, and lacks it
        ("900000x9x0", {"is_announced": False, "measured_at": AS_OF - timedelta(days=9)}, True),
        ("900000x1x0", {"is_announced": True}, False),
        ("16000000x1x0", {"is_announced": True, "chan_point": POINT}, False),  # the graph knows it by its real id
        ("900000x2x0", {"is_announced": False}, False),  # that one is somebody else's
        ("900000x9x0", {"is_announced": False, "capacity_sat": None}, True),
        ("900000x9x0", {"is_announced": False, "capacity_sat": None, "local_sat": None}, False),
    ],
)
def test_unlisted_is_what_the_node_tells_and_this_graph_lacks(seen, scid, changes, is_unlisted):
    told(seen, scid, **changes)

    rows = unlisted_rows(seen, snapshot=GraphSnapshot.objects.get())

    assert [row.scid for row in rows] == ([scid] if is_unlisted else [])
    facts = node_facts(key(1), user=seen.owner, at=LATER)
    assert [one.scid for one in facts.unannounced_channels] == [row.scid for row in rows]
    lines = channels_page(key(1), user=seen.owner).lines
    assert [line.scid for line in lines if not line.is_announced] == [row.scid for row in rows]


def test_a_file_of_unknown_age_does_not_say_that_an_announced_channel_is_still_there(seen):
    NodeConnection.objects.update(kind="files")
    told(seen, "900000x9x0", is_announced=True)
    told(seen, "900000x8x0", is_announced=False)

    facts = node_facts(key(1), user=seen.owner, at=LATER)

    assert [one.scid for one in facts.unannounced_channels] == ["900000x8x0"]


def test_capacity_that_is_not_told_is_what_both_sides_hold_and_a_name_that_is_not_told_is_the_graphs(seen):
    told(seen, "900000x9x0", is_announced=False, capacity_sat=None)

    (row,) = unlisted_rows(seen, snapshot=GraphSnapshot.objects.get())

    assert (row.capacity_sat, row.peer_alias) == (900_000, "node 2")


def test_a_channel_under_an_alias_keeps_its_balance_and_its_public_id(seen):
    told(seen, "16000000x1x0", is_announced=True, chan_point=POINT)

    (channel,) = node_facts(key(1), user=seen.owner, at=LATER).channels
    (line,) = channels_page(key(1), user=seen.owner).lines

    assert channel.private is not None
    assert (channel.scid, channel.private.local_sat, channel.is_announced) == ("900000x1x0", 600_000, True)
    assert (line.scid, line.local_sat, line.is_announced, line.profit is not None) == (
        "900000x1x0",
        600_000,
        True,
        True,
    )


@pytest.mark.parametrize(("scid", "age"), [("900000x9x0", True), ("16000000x1x0", None), ("900000x300000x0", None)])
def test_an_alias_tells_no_age(seen, scid, age):
    told(seen, scid, is_announced=False)

    (channel,) = node_facts(key(1), user=seen.owner, at=LATER).unannounced_channels

    assert (channel.age_days is not None) is bool(age)


def test_the_age_of_a_channel_newer_than_the_graph_counts_to_the_reading(seen):
    tip = GraphSnapshot.objects.get().tip_block
    assert tip is not None
    told(seen, f"{tip + 144}x9x0", is_announced=True, measured_at=AS_OF + timedelta(days=3))

    (channel,) = node_facts(key(1), user=seen.owner, at=LATER).unannounced_channels

    assert channel.age_days == pytest.approx(2, abs=0.01)


@pytest.mark.parametrize(
    ("search", "count"), [("", 2), ("900000x9", 1), (key(2)[:20], 2), ("node 3", 0), ("NODE 2", 2)]
)
def test_the_filter_of_the_table_holds_for_them(seen, search, count):
    told(seen, "900000x9x0", is_announced=False)

    page = channels_page(key(1), user=seen.owner, filters=ChannelFilters(search=search))

    assert page.total == count


def test_one_line_per_peer_sums_them_and_is_marked_only_when_the_graph_knows_none(seen):
    told(seen, "900000x9x0", is_announced=False)
    told(seen, "900000x8x0", is_announced=False, peer_pubkey=key(77))

    lines = channels_page(key(1), user=seen.owner, filters=ChannelFilters(by_peer=True)).lines

    assert {line.peer_pubkey: (line.is_announced, line.capacity_sat) for line in lines} == {
        key(2): (True, 2_000_000),
        key(77): (False, 1_000_000),
    }


@pytest.mark.parametrize("count", [1, 60])
def test_they_take_one_statement_however_many_there_are(seen, count):
    for number in range(count):
        told(seen, f"900000x{10 + number}x0", is_announced=False)
    known = AS_OF - timedelta(days=40)
    NodeConnection.objects.update(failures_from=known, costs_from=known)
    node_facts(key(1), at=LATER)  # candidates read the whole graph once for all nodes

    with CaptureQueriesContext(connection) as asked:
        facts = node_facts(key(1), user=seen.owner, at=LATER)

    assert (len(facts.unannounced_channels), len(asked)) == (count, STATEMENTS_UNLISTED)
