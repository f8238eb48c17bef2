"""Count what went through each channel, or node, before and after: two statements, however many there are."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Q, Sum

from feedback.domain.impact import Window
from feedback.domain.verdicts import Tally
from feedback.services.windows import Span, known_since
from recommendations.models import Forward, NodeConnection, PrivateChannel, Recommendation

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
NODE_WEEKS = """
SELECT connection_id, floor(extract(epoch FROM %s - at) / 604800)::int AS week, count(*)
FROM recommendations_forward WHERE connection_id = ANY(%s) AND at >= %s AND at < %s
GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class ChannelTally:
    """Settled forwards that left through a channel, or a whole node, and what they earned, before and after."""

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
    if not covers(row, span):
        return {}
    given = {"connection": row.connection_id, "start": span.start, "applied": span.applied_at, "end": span.end}
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, given)
        found = {scid: numbers for scid, *numbers in cursor.fetchall()}
    scids = PrivateChannel.objects.filter(connection=row.connection_id).values_list("scid", flat=True)
    return {scid: _tally(found.get(scid, (0, 0, 0, 0)), span) for scid in sorted({*scids, *found})}


def covers(row: Recommendation, span: Span) -> bool:
    """Return whether the node's forwards are known on all days of both windows; else a part would count as nothing."""
    known_from = known_since(row)
    return known_from is not None and known_from <= span.start and _reaches(row, span)


def node_tallies(connections: Collection[int], span: Span) -> dict[int, ChannelTally]:
    """Return the tally of each whole node by its connection; without forwards it is zero. One statement."""
    rows = Forward.objects.filter(connection__in=connections, at__gte=span.start, at__lt=span.end)
    before, after = Q(at__lt=span.applied_at), Q(at__gte=span.applied_at)
    counts = (
        rows.order_by()
        .values_list("connection")
        .annotate(
            count_before=Count("pk", filter=before),
            count_after=Count("pk", filter=after),
            earned_before=Sum("fee_msat", filter=before, default=0),
            earned_after=Sum("fee_msat", filter=after, default=0),
        )
    )
    found = {key: numbers for key, *numbers in counts}
    return {key: _tally(found.get(key, (0, 0, 0, 0)), span) for key in connections}


def weeks_of_nodes(rows: Iterable[NodeConnection], *, until: datetime) -> dict[int, list[int]]:
    """Return each whole node's forwards in the whole weeks before `until`, as far as they are known. One statement."""
    weeks = {row.pk: _known_weeks(row.forwards_from, until) for row in rows}
    start = until - timedelta(weeks=MOST_WEEKS)
    counts = {key: [0] * known for key, known in weeks.items()}
    with connection.cursor() as cursor:
        cursor.execute(NODE_WEEKS, (until, list(weeks), start, until))
        for key, week, count in cursor.fetchall():
            if 0 <= week < weeks[key]:
                counts[key][week] = count
    return counts


def weekly_counts(row: Recommendation, span: Span) -> list[list[int]]:
    """Return each channel's forwards in the whole weeks before applying, latest first, as far as they are known."""
    weeks = _known_weeks(known_since(row), span.applied_at)
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


def _known_weeks(known_from: datetime | None, until: datetime) -> int:
    return 0 if known_from is None else max(0, min((until - known_from).days // 7, MOST_WEEKS))


def _reaches(row: Recommendation, span: Span) -> bool:
    """Return whether what is known goes to the end of the window: by a later forward, or a later reading."""
    if row.connection and row.connection.is_live and row.connection.measured_at:
        return row.connection.measured_at >= span.end
    return Forward.objects.filter(connection=row.connection_id, at__gte=span.end).exists()


def _tally(numbers: tuple[int, ...] | list[int], span: Span) -> ChannelTally:
    before, after, earned_before, earned_after = (int(number) for number in numbers)
    return ChannelTally(Tally(before, after, span.days_before, span.days_after), earned_before, earned_after)
