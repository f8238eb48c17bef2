"""Graph files of both programs, whole and broken."""

import gzip
import json
import lzma

import pytest

from recommendations.domain.errors import GraphFileBroken, GraphFileTooLarge
from recommendations.domain.graph_records import LARGEST_BIGINT
from recommendations.sources.graph_files import CORE_LIGHTNING, LND, read_graph
from tests.recommendations.graphs import NOW_S, direction, edge, graph, key, node, policy, triangle, write

LIMIT = 10 * 1024**2


def read(path, **options):
    return read_graph(path, **({"limit_bytes": LIMIT} | options))


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress])
@pytest.mark.parametrize("name", ["graph.json", "misnamed.gz", "no-ending"])
def test_a_file_is_told_by_its_first_bytes_and_not_by_its_name(tmp_path, pack, name):
    content = json.dumps(triangle()).encode()

    plain, packed = read(write(tmp_path, content, "plain")), read(write(tmp_path, pack(content), name))

    assert packed == plain
    assert (packed.source_format, len(packed.records.nodes), len(packed.records.channels)) == (LND, 4, 3)


def test_numbers_may_be_text_or_native(tmp_path):
    as_text = edge(1, 1, 2, capacity="5", node1_policy=policy(fee_base_msat="7", last_update=NOW_S))
    native = edge(
        1, 1, 2, capacity=5, channel_id=int(as_text["channel_id"]), node1_policy=policy(fee_base_msat=7, min_htlc=1000)
    )

    first, second = (read(write(tmp_path, graph([one]), "one")).records for one in (as_text, native))

    assert first == second
    assert first.channels[0].policy1.base_fee_msat == 7


def test_the_strange_is_read_faithfully(tmp_path):
    alias = "⚡\u202e\x07<b>\t\\N"
    edges = [
        edge(1, 1, 2, node1_policy=None, node2_policy=policy(fee_rate_milli_msat=2**32 - 1)),
        edge(2, 1, 2),
        edge(3, 3, 3),
        edge(4, 7, 8, channel_id=str(2**64 - 1)),
        edge(5, 1, 3, node1_policy=policy(max_htlc_msat=str(2**64 - 1), min_htlc="-1"), node2_policy=None),
    ]

    records = read(write(tmp_path, graph(edges, [node(1, alias=alias)]))).records

    first, parallel, own, unlisted, wide = records.channels
    assert records.nodes[0].alias == alias
    assert (first.policy1, first.policy2.fee_ppm) == (None, 2**32 - 1)
    assert (first.node1, first.node2) == (parallel.node1, parallel.node2)
    assert own.node1 == own.node2
    assert (unlisted.scid, unlisted.node1) == ("16777215x16777215x65535", key(7))
    assert {key(7), key(8)} <= {known.pubkey for known in records.nodes}
    assert (wide.policy1.min_htlc_msat, wide.policy1.max_htlc_msat) == (LARGEST_BIGINT, LARGEST_BIGINT)


@pytest.mark.parametrize(
    ("written", "alias", "replaced"),
    [
        (b"a\\u0000b", "a\ufffdb", 1),
        (b"\\ud800x", "\ufffdx", 1),
        (b"\\uDC00\\ud83d\\ude00", "\ufffd😀", 1),
        (b"\\\\ud800", "\\ud800", 0),  # an escaped backslash, then five plain letters
        (b"\xff\xfe", "\ufffd\ufffd", 2),
        ("é\ufffd".encode(), "é\ufffd", 0),
        (b"\xff\\ud800\\u0000", "\ufffd\ufffd\ufffd", 3),
    ],
)
def test_what_cannot_be_stored_is_replaced_and_counted(tmp_path, written, alias, replaced):
    content = json.dumps(graph([edge(1, 1, 2)], [node(1, alias="@@")])).encode().replace(b"@@", written)

    records = read(write(tmp_path, content)).records

    assert (records.nodes[0].alias, records.replaced_characters) == (alias, replaced)


def test_duplicate_edges_are_one_channel_as_last_updated(tmp_path):
    older, newer = (edge(1, 1, 2, node1_policy=policy(last_update=t, fee_base_msat=t)) for t in (NOW_S, NOW_S + 1))

    records = read(write(tmp_path, graph([newer, older]))).records

    assert (len(records.channels), records.duplicate_channels) == (1, 1)
    assert records.channels[0].policy1.updated_s == NOW_S + 1


@pytest.mark.parametrize("is_split", [False, True])
def test_core_lightning_directions_are_joined_to_channels(tmp_path, is_split):
    rows = [direction(1, 2, 1, active=False, fee_per_millionth=9), direction(1, 1, 2), direction(2, 3, 1)]
    listed = {
        "nodes": [
            {
                "nodeid": key(1),
                "alias": "one",
                "color": "3399ff",
                "last_timestamp": NOW_S,
                "addresses": [{"type": "ipv6", "address": "2001:db8::1", "port": 9735}],
            },
            {"nodeid": key(2)},
        ]
    }

    if is_split:
        channels, nodes = write(tmp_path, {"channels": rows}, "channels"), write(tmp_path, listed, "nodes")
        file = read(channels, nodes_path=nodes)
    else:
        file = read(write(tmp_path, {"channels": rows} | listed))

    both, single = file.records.channels
    assert file.source_format == CORE_LIGHTNING
    assert (both.node1, both.node2, both.capacity_sat) == (key(1), key(2), 1_000_000)
    assert (both.policy1.fee_ppm, both.policy2.fee_ppm, both.policy2.is_disabled) == (100, 9, True)
    assert (single.policy1, single.policy2.time_lock_delta) == (None, 34)
    assert file.records.nodes[0].color == "#3399ff"
    assert file.records.nodes[0].addresses == ("[2001:db8::1]:9735",)
    assert len(file.records.nodes) == 3


