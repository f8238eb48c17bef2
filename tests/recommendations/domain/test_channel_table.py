"""The channel table: filtered, ordered with the unknown last, and safe to open in a spreadsheet."""

from dataclasses import replace

import pytest

from recommendations.domain.channel_table import CSV_HEADER, KEYS, arrange, csv_rows, defused, liquidity
from recommendations.domain.facts import ChannelFacts, MarketFacts, PeerFacts, PolicyFacts, PrivateChannelFacts

POLICY = PolicyFacts(1000, 100, 40, None, None, False, None)


def channel(scid, *, alias="peer", capacity_sat=1_000_000, fee_ppm=None, local_sat=None, is_live=True):
    private = None
    if local_sat is not None:
        private = PrivateChannelFacts(local_sat, capacity_sat - local_sat, True, True, None, None, None, None)
    return ChannelFacts(
        scid=scid,
        chan_point=None,
        capacity_sat=capacity_sat,
        peer=PeerFacts("02" + "ab" * 32, alias, None, None, None, None, None),
        own_policy=None if fee_ppm is None else replace(POLICY, fee_ppm=fee_ppm),
        peer_policy=None,
        age_days=None,
        is_live=is_live,
        market=MarketFacts(0, None, None, None, None),
        private=private,
    )


CHANNELS = (
    channel("1x1x1", alias="Beta", capacity_sat=5_000_000, fee_ppm=300, local_sat=4_900_000),
    channel("2x1x1", alias="alpha", capacity_sat=9_000_000),
    channel("3x1x1", alias="=HYPERLINK()", capacity_sat=1_000_000, fee_ppm=0, local_sat=50_000, is_live=False),
)


def scids(channels):
    return [one.scid for one in channels]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("fee", ["3x1x1", "1x1x1", "2x1x1"]),
        ("-fee", ["1x1x1", "3x1x1", "2x1x1"]),
        ("alias", ["3x1x1", "2x1x1", "1x1x1"]),
        ("nonsense", ["2x1x1", "1x1x1", "3x1x1"]),
    ],
)
def test_the_unknown_stands_last_in_either_direction(sort, expected):
    assert scids(arrange(CHANNELS, sort=sort)) == expected


@pytest.mark.parametrize("name", sorted(KEYS))
def test_every_column_can_be_ordered_by(name):
    assert len(arrange(CHANNELS, sort=name)) == 3


def test_a_filter_looks_at_alias_and_channel_whatever_the_case():
    assert scids(arrange(CHANNELS, q="ALPHA")) == ["2x1x1"]
    assert scids(arrange(CHANNELS, q="3x1")) == ["3x1x1"]
    assert scids(arrange(CHANNELS, live_only=True)) == ["2x1x1", "1x1x1"]


def test_the_file_has_the_columns_it_names_and_runs_no_formula():
    rows = list(csv_rows(CHANNELS))

    assert rows[0] == CSV_HEADER
    assert {len(row) for row in rows} == {len(CSV_HEADER)}
    assert rows[3][3] == "'=HYPERLINK()"
    assert rows[2][7] is None


@pytest.mark.parametrize("alias", ["+1", "-1", "@x", "\tx"])
def test_every_sign_that_opens_a_formula_is_defused(alias):
    assert defused(alias) == f"'{alias}"


def test_balances_are_summed_over_the_known_channels_only():
    found = liquidity(CHANNELS)

    assert (found.known, found.local_sat, found.drained, found.full) == (2, 4_950_000, 1, 1)
    assert liquidity((CHANNELS[1],)) is None
