"""Store what a node says of its channels: a fixed number of statements, however many channels it has.

A channel that is no longer open loses its row here; one that is being closed, or is closed, has one among the closed.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from recommendations.domain.graph_records import PolicyRecord, storable
from recommendations.domain.readings import ChannelReading, ClosedReading, ClosingReading, CostKind

SECONDS_PER_DAY = 86_400
BLOCK = timedelta(minutes=10)

STORE_CHANNELS = """
INSERT INTO recommendations_privatechannel AS known (connection_id, scid, peer_pubkey, local_sat, remote_sat,
  is_active, is_initiator, peer_uptime_ratio, monitored_days, measured_at, chan_point, peer_alias, capacity_sat,
  is_announced, own_policy, peer_policy)
SELECT %(connection)s, scid, peer_pubkey, local_sat, remote_sat, is_active, is_initiator, peer_uptime_ratio,
  monitored_days, %(at)s, chan_point, peer_alias, capacity_sat, is_announced, own_policy, peer_policy
FROM jsonb_to_recordset(%(rows)s::jsonb) AS fresh(scid text, peer_pubkey text, local_sat bigint, remote_sat bigint,
  is_active boolean, is_initiator boolean, peer_uptime_ratio float, monitored_days float, chan_point text,
  peer_alias text, capacity_sat bigint, is_announced boolean, own_policy jsonb, peer_policy jsonb)
ON CONFLICT (connection_id, scid) DO UPDATE SET peer_pubkey = excluded.peer_pubkey, local_sat = excluded.local_sat,
  remote_sat = excluded.remote_sat, is_active = excluded.is_active, is_initiator = excluded.is_initiator,
  peer_uptime_ratio = excluded.peer_uptime_ratio, monitored_days = excluded.monitored_days,
  measured_at = excluded.measured_at, chan_point = excluded.chan_point, peer_alias = excluded.peer_alias,
  capacity_sat = excluded.capacity_sat, is_announced = excluded.is_announced, own_policy = excluded.own_policy,
  peer_policy = excluded.peer_policy, policy_changed_at = CASE
    WHEN known.own_policy - 'updated_s' <> excluded.own_policy - 'updated_s' THEN excluded.measured_at
    ELSE known.policy_changed_at END
"""
FORGET_CHANNELS = """
DELETE FROM recommendations_privatechannel WHERE connection_id = %(connection)s AND NOT scid = ANY(%(scids)s)
"""
STORE_CLOSED = """
INSERT INTO recommendations_closedchannel AS known (connection_id, scid, chan_point, peer_pubkey, capacity_sat,
  settled_sat, closed_by, closed_at, is_initiator, seen_at)
SELECT %(connection)s, scid, chan_point, peer_pubkey, capacity_sat, settled_sat, closed_by, closed_at, is_initiator,
  %(at)s
FROM jsonb_to_recordset(%(rows)s::jsonb) AS fresh(scid text, chan_point text, peer_pubkey text, capacity_sat bigint,
  settled_sat bigint, closed_by text, closed_at timestamptz, is_initiator boolean)
ON CONFLICT (connection_id, scid) DO UPDATE SET settled_sat = excluded.settled_sat, closed_by = excluded.closed_by,
  closed_at = coalesce(known.closed_at, excluded.closed_at)
"""
# LND names a closing channel by its point alone; its short id is the one it had while it was open.
STORE_CLOSING = """
INSERT INTO recommendations_closedchannel (connection_id, scid, chan_point, peer_pubkey, capacity_sat, closed_by,
  seen_at)
SELECT %(connection)s, coalesce(fresh.scid, open.scid), fresh.chan_point, fresh.peer_pubkey, fresh.capacity_sat,
  fresh.closed_by, %(at)s
FROM jsonb_to_recordset(%(rows)s::jsonb)
  AS fresh(scid text, chan_point text, peer_pubkey text, capacity_sat bigint, closed_by text)
LEFT JOIN recommendations_privatechannel open
  ON open.connection_id = %(connection)s AND open.chan_point = fresh.chan_point AND open.chan_point <> ''
