"""Order statistics of fees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.domain.market import (
    capacity_weighted_ppm,
    market_facts,
    percentile_of,
    quantile,
    weighted_median,
    without_rate,
)

RATES = st.lists(st.integers(0, 2**32 - 1), max_size=40).map(sorted)


@pytest.mark.parametrize(
    ("ordered", "percent", "expected"),
    [((), 50, None), ((7,), 5, 7), ((1, 3), 50, 2), ((0, 10, 20, 30), 25, 8), ((0, 10, 20, 30, 40), 75, 30)],
)
def test_a_quantile_lies_between_its_neighbors(ordered, percent, expected):
    assert quantile(ordered, percent=percent) == expected


@given(RATES.filter(bool), st.floats(0, 100))
def test_a_quantile_never_leaves_the_sample(rates, percent):
    value = quantile(rates, percent=percent)

    assert value is not None
    assert rates[0] <= value <= rates[-1]


@given(RATES, st.integers(0, 2**32))
def test_a_percentile_is_the_share_strictly_below(rates, value):
    share = percentile_of(rates, value)

    assert share is None if not rates else share == 100 * sum(rate < value for rate in rates) / len(rates)


@pytest.mark.parametrize(
    ("halves", "expected"),
    [
        ([], None),
        ([(0, 10), (0, 20)], 15),
        ([(5, 700)], 700),
        ([(1_000_000, 100), (3_000_000, 500)], 400),
        ([(2**40, 2**32 - 1), (2**40, 2**32 - 1)], 2**32 - 1),  # no float holds the products
    ],
)
def test_parallel_channels_have_one_rate_by_capacity(halves, expected):
    assert capacity_weighted_ppm(halves) == expected


@pytest.mark.parametrize(
    ("pairs", "expected"), [([], None), ([(0, 5)], None), ([(1, 10), (1, 20), (5, 30)], 30), ([(5, 10), (1, 900)], 10)]
)
def test_a_weighted_median_is_where_half_of_the_weight_is_reached(pairs, expected):
    assert weighted_median(pairs) == expected


@given(RATES, st.integers(0, 2**32 - 1))
def test_leaving_a_rate_out_takes_one_occurrence_or_nothing(rates, rate):
    left = list(without_rate(rates, rate))

    assert left == sorted(left)
    assert len(left) == len(rates) - (rate in rates)
    assert left.count(rate) == max(0, rates.count(rate) - 1)


def test_a_market_leaves_our_own_rate_out():
    market = market_facts((10, 20, 30, 900), own_rate_ppm=900, own_ppm=25)

    assert (market.sample_size, market.median_ppm) == (3, 20)
    assert market.own_percentile == pytest.approx(200 / 3)


def test_a_market_of_nobody_is_unknown_and_not_zero():
    market = market_facts((50,), own_rate_ppm=50, own_ppm=50)

    assert market.sample_size == 0
    assert (market.median_ppm, market.own_percentile) == (None, None)
