"""What a transaction costs now, among the weeks before: fresh, enough, of one source, or unknown."""

from datetime import UTC, datetime, timedelta

import pytest

from recommendations.domain.onchain import (
    OPERATOR,
    PUBLIC,
    UNKNOWN,
    Series,
    Window,
    is_credible,
    onchain_state,
    percentile,
)

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def window(count=1000, below=300, equal=100, days=14.0):
    return Window(count, below, equal, AT - timedelta(days=days))


def series(source=PUBLIC, *, minutes=5, sat_vb=4.0, short=None, long=None):
    latest_at = AT - timedelta(minutes=minutes)
    return Series(source, latest_at, sat_vb, short or window(), long or window(2000, 1900, 100, 30))


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (window(1000, 300, 100), 35.0),
        (window(1000, 0, 1000), 50.0),  # a fee that stands still is neither cheap nor dear
        (window(100, 0, 1), 0.5),
        (window(99), None),
        (window(days=6.99), None),
        (window(100, 99, 1, days=7), 99.5),
        (Window(0, 0, 0, None), None),
    ],
)
def test_a_percentile_needs_a_hundred_samples_over_a_week(samples, expected):
    assert percentile(samples, at=AT) == expected


@pytest.mark.parametrize(
    ("offered", "expected"),
    [
        ((), ("", None, None)),
        ((series(minutes=121),), ("", None, None)),
        ((series(minutes=120),), (PUBLIC, 4.0, 97.5)),
        ((series(), series(OPERATOR, sat_vb=9.0)), (PUBLIC, 4.0, 97.5)),
        ((series(minutes=999), series(OPERATOR, sat_vb=9.0)), (OPERATOR, 9.0, 97.5)),
        ((series(short=window(5), long=window(5)), series(OPERATOR, sat_vb=9.0)), (OPERATOR, 9.0, 97.5)),
        ((series(short=window(5), long=window(5)),), (PUBLIC, 4.0, None)),
    ],
)
def test_the_first_fresh_source_tells_and_one_with_percentiles_comes_before(offered, expected):
    state = onchain_state(offered, at=AT)

    assert (state.source, state.sat_vb, state.percentile_30d) == expected


@pytest.mark.parametrize(
    ("below", "expected"), [(0, "low"), (199, "low"), (200, "normal"), (800, "normal"), (801, "high"), (1000, "high")]
)
def test_congestion_is_told_by_the_thirty_days(below, expected):
    state = onchain_state([series(long=window(1000, below, 0, 30))], at=AT)

    assert state.congestion_level == expected


def test_without_samples_nothing_is_known():
    assert onchain_state((), at=AT) == UNKNOWN
    assert (UNKNOWN.sat_vb, UNKNOWN.percentile_14d, UNKNOWN.percentile_30d, UNKNOWN.as_of) == (None,) * 4
    assert UNKNOWN.congestion_level is None


@pytest.mark.parametrize(
    ("sat_vb", "expected"),
    [(0.1, True), (10_000.0, True), (0.0, False), (-1.0, False), (10_001.0, False), (float("nan"), False)],
)
def test_absurd_rates_are_no_samples(sat_vb, expected):
    assert is_credible(sat_vb) is expected
