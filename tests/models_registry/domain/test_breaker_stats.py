"""Totals add up, an hour is an hour, and health follows its table."""

from datetime import UTC, datetime, timedelta

import pytest

from models_registry.domain.breaker import BreakerState
from models_registry.domain.breaker_stats import Health, Minute, Tally, health_of, success_rate, with_tally, worst

AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def test_tallies_add_up():
    whole = Tally(successes=2, total_ms=30) + Tally(failures=1, rejected=4, neutral=5, total_ms=7)

    assert whole == Tally(successes=2, failures=1, neutral=5, rejected=4, total_ms=37)
    assert whole.calls == 12


def test_the_rate_is_that_of_the_last_hour():
    minutes: tuple[Minute, ...] = ()
    for age_min, tally in (
        (90, Tally(failures=50)),
        (59, Tally(failures=1)),
        (1, Tally(successes=2)),
        (1, Tally(successes=1)),
    ):
        minutes = with_tally(minutes, tally, at=AT - timedelta(minutes=age_min))

    assert success_rate(minutes, at=AT) == pytest.approx(3 / 4)
    assert success_rate(minutes, at=AT + timedelta(minutes=30)) == 1.0
    assert success_rate(minutes, at=AT + timedelta(hours=2)) is None
    assert len(minutes) == 2


def test_an_hour_keeps_at_most_sixty_minutes():
    minutes: tuple[Minute, ...] = ()
    for number in range(500):
        minutes = with_tally(minutes, Tally(successes=1), at=AT + timedelta(minutes=number))

    assert len(minutes) == 60


def test_what_was_turned_away_is_no_failure_of_the_last_hour():
    assert with_tally((), Tally(rejected=3, neutral=2), at=AT) == ()


@pytest.mark.parametrize(
    ("state", "rate", "health"),
    [
        (BreakerState.CLOSED, None, Health.HEALTHY),
        (BreakerState.CLOSED, 1.0, Health.HEALTHY),
        (BreakerState.CLOSED, 0.91, Health.HEALTHY),
        (BreakerState.CLOSED, 0.90, Health.DEGRADED),
        (BreakerState.HALF_OPEN, 1.0, Health.DEGRADED),
        (BreakerState.OPEN, 1.0, Health.UNAVAILABLE),
    ],
)
def test_health_follows_the_table(state, rate, health):
    assert health_of(state, rate) is health


def test_the_worst_speaks_for_all():
    assert worst([Health.HEALTHY, Health.UNAVAILABLE, Health.DEGRADED]) is Health.UNAVAILABLE
    assert worst([Health.HEALTHY, Health.DEGRADED]) is Health.DEGRADED
    assert worst([]) is Health.HEALTHY
