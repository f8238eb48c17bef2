"""Nodes worth a channel: short walks, new channels first, one of each operator."""

import numpy as np
import pytest

from recommendations.domain.candidates import (
    MOST_CANDIDATES,
    Candidate,
    Label,
    chosen,
    marks,
    peer_graph,
    recent_openers,
    shared_peers,
    shortlist,
    walks,
    walks_of,
)
from recommendations.domain.units import BLOCKS_PER_DAY

TIP = 900_000
OLD, NEW = TIP - 400 * BLOCKS_PER_DAY, TIP - 2 * BLOCKS_PER_DAY


def graph(*edges, nodes=8, hubs=None, tip=TIP):
    """Edges are (one, other) or (one, other, block); the id of the node at place n is 100 + n."""
    ends = [(edge[0], edge[1], edge[2] if len(edge) > 2 else OLD) for edge in edges]
    both = np.array([*ends, *((other, one, block) for one, other, block in ends)], dtype=np.int64).reshape(-1, 3)
    is_hub = np.isin(np.arange(nodes), range(nodes) if hubs is None else hubs)
    return peer_graph(np.arange(100, 100 + nodes), *both.T, is_hub=is_hub, tip=tip)


def best(found, node_id=100, **options):
    walked = walks_of(found, node_id)
    return [one.node_id for one in shortlist(found, walked, **options)] if walked else []


def test_what_our_neighborhood_lately_chose_comes_first():
    # 0 and 2 share the peer 1; 2 opened with 3 this week, and with 4 a year ago
    found = graph((0, 1), (1, 2), (2, 3, NEW), (2, 4, OLD))

    assert best(found)[0] == 103
    assert set(best(found)) == {102, 103, 104}


def test_where_nothing_is_new_the_order_still_stands():
    found = graph((0, 1), (1, 2), (2, 3), (5, 1), (5, 3), (2, 4))

    assert best(found).index(103) < best(found).index(104)


@pytest.mark.parametrize("tip", [TIP, 0])
def test_a_node_itself_and_its_peers_are_never_proposed(tip):
    found = graph((0, 1, NEW), (0, 2, NEW), (1, 2, NEW), (1, 3, NEW), (2, 3, NEW), tip=tip)

    walked = walks(found, 0)

    assert walked.scores[[0, 1, 2]].tolist() == [0.0, 0.0, 0.0]
    assert best(found) == [103]


def test_only_hubs_are_proposed_and_no_more_than_asked_for():
    found = graph((0, 1), (1, 2), (1, 3), (1, 4), (1, 5), hubs=[2, 4, 5])

    assert set(best(found)) == {102, 104, 105}
    assert len(best(found, limit=2)) == 2


def test_a_hub_that_everybody_knows_says_less_than_a_small_peer():
    # over the small peer 1 to 2, over the hub 3 to 4
    found = graph((0, 1), (1, 2), (0, 3), (3, 4), (3, 5), (3, 6), (3, 7))

    assert best(found)[0] == 102


def test_a_block_from_the_future_is_not_believed():
    found = graph((0, 1), (1, 2), (2, 3, TIP + 5_000), (2, 4, NEW))

    assert best(found)[0] == 104
    walked = walks(found, 0)
    assert recent_openers(found, walked, Candidate(3, 103, 1.0)) == 0


@pytest.mark.parametrize("node_id", [107, 99, 500])
def test_without_a_live_channel_there_is_nobody_to_start_from(node_id):
    assert walks_of(graph((0, 1)), node_id) is None


def test_shared_peers_and_new_channels_are_counted():
    # 3 shares the peers 1 and 2; the peer 1 and the neighbor 5 opened with it lately, the stranger 6 as well
    found = graph((0, 1), (0, 2), (1, 3, NEW), (2, 3), (1, 5), (5, 3, NEW), (6, 3, NEW))
    walked, one = walks(found, 0), Candidate(3, 103, 1.0)

    assert shared_peers(found, walked, one) == 2
    assert recent_openers(found, walked, one) == 2


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Fleet [lnd-1]", "fleet [LND-22]", True),
        ("LNBiG.com [lnd-25/old-lnd-13]", "LNBiG.com [lnd-42]", True),
        ("node 1", "node 2", False),  # too short to tell
        ("Alice's lightning", "Bob's lightning", False),
        ("", "", False),
    ],
)
def test_operators_are_told_by_the_first_two_words(one, other, is_same):
    assert bool(marks(Label(one, ())) & marks(Label(other, ()))) is is_same


def listed(*labels):
    rows = tuple(Candidate(place, place, 1.0 / (place + 1)) for place in range(len(labels)))
    return rows, dict(enumerate(labels))


def test_the_list_holds_one_node_of_each_operator_and_none_of_our_own():
    rows, labels = listed(
        Label("Big Fleet 1", ("192.0.2.1:9735",)),
        Label("big fleet 2", ("192.0.2.2:9735",)),
        Label("Own House 7", ("192.0.2.3:9735",)),
        Label("another", ("192.0.2.1:9000",)),
        Label("fine", ("192.0.2.5:9735",)),
        Label("nowhere", ()),
    )
    own = Label("own house", ("192.0.2.9:9735",))

    assert [one.node_id for one in chosen(rows, labels, own=own, are_addresses_known=True)] == [0, 4]
    assert [one.node_id for one in chosen(rows, labels, own=own, are_addresses_known=False)] == [0, 4, 5]


def test_the_list_is_no_longer_than_ten():
    rows, labels = listed(*(Label("", (f"192.0.2.{n}:9735",)) for n in range(40)))

    assert len(chosen(rows, labels, own=Label("", ()), are_addresses_known=True)) == MOST_CANDIDATES
