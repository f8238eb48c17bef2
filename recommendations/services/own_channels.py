"""What a connected node tells of its channels, as facts: of those the graph holds, and of those the graph lacks."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from recommendations.domain.facts import ChannelFacts, MarketFacts, PeerFacts, PrivateChannelFacts
from recommendations.domain.network import age_days, tip_after
from recommendations.domain.units import block_unless_alias
from recommendations.models import GraphSnapshot
from recommendations.queries.fact_rows import ChannelRow
from recommendations.queries.private_rows import Books, PrivateRow, told_policy
from recommendations.queries.unlisted import UnlistedRow

NO_MARKET = MarketFacts(0, None, None, None, None)
DAY = timedelta(days=1)


def matched(listed: Iterable[ChannelRow], told: Mapping[str, PrivateRow]) -> dict[str, PrivateRow]:
    """Return what the node tells of channels of the graph, by their id there: by this id, else by channel point."""
    rows = tuple(listed)
    found = {row.scid: told[row.scid] for row in rows if row.scid in told}
    if len(found) == len(told):
        return found
    by_point = {one.chan_point: one for scid, one in told.items() if scid not in found and one.chan_point}
    others = (row for row in rows if row.scid not in found and row.chan_point in by_point)
    return found | {row.scid: by_point[row.chan_point] for row in others}


def unlisted_channels(
    rows: Sequence[UnlistedRow], told: Mapping[str, PrivateRow], books: Books, *, snapshot: GraphSnapshot
) -> tuple[ChannelFacts, ...]:
    """Return the facts of channels that the graph lacks: what is public of the other side is unknown."""
    return tuple(_unlisted(row, told[row.scid], books, snapshot=snapshot) for row in rows if row.scid in told)


def private_channel(row: PrivateRow, books: Books) -> PrivateChannelFacts:
    """Return what only the operator knows of a channel."""
    return PrivateChannelFacts(
        local_sat=row.local_sat,
        remote_sat=row.remote_sat,
        is_active=row.is_active,
        is_initiator=row.is_initiator,
        uptime_ratio=row.uptime_ratio,
        monitored_days=row.monitored_days,
        flow=books.flows.through(row.scid) if books.flows else None,
        measured_at=row.measured_at,
        failures=None if books.failures is None else books.failures.get(row.scid, books.no_failure),
        costs=None if books.costs is None else books.costs.get(row.scid, books.no_cost),
    )


def _unlisted(row: UnlistedRow, mine: PrivateRow, books: Books, *, snapshot: GraphSnapshot) -> ChannelFacts:
    own = None
    if mine.own_policy is not None:
        own = told_policy(mine.own_policy, changed_at=mine.policy_changed_at, announced=None)
    return ChannelFacts(
        scid=row.scid,
        chan_point=row.chan_point or None,
        capacity_sat=row.capacity_sat,
        peer=PeerFacts(row.peer_pubkey, row.peer_alias, None, None, None, None, None),
        own_policy=own,
        peer_policy=None,  # what it asks of us is told to nobody else: no market, and no route of others, knows it
        age_days=age_days(block_unless_alias(row.scid), tip=_tip(snapshot, mine)),
        is_live=True,
        market=NO_MARKET,
        private=private_channel(mine, books),
        is_policy_from_node=own is not None,
        is_announced=False,
        awaits_graph=row.awaits_graph,
    )


def _tip(snapshot: GraphSnapshot, mine: PrivateRow) -> int | None:
    """Return about how high the chain stood when the node was read: its channels may be newer than the graph."""
    return tip_after(snapshot.tip_block, days=(mine.measured_at - snapshot.as_of) / DAY)
