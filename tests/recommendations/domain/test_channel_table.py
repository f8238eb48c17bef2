"""The channel table: balances in sum, and a file that is safe to open in a spreadsheet."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from recommendations.domain.channel_table import (
    CSV_FIELDS,
    PROFIT_FIELDS,
    SORTS,
    ChannelLine,
    by_peer,
    csv_rows,
    defused,
    liquidity,
    ordered,
)
from recommendations.domain.facts import ChannelBounds, ChannelFacts, MarketFacts, PeerFacts, PrivateChannelFacts
from recommendations.domain.profit import Profit

AT = datetime(2026, 3, 1, tzinfo=UTC)


def channel(scid, *, capacity_sat=1_000_000, local_sat=None):
    private = None
    if local_sat is not None:
        private = PrivateChannelFacts(local_sat, capacity_sat - local_sat, True, True, None, None, None, None)
    return ChannelFacts(
        scid=scid,
        chan_point=None,
        capacity_sat=capacity_sat,
        peer=PeerFacts("02" + "ab" * 32, "peer", None, None, None, None, None),
        own_policy=None,
        peer_policy=None,
        age_days=None,
        is_live=True,
        market=MarketFacts(0, None, None, None, None),
        private=private,
    )


def test_balances_are_summed_over_the_known_channels_only():
    known = (channel("1x1x1", capacity_sat=5_000_000, local_sat=4_900_000), channel("3x1x1", local_sat=50_000))

    found = liquidity((*known, channel("2x1x1")))

    assert found is not None
    assert (found.known, found.local_sat, found.drained, found.full) == (2, 4_950_000, 1, 1)
    assert liquidity((channel("2x1x1"),)) is None


def line(number=1, *, peer="a", **changes):
    shipped = ChannelLine(
        scid=f"{number}x1x1",
        chan_point="",
        capacity_sat=1_000_000,
        peer_pubkey=peer,
        peer_alias=f"peer {peer}",
        own_fee_ppm=100,
        own_base_fee_msat=0,
        own_is_disabled=False,
        peer_fee_ppm=None,
        peer_base_fee_msat=None,
        peer_is_disabled=None,
        updated_at=None,
        is_live=True,
        local_sat=None,
        remote_sat=None,
    )
    return replace(shipped, **changes)


def test_the_file_has_the_columns_it_names_and_leaves_the_unknown_empty():
    result = Profit(90, 1_000_000, 400, 1_200, None, None)
    bounded = line(peer_alias="=HYPERLINK()", bounds=ChannelBounds(5, 50, True), profit=result)

    names, first, second = (dict(enumerate(row)) for row in csv_rows([bounded, line(2)]))

    read = {name: (first[place], second[place]) for place, name in names.items()}
    assert tuple(names.values()) == (*CSV_FIELDS, *PROFIT_FIELDS)
    assert read["peer_alias"] == ("'=HYPERLINK()", "peer a")
    assert read["local_sat"] == (None, None)
    assert (read["min_fee_ppm"], read["is_hands_off"]) == ((5, None), (True, False))
    assert (read["earned_msat"], read["net_msat"]) == ((1_200, None), (None, None))


@pytest.mark.parametrize("sort", SORTS)
def test_every_column_orders_and_leaves_the_unknown_last(sort):
    known = Profit(90, 1_000_000, 4, 12, 3, 0)
    bare = line(1, peer_alias="", own_fee_ppm=None, capacity_sat=1)
    full = [line(n, profit=known, peer_fee_ppm=n, local_sat=n, remote_sat=1, updated_at=AT) for n in (2, 3)]

    up, down = (ordered([bare, *full], sort=sort, is_descending=is_down) for is_down in (False, True))

    assert {one.scid for one in up} == {one.scid for one in down} == {"1x1x1", "2x1x1", "3x1x1"}
    if sort not in {"alias", "capacity", "age"}:
        assert up[-1] == down[-1] == bare


def test_parallel_channels_are_one_line_with_their_sums_and_the_range_of_fees():
    profits = Profit(90, 1_000_000, 4, 12, 3, 0), Profit(90, 1_000_000, 6, 20, 3, 0)
    one, two = (line(n, local_sat=n, remote_sat=1, own_fee_ppm=n * 100, profit=profits[n - 1]) for n in (1, 2))

    joint: Any
    joint, alone = ordered(by_peer([one, two, line(3, peer="b")]), sort="capacity", is_descending=True)

    assert (joint.scids, joint.capacity_sat, joint.local_sat) == (("1x1x1", "2x1x1"), 2_000_000, 3)
    assert (joint.own_fee_ppm, joint.own_fee_high_ppm, joint.profit.net_msat) == (100, 200, 26)
    assert (alone.scids, alone.own_fee_high_ppm) == (("3x1x1",), None)
    assert by_peer([one, line(2)])[0].local_sat is None
    assert by_peer([one, line(2)])[0].profit is None


@pytest.mark.parametrize("alias", ["=1", "+1", "-1", "@x", "\tx"])
def test_every_sign_that_opens_a_formula_is_defused(alias):
    assert defused(alias) == f"'{alias}"