def test_old_core_lightning_amounts_end_in_msat(tmp_path):
    rows = [direction(1, 1, 2, amount_msat="5000000msat", htlc_maximum_msat="7msat")]

    channel = read(write(tmp_path, {"channels": rows})).records.channels[0]

    assert (channel.capacity_sat, channel.policy1.max_htlc_msat) == (5_000, 7)


def without(row, name):
    return {field: value for field, value in row.items() if field != name}


BROKEN = [
    (graph([edge(1, 1, 2), edge(2, 1, 3, capacity="-1")]), "edges[1]", "capacity"),
    (graph([edge(1, 1, 2, capacity=2**63)]), "edges[0]", "capacity"),
    (graph([edge(1, 1, 2, capacity="much")]), "edges[0]", "capacity"),
    (graph([edge(1, 1, 2, capacity=True)]), "edges[0]", "capacity"),
    (graph([without(edge(1, 1, 2), "capacity")]), "edges[0]", "capacity"),
    (graph([edge(1, 1, 2, channel_id="abc")]), "edges[0]", "channel_id"),
    (graph([edge(1, 1, 2, node1_pub="02beef")]), "edges[0] (channel 900000x1x0)", "node1_pub"),
    (graph([edge(1, 1, 2, node2_policy=policy(fee_rate_milli_msat=-5))]), "edges[0]", "node2_policy."),
    (graph([edge(1, 1, 2, node1_policy=policy(fee_rate_milli_msat=2**32))]), "edges[0]", "fee_rate_milli_msat"),
    (graph([edge(1, 1, 2, node1_policy=policy(last_update=10**13))]), "edges[0]", "node1_policy.last_update"),
    (graph([edge(1, 1, 2, node1_policy=without(policy(), "time_lock_delta"))]), "edges[0]", "time_lock_delta"),
    (graph([edge(1, 1, 2, node1_policy=[1])]), "edges[0]", "node1_policy"),
    (graph([edge(1, 1, 2)], [node(1), without(node(2), "pub_key")]), "nodes[1]", "pub_key"),
    (graph([edge(1, 1, 2)], [node(1, pub_key="02")]), "nodes[0]", "pub_key"),
    (graph([edge(1, 1, 2)], [node(1, alias=5)]), "nodes[0]", "alias"),
    ({"nodes": [], "edges": [5]}, "edges[0]", "value"),
    ({"nodes": {}, "edges": [edge(1, 1, 2)]}, "nodes", "value"),
    (graph([]), "the file", "edges"),
    ({"nodes": []}, "the file", "top level"),
    ([1, 2], "the file", "top level"),
    (7, "the file", "top level"),
    ({"channels": [direction(1, 1, 2, amount_msat=-1)]}, "channels[0] (channel 900000x1x0)", "amount_msat"),
    ({"channels": [direction(1, 1, 2, amount_msat="5btc")]}, "channels[0] (channel 900000x1x0)", "amount_msat"),
    ({"channels": [direction(1, 1, 2, short_channel_id="5")]}, "channels[0]", "short_channel_id"),
    ({"channels": [without(direction(1, 1, 2), "source")]}, "channels[0]", "source"),
    (b"", "the file", "content"),
    (b"\x00\x01\x02", "byte 0", "JSON"),
    (b'{"nodes": [], "edges": [', "its end", "JSON"),
    (b'{"nodes": [], "edges": []} trailing', "byte", "JSON"),
    (b"[" * 100_000, "the file", ""),
    (gzip.compress(json.dumps(triangle()).encode())[:-20], "its end", "compression"),
    (lzma.compress(json.dumps(triangle()).encode())[:-20], "its end", "compression"),
    (b"\x1f\x8b" + b"\x00" * 40, "the file", "compression"),
    (b"\xfd7zXZ\x00" + b"\x00" * 40, "the file", "compression"),
    (b"PK\x03\x04rest", "the file", "compression"),
]


@pytest.mark.parametrize(("content", "record", "field"), BROKEN)
def test_a_broken_file_names_the_record_and_the_field(tmp_path, content, record, field):
    with pytest.raises(GraphFileBroken) as told:
        read(write(tmp_path, content))

    assert record in told.value.record
    assert field in told.value.field
    assert "Nothing was stored" in str(told.value)


def test_a_broken_record_is_found_again_by_its_id(tmp_path):
    broken = edge(2, 1, 3, capacity="-1")

    with pytest.raises(GraphFileBroken, match=f"channel_id {broken['channel_id']}"):
        read(write(tmp_path, graph([edge(1, 1, 2), broken])))


def test_a_file_that_is_not_there_is_told_in_words(tmp_path):
    with pytest.raises(GraphFileBroken, match="No such file"):
        read(tmp_path / "absent.json")
    with pytest.raises(GraphFileBroken, match="directory"):
        read(tmp_path)


def test_a_small_file_that_unpacks_to_a_flood_is_stopped(tmp_path):
    bomb = write(tmp_path, lzma.compress(b" " * 3_000_000))

    with pytest.raises(GraphFileTooLarge, match="more than 1 MB"):
        read(bomb, limit_bytes=1024**2)


@pytest.mark.parametrize("size", [1, 40, 200, 900, 1_500])
def test_a_file_cut_anywhere_is_never_read_as_a_smaller_one(tmp_path, size):
    content = json.dumps(triangle()).encode()

    for pack in (bytes, gzip.compress, lzma.compress):
        packed = pack(content)
        with pytest.raises(GraphFileBroken):
            read(write(tmp_path, packed[: min(size, len(packed) - 1)]))
