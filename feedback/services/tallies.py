"""Count what went through each channel before and after: two statements, however many channels there are."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from feedback.domain.impact import Window
from feedback.domain.verdicts import Tally
from feedback.services.windows import Span, known_since
from recommendations.models import Forward, PrivateChannel, Recommendation

MOST_WEEKS = 26  # of history, for the dispersion
COUNTS = """
SELECT outgoing_scid,
       count(*) FILTER (WHERE at < %(applied)s), count(*) FILTER (WHERE at >= %(applied)s),
       coalesce(sum(fee_msat) FILTER (WHERE at < %(applied)s), 0),
       coalesce(sum(fee_msat) FILTER (WHERE at >= %(applied)s), 0)
FROM recommendations_forward WHERE connection_id = %(connection)s AND at >= %(start)s AND at < %(end)s
GROUP BY outgoing_scid
"""
WEEKS = """
SELECT outgoing_scid, floor(extract(epoch FROM %(until)s - at) / 604800)::int AS week, count(*)
FROM recommendations_forward WHERE connection_id = %(connection)s AND at >= %(start)s AND at < %(until)s
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class ChannelTally:
    """Settled forwards that left through a channel, and what they earned, before and after."""

    events: Tally
    earned_before_msat: int
    earned_after_msat: int

    @property
    def revenue(self) -> Window:
        """Sat per day."""
        return Window(
            self.earned_before_msat / 1000 / self.events.days_before,
            self.earned_after_msat / 1000 / self.events.days_after,
        )


def tallies(row: Recommendation, span: Span) -> Mapping[str, ChannelTally]:
    """Return the tally of every channel of the connection; {} where the forwards do not cover both windows.

    A channel without forwards has none, which is known: zero.
    """
    known_from = known_since(row)
    if known_from is None or known_from > span.start:  # part of the window before would count as earning nothing
        return {}
    if not _reaches(row, span):
        return {}
    given = {"connection": row.connection_id, "start": span.start, "applied": span.applied_at, "end": span.end}
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, given)
        found = {scid: numbers for scid, *numbers in cursor.fetchall()}
    scids = PrivateChannel.objects.filter(connection=row.connection_id).values_list("scid", flat=True)
    return {scid: _tally(found.get(scid, (0, 0, 0, 0)), span) for scid in {*scids, *found}}


def weekly_counts(row: Recommendation, span: Span) -> list[list[int]]:
    """Return each channel's forwards in the whole weeks before applying, latest first, as far as they are known."""
    known_from = known_since(row)
    if known_from is None:
        return []
    weeks = min((span.applied_at - known_from).days // 7, MOST_WEEKS)
    return list(counts_by_week(row.connection_id, weeks=weeks, until=span.applied_at).values())


def counts_by_week(connection_id: int | None, *, weeks: int, until: datetime) -> dict[str, list[int]]:
    """Return each channel's forwards in so many whole weeks before `until`, latest first. One statement."""
    given = {"connection": connection_id, "start": until - timedelta(weeks=weeks), "until": until}
    counts: defaultdict[str, list[int]] = defaultdict(lambda: [0] * weeks)
    with connection.cursor() as cursor:
        cursor.execute(WEEKS, given)
        for scid, week, count in cursor.fetchall():
            if 0 <= week < weeks:
                counts[scid][week] = count
    return dict(counts)


def _reaches(row: Recommendation, span: Span) -> bool:
    """Return whether what is known goes to the end of the window: by a later forward, or a later reading."""
    if row.connection and row.connection.is_live and row.connection.measured_at:
        return row.connection.measured_at >= span.end
    return Forward.objects.filter(connection=row.connection_id, at__gte=span.end).exists()


def _tally(numbers: tuple[int, ...] | list[int], span: Span) -> ChannelTally:
    before, after, earned_before, earned_after = (int(number) for number in numbers)
    return ChannelTally(Tally(before, after, span.days_before, span.days_after), earned_before, earned_after)
