"""Remove what no longer stands in a network's graph and is older than the network keeps (`Network.keep_history_days`).

Spans that closed before the horizon go, and the figures of nodes in older snapshots; what stands now always stays, and
so do the snapshots' own lines. In slices of rows, so that nobody waits long for a lock.
"""

import time
from datetime import datetime, timedelta

from django.db import connection

from recommendations.models import Network

ROWS_AT_ONCE = 20_000
SLICE_S = 60.0
NEWEST_BEFORE = """
SELECT snapshot.id FROM recommendations_graphsnapshot snapshot
WHERE snapshot.network_id = %(network)s AND snapshot.as_of < %(horizon)s
"""
# Policies before their channels: a channel that goes must not leave any behind.
DELETIONS = (
    f"""DELETE FROM recommendations_policy WHERE id IN (
      SELECT policy.id FROM recommendations_policy policy
      WHERE policy.until_snapshot_id IN ({NEWEST_BEFORE}) LIMIT %(limit)s)""",  # noqa: S608 - constants of this file
    f"""DELETE FROM recommendations_channel WHERE id IN (
      SELECT channel.id FROM recommendations_channel channel
      WHERE channel.network_id = %(network)s AND channel.until_snapshot_id IN ({NEWEST_BEFORE}) LIMIT %(limit)s)""",  # noqa: S608 - constants of this file
    f"""DELETE FROM recommendations_nodemetrics WHERE id IN (
      SELECT metrics.id FROM recommendations_nodemetrics metrics
      WHERE metrics.snapshot_id IN ({NEWEST_BEFORE} AND snapshot.id <> (
        SELECT id FROM recommendations_graphsnapshot WHERE network_id = %(network)s ORDER BY as_of DESC LIMIT 1))
      LIMIT %(limit)s)""",  # noqa: S608 - constants of this file
)


def prune_graphs(*, at: datetime, slice_s: float = SLICE_S) -> tuple[int, bool]:
    """Remove old rows for about `slice_s` seconds; return how many went, and whether none is left to go."""
    began, gone = time.monotonic(), 0
    for network in Network.objects.exclude(keep_history_days=0):
        horizon = at - timedelta(days=network.keep_history_days)
        for statement in DELETIONS:
            while deleted := _delete(statement, network, horizon=horizon):
                gone += deleted
                if time.monotonic() - began > slice_s:
                    return gone, False
    return gone, True


def _delete(statement: str, network: Network, *, horizon: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"network": network.pk, "horizon": horizon, "limit": ROWS_AT_ONCE})
        return int(cursor.rowcount)
