"""Hygiene of what strangers wrote, and graphs put together from records."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.errors import GraphFileBroken
from recommendations.domain.graph_records import (
    LARGEST_BIGINT,
    ChannelRecord,
    NodeRecord,
    PolicyRecord,
    assembled,
    node_key,
    storable,
    storable_chan_point,
    storable_color,
    storable_limit,
    storable_scid,
)
from recommendations.domain.units import channel_id_from_scid

KEY, OTHER = "02" + "a" * 64, "03" + "b" * 64
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(ANY_TEXT)
def test_any_text_becomes_storable_and_loses_nothing_else(text):
    clean, replaced = storable(text)

    assert clean.encode().decode() == clean
    assert "\x00" not in clean
    assert len(clean) == len(text)
    assert sum(a != b for a, b in zip(text, clean, strict=True)) == replaced


@pytest.mark.parametrize(
    "alias", ["⚡🐸", "\u202eevil", "<script>alert(1)</script>", "a\tb\nc\\N", "\x07bell", "שלום", "", "None", "\\."]
)
def test_hostile_but_storable_text_is_left_as_it_is(alias):
    assert storable(alias) == (alias, 0)


@given(st.integers(0, 2**64 - 1))
def test_a_channel_id_survives_the_way_there_and_back(number):
    scid = storable_scid(number)

    assert scid is not None
    assert storable_scid(str(number)) == scid == storable_scid(scid.replace("x", ":"))
    assert channel_id_from_scid(scid) == number


@pytest.mark.parametrize("text", ["", "x", "-1", str(2**64), "1x2", "1x2x3\n", "²", "9" * 30])
def test_what_is_no_channel_id_is_refused(text):
    assert storable_scid(text) is None


@pytest.mark.parametrize(
    ("limit", "kept"), [(None, None), (0, 0), (5, 5), (2**64 - 1, LARGEST_BIGINT), (-1, LARGEST_BIGINT)]
)
def test_a_limit_beyond_all_bitcoin_is_no_limit(limit, kept):
    assert storable_limit(limit) == kept


@pytest.mark.parametrize(("text", "kept"), [("#AABBCC", "#aabbcc"), ("aabbcc", "#aabbcc"), ("red", ""), ("#12345", "")])
def test_a_color_is_kept_or_nothing(text, kept):
    assert storable_color(text) == kept


@pytest.mark.parametrize(
    ("text", "kept"), [("a" * 64 + ":1", "a" * 64 + ":1"), ("a" * 64 + ":1\n", ""), ("a; rm -rf /", "")]
)
def test_a_channel_point_that_is_none_never_reaches_a_command(text, kept):
    assert storable_chan_point(text) == kept


def test_a_node_key_is_lower_case_or_named_as_broken():
    assert node_key(KEY.upper(), record="nodes[3]", field="pub_key") == KEY
    with pytest.raises(GraphFileBroken, match=r"nodes\[3\], field pub_key"):
        node_key("04" + "a" * 64, record="nodes[3]", field="pub_key")


def _policy(updated_s: int) -> PolicyRecord:
    return PolicyRecord(0, 1, 40, None, None, False, None, None, updated_s)


def test_of_a_duplicate_the_newest_stays_and_unlisted_ends_are_added():
    older = ChannelRecord("1x1x1", "", KEY, OTHER, 5, _policy(10), None)
    newer = older._replace(policy1=_policy(20))

    graph = assembled([NodeRecord(KEY, "a", "", (), 1)], [newer, older])

    assert graph.channels == (newer,)
    assert graph.duplicate_channels == 1
    assert [node.pubkey for node in graph.nodes] == [KEY, OTHER]
