"""The channels of a node as a table, a page at a time, and the channels of a whole snapshot."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from recommendations.domain.channel_table import SORTS, ChannelLine, by_peer, ordered
from recommendations.domain.facts import ChannelBounds
from recommendations.domain.network import age_days
from recommendations.domain.profit import Profit, Totals, in_sum, profit_of
from recommendations.domain.units import block_of
from recommendations.models import Channel, GraphSnapshot, Network, NodeConnection
from recommendations.queries.networks import onchain_of
from recommendations.queries.nodes import Viewer, locate, visible_connection
from recommendations.queries.private_rows import books

PAGE_SIZE = 50
Profits = Callable[[str, int, bool | None], Profit | None]  # channel, capacity in sat, whether we opened it
LIVE = """(own.updated_at BETWEEN %(since)s AND %(until)s OR theirs.updated_at BETWEEN %(since)s AND %(until)s)"""
LINES = f"""
SELECT channel.scid, channel.chan_point, channel.capacity_sat, peer.pubkey, peer.alias, own.fee_ppm, own.base_fee_msat,
  own.is_disabled, theirs.fee_ppm, theirs.base_fee_msat, theirs.is_disabled,
  greatest(own.updated_at, theirs.updated_at), coalesce({LIVE}, false), private.local_sat, private.remote_sat,
  private.id IS NOT NULL, private.is_initiator, bound.min_fee_ppm, bound.max_fee_ppm,
  coalesce(bound.is_hands_off, false)
FROM recommendations_channel channel
JOIN recommendations_node peer
  ON peer.id = CASE WHEN channel.node1_id = %(node)s THEN channel.node2_id ELSE channel.node1_id END
LEFT JOIN recommendations_policy own ON own.channel_id = channel.id AND own.until_snapshot_id IS NULL
  AND own.direction = CASE WHEN channel.node1_id = %(node)s THEN 0 ELSE 1 END
LEFT JOIN recommendations_policy theirs ON theirs.channel_id = channel.id AND theirs.until_snapshot_id IS NULL
  AND theirs.direction = CASE WHEN channel.node1_id = %(node)s THEN 1 ELSE 0 END
LEFT JOIN recommendations_privatechannel private
  ON private.connection_id = %(connection)s AND private.scid = channel.scid
LEFT JOIN recommendations_channellimit bound
  ON bound.owner_id = %(owner)s AND bound.node_id = %(node)s AND bound.scid = channel.scid
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
    by_peer: bool = False  # one line for each peer


@dataclass(frozen=True, slots=True)
class ChannelsPage:
    """One page of a node's channels, how many there are in all, and what all that fit the filter earned."""

    lines: tuple[ChannelLine, ...]
    total: int
    page: int
    page_size: int
    sort: str
    is_descending: bool
    totals: Totals | None = None

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
    at: datetime | None = None,
) -> ChannelsPage:
    """Return one page of a node's channels. Eight queries at most; a page beyond the end is the first.

    An unknown `sort` is read as capacity. Raises as `identify`.

    :param at: the moment whose on-chain fees are meant; None leaves on-chain costs unknown.
    """
    wanted, sort = filters or ChannelFilters(), sort if sort in SORTS else "capacity"
    snapshot, node = locate(pubkey, network=network)
    seen = visible_connection(node, user=user)
    profits = _profits(seen, snapshot, at=at) if seen else None
    lines = _lines(snapshot, node.pk, wanted, seen=seen, user=user, profits=profits)
    totals = in_sum(line.profit for line in lines if line.profit is not None)
    shown = ordered(by_peer(lines) if wanted.by_peer else lines, sort=sort, is_descending=is_descending)
    page = page if 0 < page <= -(-len(shown) // page_size) else 1
    part = tuple(shown[(page - 1) * page_size : page * page_size])
    return ChannelsPage(part, len(shown), page, page_size, sort, is_descending, totals)


def _profits(seen: NodeConnection, snapshot: GraphSnapshot, *, at: datetime | None) -> Profits:
    """Return how to reckon a channel's result. Four queries at most."""
    told = books(seen, measured_at=seen.measured_at or at or snapshot.as_of)
    sat_vb = onchain_of(snapshot, at=at, connection_id=seen.pk).sat_vb

    def profit(scid: str, capacity_sat: int, is_initiator: bool | None) -> Profit | None:
        return profit_of(
            told.flows.through(scid) if told.flows else None,
            None if told.costs is None else told.costs.get(scid, told.no_cost),
            capacity_sat=capacity_sat,
            is_initiator=is_initiator,
            age_days=age_days(block_of(scid), tip=snapshot.tip_block),
            sat_vb=sat_vb,
        )

    return profit


def _lines(
    snapshot: GraphSnapshot,
    node_id: int,
    wanted: ChannelFilters,
    *,
    seen: NodeConnection | None,
    user: Viewer,
    profits: Profits | None,
) -> list[ChannelLine]:
    names: dict[str, Any] = {
        "node": node_id,
        "connection": seen.pk if seen else None,
        "owner": None if user is None else user.pk,
        "since": snapshot.live_since,
        "until": snapshot.live_until,
        "word": wanted.search.replace("\x00", "").strip().lower().encode(errors="replace").decode(),
        "only_live": wanted.only_live,
    }
    with connection.cursor() as cursor:
        cursor.execute(LINES, names)
        return [_line(row, profits) for row in cursor.fetchall()]


def _line(row: tuple[Any, ...], profits: Profits | None) -> ChannelLine:
    is_ours, is_initiator, low, high, is_hands_off = row[-5:]
    profit = profits(row[0], row[2], is_initiator) if profits is not None and is_ours else None
    values: tuple[Any, ...] = (*row[:-5], ChannelBounds(low, high, is_hands_off), profit)
    return ChannelLine(*values)
