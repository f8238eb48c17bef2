"""What a network no longer keeps goes; what stands now always stays, however old."""

from datetime import timedelta

import pytest

from recommendations.models import Channel, GraphSnapshot, Network, NodeMetrics, Policy
from recommendations.services.import_graph import import_graph
from recommendations.services.prune_graph import prune_graphs
from tests.recommendations import graphs

pytestmark = pytest.mark.django_db
NOW = graphs.AS_OF + timedelta(days=300)
MOMENTS = tuple(graphs.AS_OF + timedelta(days=days) for days in (0, 50, 250))


@pytest.fixture
def network(tmp_path) -> Network:
    """Three snapshots: the fee of channel 1 changes each time, channel 3 closes with the second."""
    for number, moment in enumerate(MOMENTS):
        policy = graphs.policy(fee_rate_milli_msat=str(number))
        edges = [graphs.edge(1, 1, 2, node1_policy=policy), graphs.edge(2, 2, 3)]
        edges += [graphs.edge(3, 1, 3)] if number == 0 else []
        path = graphs.write(tmp_path, graphs.graph(edges), name=f"{number}.json")
        import_graph(path, at=moment, as_of=moment)
    return Network.objects.get()


def test_spans_that_closed_before_the_horizon_go_with_the_figures_of_old_snapshots(network):
    gone, is_done = prune_graphs(at=NOW)

    assert is_done
    assert gone == 3 + 1 + 2 * 4  # the first fee and both sides of channel 3; the channel; four nodes, two snapshots
    assert list(Channel.objects.filter(until_snapshot=None).order_by("scid").values_list("scid", flat=True)) == [
        "900000x1x0",
        "900000x2x0",
    ]
    assert Channel.objects.count() == 2
    assert sorted(Policy.objects.filter(channel__scid="900000x1x0", direction=0).values_list("fee_ppm", flat=True)) == [
        1,
        2,
    ]
    assert set(NodeMetrics.objects.values_list("snapshot__as_of", flat=True)) == {MOMENTS[2]}
    assert GraphSnapshot.objects.count() == 3
    assert prune_graphs(at=NOW) == (0, True)


def test_a_network_that_keeps_everything_loses_nothing_and_the_newest_snapshot_is_never_old(network):
    Network.objects.update(keep_history_days=0)
    assert prune_graphs(at=NOW) == (0, True)
    Network.objects.update(keep_history_days=1)

    prune_graphs(at=NOW + timedelta(days=4000))

    assert Channel.objects.count() == 2
    assert NodeMetrics.objects.filter(snapshot__as_of=MOMENTS[2]).count() == 4


def test_what_one_slice_leaves_the_next_one_takes(network):
    first, is_done = prune_graphs(at=NOW, slice_s=0)

    assert (first > 0, is_done) == (True, False)
    while not is_done:
        _, is_done = prune_graphs(at=NOW, slice_s=0)
    assert Channel.objects.count() == 2
