"""A window slides, and whoever is refused is told when to come back: neither too early nor much too late."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_registry.domain.quota import Window, used, wait_s


@pytest.mark.parametrize(
    ("window", "counted"),
    [
        (Window(60, 0, 0, 60), 60),
        (Window(60, 30, 0, 60), 30),
        (Window(60, 30, 10, 60), 40),
        (Window(60, 60, 10, 60), 10),
        (Window(60, 90, 10, 60), 10),
    ],
)
def test_the_window_before_weighs_less_and_less(window, counted):
    assert used(window) == pytest.approx(counted)


@pytest.mark.parametrize(
    ("window", "limit", "seconds"),
    [
        (Window(60, 10, 0, 0), 1, 0),
        (Window(60, 10, 59, 0), 60, 0),
        (Window(60, 0, 60, 0), 60, 61),  # a minute, and until the sixty of it weigh one less
        (Window(60, 20, 60, 0), 60, 41),
        (Window(60, 0, 0, 60), 60, 1),
        (Window(60, 0, 0, 60), 30, 31),
        (Window(60, 5, 1, 0), 1, 115),
        (Window(60, 5, 0, 0), 0, 60),
    ],
)
def test_the_wait_follows_the_table(window, limit, seconds):
    assert wait_s(window, limit=limit) == pytest.approx(seconds)


@given(
    st.sampled_from([60, 3600]),
    st.floats(0, 1),
    st.integers(0, 100),
    st.integers(0, 100),
    st.integers(1, 100),
)
def test_after_the_wait_one_more_is_within_the_limit(seconds, part, count, previous, limit):
    window = Window(seconds, part * seconds, count, previous)

    wait = wait_s(window, limit=limit)
    passed = window.elapsed_s + wait
    later = (
        Window(seconds, passed, count, previous)
        if passed < seconds - 1e-6
        else Window(seconds, passed - seconds, 0, count)
    )

    assert 0 <= wait <= 2 * seconds
    assert used(later) + 1 <= limit + 1e-6 or wait == 0
    assert wait > 0 or used(window) + 1 <= limit
