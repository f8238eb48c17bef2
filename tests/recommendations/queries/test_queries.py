"""Reads of the graph: search, summaries, tables, history and what is looked at."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recommendations.domain.channel_table import SORTS
from recommendations.domain.errors import NetworkNotFound, NodeNotFound
from recommendations.models import Network, Node, NodeConnection, NodeMetrics, NodeView, PrivateChannel
from recommendations.queries import (
    ChannelFilters,
    capacity_rank,
    channels_page,
    default_network,
    fee_histogram,
    identify,
    listed_networks,
    metrics_history,
    most_viewed_nodes,
    network_state,
    node_summary,
    search_nodes,
)
from recommendations.services.import_graph import import_graph
from recommendations.services.remove_network import remove_network
from recommendations.services.views_log import record_view
from tests.recommendations.graphs import AS_OF, DAY_S, NOW_S, edge, graph, key, node, policy, write

pytestmark = pytest.mark.django_db


def load(folder, content, **options):
    return import_graph(write(folder, content), **({"at": AS_OF} | options))


ALIASES = {
    1: "Alpha",
    2: "alpha centauri",
    3: "the alphabet",
    4: "the alpha",
    5: "50% off_\\",
    6: "⚡ Волна",
    7: "' OR 1=1",
}


@pytest.fixture
def named(tmp_path):
    nodes = [node(number, alias=alias) for number, alias in ALIASES.items()]
    load(tmp_path, graph([edge(n, n, 8, capacity=str(n * 1_000_000)) for n in ALIASES], nodes))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("alpha", [1, 2, 4, 3]),  # itself, its beginning, the beginning of a word (the larger first)
        ("ALPHABET", [3]),
        ("pha", [4, 3, 2, 1]),
        ("50%", [5]),
        ("_", [5]),
        ("\\", [5]),
        ("волна", [6]),
        ("' or 1", [7]),
        ("%", [5]),
        ("nothing like it", []),
        ("", []),
        ("   ", []),
        ("\x00", []),
        ("\x00alphabet\x00", [3]),
        ("\ud800", []),
        ("a" * 10_000, []),
        (key(6), [6]),
    ],
)
def test_search_finds_aliases_and_keys_best_first(named, text, expected):
    assert [hit.pubkey for hit in search_nodes(text)] == [key(number) for number in expected]


def test_a_part_of_a_key_finds_all_that_begin_with_it(named):
    found = [hit.pubkey for hit in search_nodes(key(6).upper()[:64])]

    assert set(found) == {key(number) for number in (*ALIASES, 8)}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=100))
def test_no_text_breaks_the_search(named, text):
    search_nodes(text, limit=3)


def test_search_stays_in_its_network_and_its_limit(named, tmp_path):
    load(tmp_path, graph([edge(1, 1, 2)], [node(1, alias="alpha elsewhere")]), network="testnet")

    assert [hit.alias for hit in search_nodes("alpha", network="testnet")] == ["alpha elsewhere"]
    assert len(search_nodes("alpha", limit=2)) == 2
    assert search_nodes("alpha")[0].as_dict()["alias"] == "Alpha"


def test_a_summary_ranks_a_node_by_capacity(named):
    summary = node_summary(key(7))

    assert (summary.capacity_rank, summary.active_nodes) == (2, 8)  # node 8 holds them all
    assert summary.capacity_percentile == 75.0
    assert summary.addresses == ("192.0.2.7:9735",)
    with pytest.raises(NodeNotFound):
        node_summary(key(77))


def test_a_node_without_live_channels_has_no_rank(tmp_path):
    dead = policy(last_update=NOW_S - 30 * DAY_S)
    load(tmp_path, graph([edge(1, 1, 2), edge(2, 3, 4, node1_policy=dead, node2_policy=dead)]))

    assert capacity_rank(NodeMetrics.objects.get(node__pubkey=key(3))) is None


def test_history_is_oldest_first(tmp_path):
    load(tmp_path, graph([edge(1, 1, 2)]))
    load(tmp_path, graph([edge(1, 1, 2), edge(2, 1, 3)]), as_of=AS_OF + timedelta(days=7))

    assert [(point.as_of, point.channel_count) for point in metrics_history(key(1))] == [
        (AS_OF, 1),
        (AS_OF + timedelta(days=7), 2),
    ]


def test_a_network_tells_its_measured_state(named):
    state = network_state()

    assert state is not None
    assert (state.slug, state.active_nodes, state.public_channels) == ("mainnet", 8, 7)
    assert (state.network_capacity_sat, state.median_channel_sat) == (28_000_000, 4_000_000)
    assert dict(state.fee_quantiles_ppm)[50] == state.median_fee_ppm == 100
    assert state.congestion_level is None
    assert sum(bar.count for bar in fee_histogram()) == 14
    assert [(n.slug, n.is_default, n.channel_count) for n in listed_networks()] == [("mainnet", True, 7)]


def test_without_any_network_there_is_no_state(db):
    assert network_state() is None
    assert network_state("absent") is None
    assert fee_histogram() == ()
    assert listed_networks() == ()
    with pytest.raises(NetworkNotFound, match="import_graph"):
        default_network()
    with pytest.raises(NetworkNotFound, match="absent"):
        default_network("absent")


@pytest.fixture
def table(tmp_path):
    """Node 1 with channels to 2, 3 and 4; the last one is a zombie whose peer has no policy."""
    dead = policy(last_update=NOW_S - 20 * DAY_S)
    edges = [
        edge(1, 1, 2, capacity="3000000", node1_policy=policy(fee_rate_milli_msat="5")),
        edge(2, 1, 3, capacity="1000000", node1_policy=policy(fee_rate_milli_msat="9")),
        edge(3, 1, 4, capacity="2000000", node1_policy=dead, node2_policy=None),
    ]
    load(tmp_path, graph(edges, [node(1), node(2, alias="Zoe"), node(3, alias="adam"), node(4, alias="Mia%")]))


@pytest.mark.parametrize("is_descending", [True, False])
@pytest.mark.parametrize("sort", [*SORTS, "capacity; DROP TABLE x"])
def test_every_order_gives_every_channel_and_the_unknown_last(table, sort, is_descending):
    page = channels_page(key(1), sort=sort, is_descending=is_descending)

    assert page.total == len({line.scid for line in page.lines}) == 3
    if sort == "peer_fee":
        assert page.lines[-1].peer_fee_ppm is None
    if sort == "alias":
        assert [line.peer_alias for line in page.lines] == (
            ["Zoe", "Mia%", "adam"] if is_descending else ["adam", "Mia%", "Zoe"]
        )


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (ChannelFilters(), {1, 2, 3}),
        (ChannelFilters(only_live=True), {1, 2}),
        (ChannelFilters(search="ZO"), {1}),
        (ChannelFilters(search="%"), {3}),
        (ChannelFilters(search=key(3)), {2}),
        (ChannelFilters(search="900000x3"), {3}),
        (ChannelFilters(search="\x00\ud800'"), set()),
    ],
)
def test_the_table_is_filtered_by_alias_key_and_channel(table, filters, expected):
    page = channels_page(key(1), filters=filters)

    assert {line.scid for line in page.lines} == {f"900000x{number}x0" for number in expected}
    assert page.total == len(expected)


def test_the_table_has_pages_and_a_page_too_far_is_the_first(table):
    second, beyond = (channels_page(key(1), page=number, page_size=2) for number in (2, 99))

    assert (len(second.lines), second.total, second.page_count) == (1, 3, 2)
    assert (len(beyond.lines), beyond.page) == (2, 1)


def test_balances_are_for_the_owner_alone(table, operator):
    own = NodeConnection.objects.create(node=Node.objects.get(pubkey=key(1)), owner=operator, kind="files")
    PrivateChannel.objects.create(
        connection=own, scid="900000x1x0", peer_pubkey=key(2), local_sat=3, remote_sat=1, measured_at=AS_OF
    )

    assert channels_page(key(1), user=operator, sort="balance").lines[0].local_ratio == 0.75
    assert all(line.local_ratio is None for line in channels_page(key(1)).lines)
    assert identify(key(1), user=operator).connection_id == own.pk
    assert identify(key(1)).connection_id is None


def test_the_table_asks_the_same_number_of_queries_for_one_row_or_many(table, operator):
    counts = []
    for size in (1, 50):
        with CaptureQueriesContext(connection) as asked:
            channels_page(key(1), user=operator, page_size=size)
        counts.append(len(asked))

    assert counts == [4, 4]


def test_views_are_counted_by_day_and_the_most_viewed_come_first(named):
    today = date(2026, 3, 1)
    for number, day in (
        (1, today),
        (1, today),
        (2, today),
        (3, today - timedelta(days=8)),
        (2, today - timedelta(days=6)),
    ):
        record_view(Node.objects.get(pubkey=key(number)), day=day)
    record_view(Node.objects.get(pubkey=key(2)).pk, day=today)

    seen = most_viewed_nodes(days=7)

    assert [(one.pubkey, one.views) for one in seen] == [(key(2), 3), (key(1), 2)]
    assert most_viewed_nodes(days=9, limit=1)[0].pubkey == key(2)
    assert NodeView.objects.get(node__pubkey=key(1)).count == 2


def test_nothing_viewed_is_no_error(named):
    assert most_viewed_nodes() == ()


def test_a_removed_network_leaves_the_others_and_hands_the_default_on(named, tmp_path):
    load(tmp_path, graph([edge(1, 1, 2)]), network="testnet")

    remove_network("mainnet")

    assert Network.objects.get().is_default
    assert Node.objects.exclude(network__slug="testnet").count() == 0
    with pytest.raises(NetworkNotFound):
        remove_network("mainnet")
