"""Quiet hours are read on the wall of their time zone, over midnight and over the changes of summer time."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from recommendations.domain.quiet_hours import QuietHours

PARIS, NEW_YORK, KOLKATA = "Europe/Paris", "America/New_York", "Asia/Kolkata"


@pytest.mark.parametrize(
    ("hours", "zone", "at", "is_quiet"),
    [
        (("22:00", "07:00"), "UTC", "2026-01-10 21:59", False),
        (("22:00", "07:00"), "UTC", "2026-01-10 22:00", True),
        (("22:00", "07:00"), "UTC", "2026-01-11 06:59", True),
        (("22:00", "07:00"), "UTC", "2026-01-11 07:00", False),
        (("09:00", "17:00"), "UTC", "2026-01-10 12:00", True),
        (("09:00", "17:00"), "UTC", "2026-01-10 17:00", False),
        (("00:00", "00:00"), "UTC", "2026-01-10 12:00", True),
        (("22:00", "07:00"), PARIS, "2026-01-10 20:59", False),  # winter: one hour ahead
        (("22:00", "07:00"), PARIS, "2026-01-10 21:00", True),
        (("22:00", "07:00"), PARIS, "2026-07-10 20:00", True),  # summer: two
        (("22:00", "07:00"), PARIS, "2026-07-11 05:00", False),
        (("22:00", "07:00"), KOLKATA, "2026-01-10 16:30", True),  # half an hour matters
        (("22:00", "07:00"), KOLKATA, "2026-01-10 16:29", False),
        # 29 March 2026: Paris skips 02:00 to 03:00 at 01:00 UTC
        (("02:00", "03:00"), PARIS, "2026-03-29 00:59", False),
        (("02:00", "03:00"), PARIS, "2026-03-29 01:00", False),
        (("02:30", "04:00"), PARIS, "2026-03-29 01:00", True),
        (("22:00", "07:00"), PARIS, "2026-03-29 04:59", True),
        (("22:00", "07:00"), PARIS, "2026-03-29 05:00", False),
        # 25 October 2026: Paris has 02:00 to 03:00 twice, from 00:00 and from 01:00 UTC
        (("02:00", "03:00"), PARIS, "2026-10-25 00:30", True),
        (("02:00", "03:00"), PARIS, "2026-10-25 01:30", True),
        (("02:00", "03:00"), PARIS, "2026-10-25 02:00", False),
        (("22:00", "07:00"), PARIS, "2026-10-25 05:59", True),
        (("22:00", "07:00"), PARIS, "2026-10-25 06:00", False),
        (("22:00", "07:00"), NEW_YORK, "2026-03-08 10:59", True),
        (("22:00", "07:00"), NEW_YORK, "2026-03-08 11:00", False),
    ],
)
def test_quiet_hours_follow_the_clock_on_the_wall(hours, zone, at, is_quiet):
    begin, end = map(time.fromisoformat, hours)

    held = QuietHours(begin, end, ZoneInfo(zone)).hold(datetime.fromisoformat(at).replace(tzinfo=UTC))

    assert held is is_quiet
