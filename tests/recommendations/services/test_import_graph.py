"""Importing graphs: everything or nothing, once or again, and history kept."""

from datetime import timedelta

import pytest
from django_q.models import OrmQ

from recommendations.domain.errors import GraphFileBroken, SnapshotConflict, SnapshotTooOld
from recommendations.models import Channel, GraphSnapshot, Network, Node, NodeMetrics, Policy
from recommendations.queries import channels_at
from recommendations.services.demo import load_demo
from recommendations.services.import_graph import import_graph
from tests.recommendations.graphs import AS_OF, DAY_S, NOW_S, edge, graph, key, node, policy, triangle, write

AT = AS_OF + timedelta(days=30)  # the clock says otherwise, and is not asked
HOSTILE = ["⚡🐸", "\u202eevil", "<script>alert(1)</script>", "tab\there\nand\\N", "\x07\x1b[31m", "None", "\\."]

pytestmark = pytest.mark.django_db


def load(folder, content, **options):
    return import_graph(write(folder, content), **({"at": AT} | options))


def rows():
    return tuple(sorted(model.objects.values_list(flat=False)) for model in (Node, Channel, Policy, GraphSnapshot))


def test_an_import_stores_the_graph_and_measures_it(tmp_path):
    report = load(tmp_path, triangle())

    snapshot = GraphSnapshot.objects.get()
    assert (report.nodes, report.channels, report.live_channels, report.created) == (4, 3, 3, True)
    assert (report.as_of, snapshot.as_of) == (AS_OF, AS_OF)
    assert Policy.objects.count() == 6
    assert NodeMetrics.objects.count() == 4
    assert snapshot.median_fee_ppm == 100
    assert Channel.objects.get(scid="900000x1x0").chan_point == f"{1:064x}:0"


def test_the_same_file_again_changes_nothing(tmp_path):
    load(tmp_path, triangle())
    before, queued = rows(), OrmQ.objects.count()

    report = load(tmp_path, triangle())

    assert (report.created, report.nodes, report.channels) == (False, 4, 3)
    assert rows() == before
    assert OrmQ.objects.count() == queued == 2


def test_a_dry_run_reports_everything_and_stores_nothing(tmp_path):
    report = load(tmp_path, triangle(), dry_run=True)

    assert (report.nodes, report.channels, report.dry_run, report.created) == (4, 3, True, False)
    assert rows() == ([], [], [], [])
    assert not Network.objects.exists()
    assert not OrmQ.objects.exists()


def test_a_newer_snapshot_updates_and_keeps_what_was(tmp_path):
    load(tmp_path, graph([edge(1, 1, 2), edge(2, 2, 3), edge(3, 1, 3)]))
    later_s = NOW_S + 7 * DAY_S
    changed = edge(2, 2, 3, node1_policy=policy(fee_rate_milli_msat="900", last_update=later_s))
    refreshed = edge(3, 1, 3, node1_policy=policy(last_update=later_s), node2_policy=None)

    report = load(tmp_path, graph([changed, refreshed, edge(4, 1, 9)], [node(1, alias="renamed"), node(2), node(3)]))

    old, new = GraphSnapshot.objects.order_by("as_of")
    assert (report.opened_channels, report.closed_channels) == (1, 1)
    assert set(channels_at(old).values_list("scid", flat=True)) == {f"900000x{n}x0" for n in (1, 2, 3)}
    assert set(channels_at(new).values_list("scid", flat=True)) == {f"900000x{n}x0" for n in (2, 3, 4)}
    side = Policy.objects.filter(channel__scid="900000x2x0", direction=0)
    assert [side.at(snapshot).get().fee_ppm for snapshot in (old, new)] == [100, 900]
    assert side.at(new).get().changed_at == new.as_of
    same = Policy.objects.get(channel__scid="900000x3x0", direction=0)  # announced again: one row, a newer time
    assert (same.since_snapshot, same.updated_at, same.changed_at) == (old, new.as_of, None)
    assert Policy.objects.filter(channel__scid="900000x3x0", direction=1).at(new).count() == 0
    assert Policy.objects.filter(channel__scid="900000x1x0", until_snapshot=None).count() == 0
    assert Node.objects.get(pubkey=key(1)).alias == "renamed"
    assert Node.objects.get(pubkey=key(4)).until_snapshot == new
    assert NodeMetrics.objects.filter(snapshot=old).count() == 4


def test_a_channel_that_comes_back_gets_a_new_span(tmp_path):
    for days, edges in ((0, (1, 2)), (1, (2,)), (2, (1, 2))):
        load(tmp_path, graph([edge(n, 1, n + 1, node1_policy=policy(last_update=NOW_S + days * DAY_S)) for n in edges]))

    spans = Channel.objects.filter(scid="900000x1x0").order_by("pk")

    assert [span.until_snapshot is None for span in spans] == [False, True]
    assert [channels_at(snapshot).count() for snapshot in GraphSnapshot.objects.order_by("as_of")] == [2, 1, 2]


