"""Statistics of a graph small enough to count by hand."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.measures import NetworkArrays, measure_network, measure_nodes, medians_by_group, percentiles

AT = datetime(2025, 10, 19, 4, tzinfo=UTC)
# node ids 10, 20, 30, 40; 40 has nothing but a channel to itself and a zombie to 10
NODE_IDS = (10, 20, 30, 40)
CHANNELS = (  # node1, node2, capacity, block, live
    (0, 1, 1_000, 900_000, True),
    (0, 1, 3_000, 800_000, True),  # parallel
    (1, 2, 4_000, 850_000, True),
    (0, 3, 9_000, 700_000, False),
    (3, 3, 500, 600_000, True),
)
POLICIES = (  # channel, direction, base, ppm, disabled
    (0, 0, 0, 100, False),
    (1, 0, 1_000, 500, False),
    (0, 1, 0, 2**32 - 1, False),
    (1, 1, 0, 7, True),
    (2, 0, 0, 50, False),
    (3, 0, 0, 9_999, False),
    (4, 0, 0, 1, False),
)


@pytest.fixture
def arrays():
    node1, node2, capacity, block, live = (np.array(column) for column in zip(*CHANNELS, strict=True))
    channel, direction, base, ppm, disabled = (np.array(column) for column in zip(*POLICIES, strict=True))
    return NetworkArrays(
        np.array(NODE_IDS), node1, node2, capacity, block, live, channel, direction, base, ppm, disabled
    )


def test_statistics_count_live_channels_and_enabled_policies(arrays):
    measures = measure_network(arrays, as_of=AT)

    assert (measures.node_count, measures.channel_count, measures.capacity_sat) == (4, 5, 17_500)
    assert (measures.live_channel_count, measures.live_capacity_sat, measures.active_node_count) == (4, 8_500, 4)
    assert measures.median_fee_ppm == 100  # of 1, 50, 100, 500 and 2^32 - 1: the mean is in the hundreds of millions
    assert measures.median_channel_sat == 2_000
    assert sum(count for _, _, count in measures.fee_histogram) == 5
    assert measures.fee_histogram[-1] == (5_001, None, 1)


def test_counts_and_capacity_of_a_node_include_zombies_and_its_live_ones_do_not(arrays):
    nodes = measure_nodes(arrays)

    assert nodes.channel_count.tolist() == [3, 3, 1, 2]
    assert nodes.capacity_sat.tolist() == [13_000, 8_000, 4_000, 9_500]
    assert nodes.live_channel_count.tolist() == [2, 3, 1, 1]
    assert nodes.oldest_block == [700_000, 800_000, 850_000, 600_000]


def test_parallel_channels_are_one_peer_and_a_channel_to_oneself_is_none(arrays):
    nodes = measure_nodes(arrays)

    assert nodes.peer_ids == [[20], [10, 30], [20], []]
    assert nodes.hhi == [10_000.0, 5_000.0, 10_000.0, None]
    assert nodes.largest_peer_share == [1.0, 0.5, 1.0, None]
    assert nodes.largest_peer_id == [20, 10, 20, None]


def test_a_market_is_one_rate_per_neighbor_weighted_by_capacity(arrays):
    nodes = measure_nodes(arrays)

    assert nodes.market_ppm == [[2**32 - 1], [400], [50], []]  # into 20: (1,000 x 100 + 3,000 x 500) / 4,000


def test_what_there_is_nothing_to_measure_of_is_unknown(arrays):
    nodes = measure_nodes(arrays)

    assert nodes.median_fee_ppm == [300, (2**32 - 1 + 50) // 2, None, 1]
    assert nodes.fee_percentile[2] is None


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], []),
        ([None], [None]),
        ([5], [0.0]),
        ([1, 2, 3, 4], [0.0, 25.0, 50.0, 75.0]),
        ([7, 7, None, 9], [0.0, 0.0, None, 200 / 3]),  # equal values share the worst rank
    ],
)
def test_a_percentile_is_total_minus_rank_over_total(values, expected):
    assert percentiles(values) == pytest.approx(expected)


@given(st.lists(st.integers(0, 2**40), unique=True, min_size=1, max_size=50))
def test_among_distinct_values_rank_one_is_the_largest(values):
    ranked = sorted(values, reverse=True)
    total = len(values)

    shares = percentiles(values)

    assert shares == pytest.approx([100 * (total - ranked.index(value) - 1) / total for value in values])


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2**40)), max_size=60))
def test_a_median_by_group_is_the_middle_of_that_group(pairs):
    group, value = (np.array([pair[i] for pair in pairs], dtype=np.int64) for i in (0, 1))

    medians = medians_by_group(group, value, total=6)

    for index, median in enumerate(medians):
        own = sorted(v for g, v in pairs if g == index)
        assert median == ((own[(len(own) - 1) // 2] + own[len(own) // 2]) // 2 if own else None)


def test_an_empty_graph_has_unknown_medians():
    none = np.array([], dtype=np.int64)
    empty = NetworkArrays(none, none, none, none, none, none.astype(bool), none, none, none, none, none.astype(bool))

    measures = measure_network(empty, as_of=AT)

    assert (measures.channel_count, measures.median_fee_ppm, measures.fee_quantiles_ppm) == (0, None, ())
    assert measure_nodes(empty).peer_ids == []
