"""Betweenness of graphs whose answer is known."""

import pytest

from recommendations.models import GraphSnapshot, NodeMetrics
from recommendations.services.import_graph import import_graph
from recommendations.services.measure_betweenness import betweenness, measure_betweenness
from tests.recommendations.graphs import AS_OF, DAY_S, NOW_S, edge, graph, key, policy, write


@pytest.mark.parametrize(
    ("peers", "expected"),
    [
        ({}, []),
        ({1: [2], 2: [1]}, [0, 0]),
        ({1: [2], 2: [1, 3], 3: [2]}, [0, 1, 0]),  # the middle of a line
        ({1: [2, 3, 4], 2: [1], 3: [1], 4: [1]}, [1, 0, 0, 0]),  # the hub of a star
        ({1: [2, 4], 2: [1, 3], 3: [2, 4], 4: [3, 1]}, [1 / 6] * 4),  # a ring
    ],
)
def test_paths_lead_through_the_middle(peers, expected):
    assert betweenness(peers) == pytest.approx(expected)


@pytest.mark.django_db
def test_it_is_stored_with_its_percentile_for_nodes_with_live_peers_only(tmp_path):
    dead = policy(last_update=NOW_S - 20 * DAY_S)
    edges = [edge(1, 1, 2), edge(2, 1, 2), edge(3, 2, 3), edge(4, 3, 4, node1_policy=dead, node2_policy=dead)]
    import_graph(write(tmp_path, graph(edges)), at=AS_OF)
    snapshot = GraphSnapshot.objects.get()

    counts = [measure_betweenness(snapshot.pk) for _ in range(2)]

    assert counts == [3, 3]
    snapshot.refresh_from_db()
    assert snapshot.is_betweenness_done
    middle, end, left_out = (NodeMetrics.objects.get(node__pubkey=key(number)) for number in (2, 1, 4))
    assert (middle.betweenness, middle.betweenness_percentile) == pytest.approx((1.0, 200 / 3))
    assert (end.betweenness, end.betweenness_percentile) == (0.0, 0.0)
    assert (left_out.betweenness, left_out.betweenness_percentile) == (None, None)
