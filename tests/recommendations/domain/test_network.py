"""When a graph was seen, and how old its channels are."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.network import (
    address_kind,
    age_days,
    block_at,
    newest_credible,
    tip_after,
    tip_block,
)
from recommendations.domain.units import block_unless_alias

NOW_S = 1_760_846_339
DAY_S = 86_400
YEAR_2030_S = 1_893_456_000


@pytest.mark.parametrize(
    ("updates", "expected"),
    [
        ([], None),
        ([0, 0], None),
        ([NOW_S], NOW_S),
        ([NOW_S - DAY_S, NOW_S], NOW_S),
        ([NOW_S - 3 * DAY_S, NOW_S - DAY_S, NOW_S, YEAR_2030_S], NOW_S),
        ([NOW_S - 40 * DAY_S] * 8 + [NOW_S], NOW_S),  # a network of zombies but one is still seen today
        ([NOW_S - 40 * DAY_S, NOW_S, NOW_S, YEAR_2030_S, 2**32 - 1], NOW_S),
        ([0, NOW_S], NOW_S),
    ],
)
def test_the_newest_update_is_believed_unless_it_stands_years_apart(updates, expected):
    assert newest_credible(np.array(updates, dtype=np.int64)) == expected


def test_in_a_large_network_a_clock_some_days_ahead_is_not_believed_either():
    bulk = NOW_S - np.arange(5_000) * 60

    assert newest_credible(np.append(bulk, NOW_S + 5 * DAY_S)) == NOW_S


@given(st.lists(st.integers(NOW_S - 10 * DAY_S, NOW_S), min_size=3, max_size=60), st.integers(1, 10))
def test_one_absurd_clock_never_moves_the_moment(updates, years):
    plain = newest_credible(np.array(updates, dtype=np.int64))

    assert newest_credible(np.array([*updates, NOW_S + years * 366 * DAY_S], dtype=np.int64)) == plain == max(updates)


def test_the_height_is_that_of_the_newest_possible_channel():
    at = datetime(2025, 10, 19, 4, tzinfo=UTC)
    estimate = block_at(at)

    assert abs(estimate - 919_700) < 1_500
    assert tip_block(np.array([700_000, 919_748, 16_000_001]), as_of=at) == 919_748
    assert tip_block(np.array([500_000]), as_of=at) == estimate
    assert block_at(at + timedelta(days=10)) == estimate + 1_440


@pytest.mark.parametrize(
    ("block", "tip", "expected"),
    [(900_000, 900_144, 1.0), (None, 900_000, None), (900_000, None, None), (16_000_000, 900_000, None), (0, 9, None)],
)
def test_an_impossible_age_is_unknown(block, tip, expected):
    assert age_days(block, tip=tip) == expected


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("192.0.2.7:9735", "clearnet"),
        ("[2001:db8::1]:9735", "clearnet"),
        (f"{'a' * 56}.onion:9735", "tor"),
        (f"{'a' * 52}.b32.i2p:9735", "i2p"),
        ("node.example:9735", "dns"),
    ],
)
def test_an_address_tells_its_kind(address, kind):
    assert address_kind(address) == kind


@pytest.mark.parametrize(
    ("scid", "block"),
    [
        ("900000x1x0", 900_000),
        ("900000x19999x1", 900_000),
        ("900000x20000x1", None),  # no block holds so many: an alias of Core Lightning
        ("16000000x1x0", None),  # an alias of LND
        ("nonsense", None),
    ],
)
def test_an_alias_names_no_block(scid, block):
    assert block_unless_alias(scid) == block


@pytest.mark.parametrize(
    ("tip", "days", "expected"), [(900_000, 2.0, 900_288), (900_000, -0.5, 899_928), (None, 1, None)]
)
def test_the_chain_grows_by_a_block_in_ten_minutes(tip, days, expected):
    assert tip_after(tip, days=days) == expected
