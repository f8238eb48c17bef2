"""The channel table: balances in sum, and a file that is safe to open in a spreadsheet."""

from types import SimpleNamespace

import pytest

from recommendations.domain.channel_table import CSV_FIELDS, csv_rows, defused, liquidity
from recommendations.domain.facts import ChannelFacts, MarketFacts, PeerFacts, PrivateChannelFacts


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


def test_the_file_has_the_columns_it_names_and_leaves_the_unknown_empty():
    line = SimpleNamespace(**dict.fromkeys(CSV_FIELDS))
    line.peer_alias = "=HYPERLINK()"

    rows = list(csv_rows([line]))

    assert rows[0] == CSV_FIELDS
    assert rows[1][CSV_FIELDS.index("peer_alias")] == "'=HYPERLINK()"
    assert rows[1][CSV_FIELDS.index("local_sat")] is None


@pytest.mark.parametrize("alias", ["=1", "+1", "-1", "@x", "\tx"])
def test_every_sign_that_opens_a_formula_is_defused(alias):
    assert defused(alias) == f"'{alias}"
