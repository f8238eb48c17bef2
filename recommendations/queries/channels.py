"""The channels of a node as a table, a page at a time, and the channels of a whole snapshot."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from recommendations.domain.channel_table import SORTS, ChannelLine, by_peer, ordered
from recommendations.domain.facts import UNBOUNDED, ChannelBounds
from recommendations.domain.network import age_days
from recommendations.domain.profit import Profit, Totals, in_sum, profit_of
from recommendations.domain.units import block_of
from recommendations.models import Channel, ChannelLimit, GraphSnapshot, Network, NodeConnection
from recommendations.queries.networks import onchain_of
from recommendations.queries.nodes import Viewer, locate, visible_connection
from recommendations.queries.private_rows import books, told_policy
from recommendations.queries.unlisted import UnlistedRow, unlisted_rows

PAGE_SIZE = 50
Profits = Callable[[str, int, bool | None], Profit | None]  # channel, capacity in sat, whether we opened it
LIVE = """(own.updated_at BETWEEN %(since)s AND %(until)s OR theirs.updated_at BETWEEN %(since)s AND %(until)s)"""
LINES = f"""
SELECT channel.scid, channel.chan_point, channel.capacity_sat, peer.pubkey, peer.alias, own.fee_ppm, own.base_fee_msat,
  own.is_disabled, theirs.fee_ppm, theirs.base_fee_msat, theirs.is_disabled,
  greatest(own.updated_at, theirs.updated_at), coalesce({LIVE}, false),
  coalesce(private.local_sat, pointed.local_sat), coalesce(private.remote_sat, pointed.remote_sat),
  coalesce(private.scid, pointed.scid), coalesce(private.is_initiator, pointed.is_initiator), bound.min_fee_ppm,
  bound.max_fee_ppm, coalesce(bound.is_hands_off, false)
FROM recommendations_channel channel
JOIN recommendations_node peer
  ON peer.id = CASE WHEN channel.node1_id = %(node)s THEN channel.node2_id ELSE channel.node1_id END
LEFT JOIN recommendations_policy own ON own.channel_id = channel.id AND own.until_snapshot_id IS NULL
  AND own.direction = CASE WHEN channel.node1_id = %(node)s THEN 0 ELSE 1 END
LEFT JOIN recommendations_policy theirs ON theirs.channel_id = channel.id AND theirs.until_snapshot_id IS NULL
  AND theirs.direction = CASE WHEN channel.node1_id = %(node)s THEN 1 ELSE 0 END
LEFT JOIN recommendations_privatechannel private
  ON private.connection_id = %(connection)s AND private.scid = channel.scid
LEFT JOIN recommendations_privatechannel pointed ON private.id IS NULL AND pointed.connection_id = %(connection)s
  AND pointed.chan_point = channel.chan_point AND pointed.chan_point <> ''
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
    """Return one page of a node's channels. Ten queries at most; a page beyond the end is the first.

    An unknown `sort` is read as capacity. Raises as `identify`.

    :param at: the moment whose on-chain fees are meant; None leaves on-chain costs unknown.
    """
    wanted, sort = filters or ChannelFilters(), sort if sort in SORTS else "capacity"
    snapshot, node = locate(pubkey, network=network, user=user)
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
        listed = [_line(row, profits) for row in cursor.fetchall()]
    if seen is None:
        return listed
    return listed + _unlisted_lines(snapshot, seen, names["word"], user=user, profits=profits)


def _line(row: tuple[Any, ...], profits: Profits | None) -> ChannelLine:
    own_scid, is_initiator, low, high, is_hands_off = row[-5:]
    profit = profits(own_scid, row[2], is_initiator) if profits is not None and own_scid else None
    values: tuple[Any, ...] = (*row[:-5], ChannelBounds(low, high, is_hands_off), profit)
    return ChannelLine(*values)


def _unlisted_lines(
    snapshot: GraphSnapshot, seen: NodeConnection, word: str, *, user: Viewer, profits: Profits | None
) -> list[ChannelLine]:
    """Return the channels that the graph lacks. Two queries, or one where there are none."""
    rows = unlisted_rows(seen, snapshot=snapshot)
    found = [row for row in rows if _fits(row, word)]
    owner = None if user is None else user.pk
    kept = ChannelLimit.objects.filter(owner_id=owner, node=seen.node_id, scid__in=[row.scid for row in found])
    names = ("scid", "min_fee_ppm", "max_fee_ppm", "is_hands_off")
    bounds = {scid: ChannelBounds(*rest) for scid, *rest in kept.values_list(*names)} if found else {}
    return [
        replace(
            _unlisted_line(row),
            bounds=bounds.get(row.scid, UNBOUNDED),
            profit=profits(row.scid, row.capacity_sat, row.is_initiator) if profits else None,
        )
        for row in found
    ]


def _fits(row: UnlistedRow, word: str) -> bool:
    return not word or word in row.peer_alias.lower() or row.peer_pubkey.startswith(word) or row.scid.startswith(word)


def _unlisted_line(row: UnlistedRow) -> ChannelLine:
    own = None
    if row.own_policy is not None:
        own = told_policy(row.own_policy, changed_at=None, announced=None)
    return ChannelLine(
        scid=row.scid,
        chan_point=row.chan_point,
        capacity_sat=row.capacity_sat,
        peer_pubkey=row.peer_pubkey,
        peer_alias=row.peer_alias,
        own_fee_ppm=own.fee_ppm if own else None,
        own_base_fee_msat=own.base_fee_msat if own else None,
        own_is_disabled=own.is_disabled if own else None,
        peer_fee_ppm=None,
        peer_base_fee_msat=None,
        peer_is_disabled=None,
        updated_at=own.updated_at if own else None,
        is_live=True,
        local_sat=row.local_sat,
        remote_sat=row.remote_sat,
        is_announced=False,
        awaits_graph=row.awaits_graph,
    )
