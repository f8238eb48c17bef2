"""A connected node week by week: what it forwarded and earned, and whether it answered. Unknown is None, never 0."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from recommendations.queries.connections import ConnectedNode

WEEKS = 12
BY_WEEK = """
SELECT week.begin, count(forward.id), coalesce(sum(forward.amount_out_msat), 0)::bigint / 1000,
  coalesce(sum(forward.fee_msat), 0)::bigint,
  (SELECT avg(online::float / readings) FROM recommendations_uptimeday log
   WHERE log.connection_id = %(connection)s AND log.scid = '' AND readings > 0
     AND log.day >= week.begin::date AND log.day < week.begin::date + 7)
FROM generate_series(date_trunc('week', %(at)s::timestamptz, 'UTC') - make_interval(weeks => %(weeks)s - 1),
  date_trunc('week', %(at)s::timestamptz, 'UTC'), interval '1 week') AS week(begin)
LEFT JOIN recommendations_forward forward ON forward.connection_id = %(connection)s
  AND forward.at >= week.begin AND forward.at < week.begin + interval '1 week'
GROUP BY week.begin ORDER BY week.begin DESC
"""


@dataclass(frozen=True, slots=True)
class Week:
    """One week from its Monday on, UTC. Figures of forwards are None where not all of the week is known."""

    begin: datetime
    forwards: int | None
    forwarded_sat: int | None
    earned_msat: int | None
    uptime_ratio: float | None


def node_weeks(node: ConnectedNode, *, at: datetime) -> tuple[Week, ...]:
    """Return the latest weeks of which anything is known, the current one first. One query."""
    with connection.cursor() as cursor:
        cursor.execute(BY_WEEK, {"connection": node.key, "at": at, "weeks": WEEKS})
        rows = cursor.fetchall()
    weeks = (_week(*row, node=node) for row in rows)
    return tuple(week for week in weeks if week.forwards is not None or week.uptime_ratio is not None)


def _week(
    begin: datetime,
    forwards: int,
    forwarded_sat: int,
    earned_msat: int,
    uptime_ratio: float | None,
    *,
    node: ConnectedNode,
) -> Week:
    if node.forwards_from is None or begin < node.forwards_from:
        return Week(begin, None, None, None, uptime_ratio)
    return Week(begin, forwards, forwarded_sat, earned_msat, uptime_ratio)
