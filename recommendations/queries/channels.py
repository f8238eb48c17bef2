"""The channels of a node as a table, a page at a time, and the channels of a whole snapshot."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from recommendations.models import Channel, GraphSnapshot, Network
from recommendations.queries.nodes import Viewer, locate, visible_connection

PAGE_SIZE = 50
# The names a caller may sort by. Only these words ever reach the statement.
SORTS = {
    "alias": "lower(peer.alias)",
    "capacity": "channel.capacity_sat",
    "own_fee": "own.fee_ppm",
    "peer_fee": "theirs.fee_ppm",
    "balance": "private.local_sat::float / nullif(private.local_sat + private.remote_sat, 0)",
    "updated": "greatest(own.updated_at, theirs.updated_at)",
    "age": "split_part(channel.scid, 'x', 1)::bigint",
}
LIVE = """(own.updated_at BETWEEN %(since)s AND %(until)s OR theirs.updated_at BETWEEN %(since)s AND %(until)s)"""
LINES = f"""
SELECT channel.scid, channel.chan_point, channel.capacity_sat, peer.pubkey, peer.alias, own.fee_ppm, own.base_fee_msat,
  own.is_disabled, theirs.fee_ppm, theirs.base_fee_msat, theirs.is_disabled,
  greatest(own.updated_at, theirs.updated_at), coalesce({LIVE}, false), private.local_sat, private.remote_sat,
  count(*) OVER ()
FROM recommendations_channel channel
JOIN recommendations_node peer
  ON peer.id = CASE WHEN channel.node1_id = %(node)s THEN channel.node2_id ELSE channel.node1_id END
LEFT JOIN recommendations_policy own ON own.channel_id = channel.id AND own.until_snapshot_id IS NULL
  AND own.direction = CASE WHEN channel.node1_id = %(node)s THEN 0 ELSE 1 END
LEFT JOIN recommendations_policy theirs ON theirs.channel_id = channel.id AND theirs.until_snapshot_id IS NULL
  AND theirs.direction = CASE WHEN channel.node1_id = %(node)s THEN 1 ELSE 0 END
LEFT JOIN recommendations_privatechannel private
  ON private.connection_id = %(connection)s AND private.scid = channel.scid
WHERE channel.until_snapshot_id IS NULL AND (channel.node1_id = %(node)s OR channel.node2_id = %(node)s)
  AND (%(word)s = '' OR strpos(lower(peer.alias), %(word)s) > 0 OR starts_with(peer.pubkey, %(word)s)
    OR starts_with(channel.scid, %(word)s))
  AND (NOT %(only_live)s OR {LIVE})
"""  # noqa: S608 - constants of this file


@dataclass(frozen=True, slots=True)
class ChannelFilters:
    """Which channels are wanted: `search` is part of the peer's alias, or the start of its key or of a channel id."""

    search: str = ""
    only_live: bool = False


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """One channel as its table shows it. Balances are known of one's own node only."""

    scid: str
    chan_point: str
    capacity_sat: int
    peer_pubkey: str
    peer_alias: str
    own_fee_ppm: int | None
    own_base_fee_msat: int | None
    own_is_disabled: bool | None
    peer_fee_ppm: int | None
    peer_base_fee_msat: int | None
    peer_is_disabled: bool | None
    updated_at: datetime | None
    is_live: bool
    local_sat: int | None
    remote_sat: int | None

    @property
    def local_ratio(self) -> float | None:
        """Return our share of the balance, 0-1, or None when it is unknown."""
        if self.local_sat is None or self.remote_sat is None or self.local_sat + self.remote_sat <= 0:
            return None
        return self.local_sat / (self.local_sat + self.remote_sat)


@dataclass(frozen=True, slots=True)
class ChannelsPage:
    """One page of a node's channels, and how many there are in all."""

    lines: tuple[ChannelLine, ...]
    total: int
    page: int
    page_size: int
    sort: str
    is_descending: bool

    @property
    def page_count(self) -> int:
        """Return the number of pages, at least one."""
        return max(1, -(-self.total // self.page_size))


def channels_at(snapshot: GraphSnapshot) -> QuerySet[Channel]:
    """Return the channels that stood at a snapshot, however many newer ones there are."""
    return Channel.objects.at(snapshot)


def channels_page(
    pubkey: str,
    *,
    network: Network | str | None = None,
    user: Viewer = None,
    sort: str = "capacity",
    is_descending: bool = True,
    page: int = 1,
    filters: ChannelFilters | None = None,
    page_size: int = PAGE_SIZE,
) -> ChannelsPage:
    """Return one page of a node's channels. Four queries at most, five when the page lies beyond the last one.

    An unknown `sort` is read as capacity. Raises as `identify`.
    """
    wanted, sort, page = filters or ChannelFilters(), sort if sort in SORTS else "capacity", max(1, page)
    snapshot, node = locate(pubkey, network=network)
    seen = visible_connection(node, user=user)
    names: dict[str, Any] = {
        "node": node.pk,
        "connection": seen.pk if seen else None,
        "since": snapshot.live_since,
        "until": snapshot.live_until,
        "word": wanted.search.replace("\x00", "").strip().lower().encode(errors="replace").decode(),
        "only_live": wanted.only_live,
        "limit": page_size,
        "offset": (page - 1) * page_size,
    }
    lines, total = _lines(sort, names, is_descending=is_descending)
    if not lines and page > 1:  # the window that counts rows is empty beyond the last page
        lines, total = _lines(sort, {**names, "offset": 0}, is_descending=is_descending)
        page = 1
    return ChannelsPage(lines, total, page, page_size, sort, is_descending)


def _lines(sort: str, names: dict[str, Any], *, is_descending: bool) -> tuple[tuple[ChannelLine, ...], int]:
    order = f"{SORTS[sort]} {'DESC' if is_descending else 'ASC'} NULLS LAST, channel.scid"
    with connection.cursor() as cursor:
        cursor.execute(f"{LINES} ORDER BY {order} LIMIT %(limit)s OFFSET %(offset)s", names)
        rows = cursor.fetchall()
    return tuple(ChannelLine(*row[:-1]) for row in rows), rows[0][-1] if rows else 0