def test_a_channel_point_learned_later_is_no_new_channel(tmp_path):
    load(tmp_path, graph([edge(1, 1, 2, chan_point="")]))

    load(tmp_path, graph([edge(1, 1, 2)]), as_of=AS_OF + timedelta(days=1))

    assert Channel.objects.get().chan_point == f"{1:064x}:0"


def test_an_older_snapshot_is_refused_with_the_next_step(tmp_path):
    load(tmp_path, triangle())
    before = rows()

    with pytest.raises(SnapshotTooOld, match="--network"):
        load(tmp_path, triangle(), as_of=AS_OF - timedelta(seconds=1))

    assert rows() == before


def test_another_graph_of_the_same_moment_is_refused(tmp_path):
    load(tmp_path, triangle())

    with pytest.raises(SnapshotConflict, match="--as-of"):
        load(tmp_path, graph([edge(1, 1, 2)]))


def test_a_clock_in_2030_moves_neither_the_moment_nor_the_living(tmp_path):
    fresh = [edge(n, 1, n + 1) for n in range(1, 9)]
    absurd = edge(9, 1, 2, node1_policy=policy(last_update=1_893_456_000), node2_policy=None)
    zombie = edge(10, 1, 3, **{f"node{n}_policy": policy(last_update=NOW_S - 15 * DAY_S) for n in (1, 2)})

    report = load(tmp_path, graph([*fresh, absurd, zombie]))

    assert (report.as_of, report.channels, report.live_channels) == (AS_OF, 10, 8)


def test_fourteen_days_are_counted_from_the_given_moment(tmp_path):
    ages = (0, 13, 14, 15)
    edges = [edge(n, 1, 2, node1_policy=policy(last_update=NOW_S - n * DAY_S), node2_policy=None) for n in ages]

    assert load(tmp_path, graph(edges), dry_run=True).live_channels == 3
    assert load(tmp_path, graph(edges), dry_run=True, as_of=AS_OF + timedelta(days=5)).live_channels == 1
    assert load(tmp_path, graph(edges), dry_run=True, as_of=AS_OF - timedelta(days=5)).live_channels == 4


def test_without_any_time_the_moment_must_be_given(tmp_path):
    timeless = graph([edge(1, 1, 2, **{f"node{n}_policy": policy(last_update=0) for n in (1, 2)})])

    with pytest.raises(GraphFileBroken, match="--as-of"):
        load(tmp_path, timeless)

    assert load(tmp_path, timeless, as_of=AS_OF).live_channels == 0


@pytest.mark.parametrize("alias", HOSTILE)
def test_a_hostile_alias_comes_back_as_it_was(tmp_path, alias):
    load(tmp_path, graph([edge(1, 1, 2)], [node(1, alias=alias)]))

    assert Node.objects.get(pubkey=key(1)).alias == alias


def test_odd_channels_are_stored_as_they_are(tmp_path):
    wide = policy(fee_rate_milli_msat=2**32 - 1, max_htlc_msat=None, inbound_fee_rate_milli_msat=-500)
    edges = [
        edge(1, 1, 2, node1_policy=None, node2_policy=wide),
        edge(2, 1, 2),
        edge(3, 3, 3),
        edge(4, 1, 2, capacity=0),
    ]

    report = load(tmp_path, graph(edges))

    stored = Policy.objects.get(channel__scid="900000x1x0")
    assert (stored.direction, stored.fee_ppm, stored.max_htlc_msat, stored.inbound_fee_ppm) == (
        1,
        2**32 - 1,
        None,
        -500,
    )
    assert report.channels == 4
    assert NodeMetrics.objects.get(node__pubkey=key(1)).peer_count == 1
    assert NodeMetrics.objects.get(node__pubkey=key(3)).peer_count == 0


def test_a_failure_after_reading_stores_nothing_either(tmp_path):
    load(tmp_path, triangle())
    before = rows()

    with pytest.raises(RuntimeError, match="power cut"):
        load(tmp_path, triangle(), as_of=AS_OF + timedelta(days=1), progress=_cut_at_80_percent)

    assert rows() == before


def _cut_at_80_percent(percent, message):
    if percent >= 80:
        raise RuntimeError("power cut")


def test_the_first_real_network_takes_the_default_from_the_demo_and_keeps_it(tmp_path):
    load_demo(at=AT, nodes=60)
    assert Network.objects.get(is_default=True).slug == "demo"

    load(tmp_path, triangle())
    load(tmp_path, triangle(), network="testnet")

    assert Network.objects.get(is_default=True).slug == "mainnet"
    assert Network.objects.filter(is_synthetic=True).get().slug == "demo"


def test_two_networks_are_never_mixed(tmp_path):
    load(tmp_path, triangle())
    load(tmp_path, graph([edge(1, 1, 2)], []), network="testnet")

    mainnet, testnet = (GraphSnapshot.objects.get(network__slug=slug) for slug in ("mainnet", "testnet"))
    assert (mainnet.channel_count, testnet.channel_count) == (3, 1)
    assert (mainnet.node_count, testnet.node_count) == (4, 2)
    assert channels_at(testnet).get().network == testnet.network
