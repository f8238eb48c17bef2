"""When a connected node is read again, and from when on what it told is old. Pure; never asks the clock."""

from datetime import datetime, timedelta

LONGEST_WAIT = timedelta(hours=6)  # a node that fails all day is still tried four times
MOST_DOUBLINGS = 6
INTERRUPTED_AFTER = timedelta(minutes=10)  # a slice tells of itself several times a minute while it lives
LEAST_FRESH = timedelta(hours=1)
MISSED_READINGS = 3


def wait_after(*, every_min: int, failures: int) -> timedelta:
    """Return how long to wait for the next reading: the cadence, doubled for each failure in a row, six hours at most.

    This takes the place of a circuit breaker: each node has one caller, and the row shows people what it waits for.
    """
    usual = timedelta(minutes=every_min)
    doubled: timedelta = usual * 2 ** min(failures, MOST_DOUBLINGS)
    return max(usual, min(doubled, LONGEST_WAIT))


def next_reading_at(*, tried_at: datetime | None, every_min: int, failures: int, at: datetime) -> datetime | None:
    """Return when a node is to be read next; None when it is read only if somebody asks."""
    if every_min == 0:
        return None
    return at if tried_at is None else tried_at + wait_after(every_min=every_min, failures=failures)


def is_interrupted(*, tried_at: datetime | None, at: datetime) -> bool:
    """Tell whether a reading that its row says is under way has been silent for too long to be alive."""
    return tried_at is None or at - tried_at > INTERRUPTED_AFTER


def is_old(measured_at: datetime | None, *, every_min: int, at: datetime) -> bool:
    """Tell whether readings were missed: data older than three cadences, but never younger than an hour."""
    if measured_at is None or every_min == 0:
        return False
    return at - measured_at > max(LEAST_FRESH, MISSED_READINGS * timedelta(minutes=every_min))
