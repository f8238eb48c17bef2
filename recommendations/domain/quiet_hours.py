"""Hours in which nobody wants to be woken, by the clock on the wall of a time zone. Pure; never asks the clock."""

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From one wall time to another, over midnight where the end is earlier. Both the same: the whole day."""

    begin: time
    end: time
    zone: ZoneInfo

    def hold(self, at: datetime) -> bool:
        """Tell whether it is quiet at an aware moment.

        The moment is read on the wall: an hour that summer time skips is never quiet, one that winter repeats is
        quiet twice.
        """
        on_the_wall = at.astimezone(self.zone).time()
        if self.begin < self.end:
            return self.begin <= on_the_wall < self.end
        return on_the_wall >= self.begin or on_the_wall < self.end
