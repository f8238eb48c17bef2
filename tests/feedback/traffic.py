"""Months of forwards, written by one statement: as objects, ten thousand rows take most of a second."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection as database

from recommendations.models import NodeConnection

WRITE = """
INSERT INTO recommendations_forward
  (connection_id, at, incoming_scid, outgoing_scid, amount_in_msat, amount_out_msat, fee_msat)
SELECT %(connection)s, %(at)s + make_interval(days => one.day, mins => 10 + number), '1x1x1', %(outgoing)s,
  1001000, 1000000, 1000
FROM unnest(%(days)s::int[], %(counts)s::int[]) AS one(day, count), generate_series(0, one.count - 1) AS number
"""


def write_forwards(connection: NodeConnection, *, at: datetime, outgoing: str, per_day: Mapping[int, int]) -> None:
    """Let a node forward 1,000 sat so many times on each day, numbered from `at`, a minute apart, for 1 sat each."""
    days, counts = list(per_day), list(per_day.values())
    names: dict[str, Any] = {
        "connection": connection.pk,
        "at": at,
        "outgoing": outgoing,
        "days": days,
        "counts": counts,
    }
    with database.cursor() as cursor:
        cursor.execute(WRITE, names)
