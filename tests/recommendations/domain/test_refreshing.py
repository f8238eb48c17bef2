"""When a connected node is read again, and from when on what it told is old."""

from datetime import UTC, datetime, timedelta

import pytest

from recommendations.domain.refreshing import is_interrupted, is_old, next_reading_at, wait_after

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("every_min", "failures", "minutes"),
    [(15, 0, 15), (15, 1, 30), (15, 2, 60), (15, 4, 240), (15, 5, 360), (15, 50, 360), (1, 6, 64), (720, 3, 720)],
)
def test_each_failure_doubles_the_wait_up_to_six_hours_but_never_below_the_cadence(every_min, failures, minutes):
    assert wait_after(every_min=every_min, failures=failures) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("tried_at", "every_min", "failures", "expected"),
    [
        pytest.param(None, 15, 0, AT, id="never tried: at once"),
        pytest.param(AT, 15, 0, AT + timedelta(minutes=15), id="the cadence"),
        pytest.param(AT, 15, 2, AT + timedelta(hours=1), id="later after failures"),
        pytest.param(AT, 0, 0, None, id="only when asked"),
    ],
)
def test_the_next_reading_follows_from_the_latest_try(tried_at, every_min, failures, expected):
    assert next_reading_at(tried_at=tried_at, every_min=every_min, failures=failures, at=AT) == expected


def test_a_reading_that_is_silent_for_ten_minutes_was_interrupted():
    assert is_interrupted(tried_at=None, at=AT)
    assert is_interrupted(tried_at=AT - timedelta(minutes=11), at=AT)
    assert not is_interrupted(tried_at=AT - timedelta(minutes=9), at=AT)


@pytest.mark.parametrize(
    ("age_min", "every_min", "expected"),
    [(59, 15, False), (61, 15, True), (170, 60, False), (181, 60, True), (100_000, 0, False)],
)
def test_data_are_old_after_three_missed_readings_but_not_within_the_hour(age_min, every_min, expected):
    assert is_old(AT - timedelta(minutes=age_min), every_min=every_min, at=AT) is expected
    assert is_old(None, every_min=every_min, at=AT) is False
