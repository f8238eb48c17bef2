"""Our own log of who was online: one reading more per sync and day. A daemon's restart forgets nothing here.

LND counts since its own start, and Core Lightning not at all. So a channel's uptime comes from this log as soon as the
log covers more days than the daemon's counters do, else from the daemon. Days on which we read nothing do not count
as monitored; each day weighs the same, however often it was read. `scid` '' stands for the node itself: a try that got
no answer counts against it, and against none of its peers.
"""

from datetime import date, datetime, timedelta

from django.db import connection

LOG_DAYS = 90  # what is older says little of a peer today
LEAST_DAYS = 1  # whole days before today

NOTE_CHANNELS = """
INSERT INTO recommendations_uptimeday AS known (connection_id, scid, day, readings, online)
SELECT connection_id, scid, %(day)s, 1, is_active::int FROM recommendations_privatechannel
WHERE connection_id = %(connection)s AND is_active IS NOT NULL
ON CONFLICT (connection_id, scid, day) DO UPDATE SET readings = known.readings + 1,
  online = known.online + excluded.online
"""
NOTE_NODE = """
INSERT INTO recommendations_uptimeday AS known (connection_id, scid, day, readings, online)
VALUES (%(connection)s, '', %(day)s, 1, %(online)s)
ON CONFLICT (connection_id, scid, day) DO UPDATE SET readings = known.readings + 1,
  online = known.online + excluded.online
"""
SUMMED_UP = """
SELECT scid, avg(online::float / readings) AS ratio, count(*) FILTER (WHERE day < %(day)s) AS days
FROM recommendations_uptimeday WHERE connection_id = %(connection)s AND day > %(horizon)s GROUP BY scid
"""
APPLY_TO_CHANNELS = f"""
UPDATE recommendations_privatechannel channel SET peer_uptime_ratio = log.ratio, monitored_days = log.days
FROM ({SUMMED_UP}) log WHERE channel.connection_id = %(connection)s AND log.scid = channel.scid
  AND log.days >= %(least)s AND log.days > coalesce(channel.monitored_days, 0)
"""  # noqa: S608 - constants of this file
APPLY_TO_NODE = f"""
UPDATE recommendations_nodeconnection node SET uptime_ratio = log.ratio, monitored_days = log.days
FROM ({SUMMED_UP}) log WHERE node.id = %(connection)s AND log.scid = '' AND log.days >= %(least)s
"""  # noqa: S608 - constants of this file
FORGET = "DELETE FROM recommendations_uptimeday WHERE connection_id = %(connection)s AND day <= %(horizon)s"


def note_channels(connection_id: int, *, at: datetime) -> None:
    """Count one reading of every channel, as its row says, and let the log decide where it knows more. Two statements.

    To be called once after each reading, within its transaction.
    """
    names = _names(connection_id, at=at)
    with connection.cursor() as cursor:
        cursor.execute(NOTE_CHANNELS, names)
        cursor.execute(APPLY_TO_CHANNELS, names)


def note_node(connection_id: int, *, has_answered: bool, at: datetime) -> None:
    """Count one try to reach the node itself, and forget what is older than the log. Three statements."""
    names = {**_names(connection_id, at=at), "online": int(has_answered)}
    with connection.cursor() as cursor:
        cursor.execute(NOTE_NODE, names)
        cursor.execute(APPLY_TO_NODE, names)
        cursor.execute(FORGET, names)


def _names(connection_id: int, *, at: datetime) -> dict[str, int | date]:
    day = at.date()
    return {"connection": connection_id, "day": day, "horizon": day - timedelta(days=LOG_DAYS), "least": LEAST_DAYS}