WHERE coalesce(fresh.scid, open.scid) IS NOT NULL
ON CONFLICT (connection_id, scid) DO NOTHING
"""
# A closing's own transaction tells when it was; what was reckoned from a block height, or not known, gives way.
DATE_CLOSINGS = f"""
UPDATE recommendations_closedchannel closed SET closed_at = booked.at
FROM (
  SELECT scid, min(at) AS at FROM recommendations_channelcost
  WHERE connection_id = %(connection)s AND kind = '{CostKind.CLOSE}' GROUP BY scid
) booked
WHERE closed.connection_id = %(connection)s AND closed.scid = booked.scid
  AND closed.closed_at IS DISTINCT FROM booked.at
"""  # noqa: S608 - constants of this file


def store_channels(connection_id: int, channels: Sequence[ChannelReading], *, at: datetime) -> None:
    """Make the open channels of a connection those of this reading. Two statements."""
    rows = {channel.scid: _channel_row(channel) for channel in channels}
    with connection.cursor() as cursor:
        cursor.execute(STORE_CHANNELS, _names(connection_id, rows.values(), at=at))
        cursor.execute(FORGET_CHANNELS, {"connection": connection_id, "scids": list(rows)})


def store_closed(
    connection_id: int,
    closed: Sequence[ClosedReading],
    closing: Sequence[ClosingReading],
    *,
    at: datetime,
    block_height: int | None,
) -> None:
    """Remember closed and closing channels. To be called before `store_channels` forgets them. Two statements."""
    ending = [_closing_row(one) for one in closing]
    ended = {one.scid: _closed_row(one, at=at, block_height=block_height) for one in closed}
    with connection.cursor() as cursor:
        cursor.execute(STORE_CLOSING, _names(connection_id, ending, at=at))
        cursor.execute(STORE_CLOSED, _names(connection_id, ended.values(), at=at))


def date_closings(connection_id: int) -> None:
    """Take the times of closed channels from what their closings cost, where that is on record. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(DATE_CLOSINGS, {"connection": connection_id})


def _names(connection_id: int, rows: Iterable[Mapping[str, Any]], *, at: datetime) -> dict[str, Any]:
    return {"connection": connection_id, "at": at, "rows": json.dumps(list(rows))}


def _channel_row(channel: ChannelReading) -> dict[str, Any]:
    watched_s, online_s = channel.watched_s, channel.online_s
    return {
        "scid": channel.scid,
        "peer_pubkey": channel.peer_pubkey,
        "local_sat": channel.local_sat,
        "remote_sat": channel.remote_sat,
        "is_active": channel.is_active,
        "is_initiator": channel.is_initiator,
        "peer_uptime_ratio": min(online_s / watched_s, 1.0) if watched_s and online_s is not None else None,
        "monitored_days": watched_s / SECONDS_PER_DAY if watched_s else None,
        "chan_point": channel.chan_point or "",
        "peer_alias": storable(channel.peer_alias)[0],
        "capacity_sat": channel.capacity_sat,
        "is_announced": None if channel.is_private is None else not channel.is_private,
        "own_policy": _policy(channel.own_policy),
        "peer_policy": _policy(channel.peer_policy),
    }


def _policy(policy: PolicyRecord | None) -> dict[str, Any] | None:
    return None if policy is None else policy._asdict()


def _closed_row(closed: ClosedReading, *, at: datetime, block_height: int | None) -> dict[str, Any]:
    closed_at = closed.closed_at or _block_time(closed.close_block, tip=block_height, at=at)
    return {
        "scid": closed.scid,
        "chan_point": closed.chan_point or "",
        "peer_pubkey": closed.peer_pubkey,
        "capacity_sat": closed.capacity_sat,
        "settled_sat": closed.settled_sat,
        "closed_by": closed.closed_by.value,
        "closed_at": closed_at.isoformat() if closed_at else None,
        "is_initiator": closed.is_initiator,
    }


def _closing_row(closing: ClosingReading) -> dict[str, Any]:
    return {
        "scid": closing.scid,
        "chan_point": closing.chan_point,
        "peer_pubkey": closing.peer_pubkey,
        "capacity_sat": closing.capacity_sat,
        "closed_by": closing.closed_by.value,
    }


def _block_time(block: int | None, *, tip: int | None, at: datetime) -> datetime | None:
    """Return about when a block was mined, counted back from the newest one; None when a height is unknown."""
    return at - (tip - block) * BLOCK if block and tip and block <= tip else None
