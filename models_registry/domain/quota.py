"""How many requests somebody may make in a while, and when the next one is welcome. Pure.

A window slides: of the requests of the window before, those count that would still lie within it had they come
evenly spread. So nobody gets twice the limit by asking around a window's end.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """What one unit was allowed in the running window, `elapsed_s` old, and in the one before."""

    seconds: int
    elapsed_s: float
    count: int
    previous: int


@dataclass(frozen=True, slots=True)
class Quota:
    """Requests a minute and an hour. None: no limit."""

    per_minute: int | None
    per_hour: int | None


def used(window: Window) -> float:
    """Return how many requests count now."""
    return window.previous * max(0.0, 1 - window.elapsed_s / window.seconds) + window.count


def wait_s(window: Window, *, limit: int) -> float:
    """Return after how many seconds one more request is within the limit; 0 when it is now."""
    if used(window) + 1 <= limit:
        return 0.0
    left_s = window.seconds - window.elapsed_s
    if limit < 1:
        return float(window.seconds)
    room = limit - 1 - window.count  # what the window before may still weigh
    if room >= 0:
        return min(left_s, window.seconds * (1 - room / window.previous) - window.elapsed_s)
    # The running window alone is full: it must become the one before, and weigh little enough.
    return left_s + window.seconds * max(0.0, 1 - (limit - 1) / window.count)
