"""Read one Core Lightning node over REST with a read-only rune and return facts. Never writes to the node."""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime

from recommendations.domain.graph_records import GraphRecords
from recommendations.domain.readings import (
    Ability,
    ChannelReading,
    ClosedReading,
    ClosingReading,
    CostReading,
    Endpoint,
    HistoryPage,
    Implementation,
    NodeReading,
)
from recommendations.domain.source_errors import SourceRefused
from recommendations.sources import abilities, cln_abilities, cln_books, cln_channels, cln_history
from recommendations.sources import cln_shapes as shapes
from recommendations.sources.http import Caller
from recommendations.sources.ids import alias_of, cln_graph, key_of, require_same

CONFIRM_IN_BLOCKS = 6  # what the estimate of the on-chain fee is asked for


class ClnSource:
    """One Core Lightning node, 24.02 or newer."""

    def __init__(self, caller: Caller, *, endpoint: Endpoint, now: Callable[[], datetime], page_size: int) -> None:
        self._caller = caller
        self._endpoint = endpoint
        self._now = now
        self._page_size = page_size

    async def node(self) -> NodeReading:
        """Return who answers.

        :raises SourceMismatch: when it is not the node that was connected.
        """
        info = await self._caller.post("/v1/getinfo", {}, shapes.Info)
        pubkey = key_of(info.id, record="getinfo", field="id")
        require_same(pubkey, self._endpoint)
        is_behind = info.warning_bitcoind_sync is not None or info.warning_lightningd_sync is not None
        return NodeReading(
            pubkey=pubkey,
            alias=alias_of(info.alias),
            implementation=Implementation.CLN,
            version=alias_of(info.version)[:80],
            block_height=info.blockheight,
            is_synced_to_chain=not is_behind,
            is_synced_to_graph=None,  # it does not say
            as_of=self._now(),
        )

    async def abilities(self) -> tuple[Ability, ...]:
        """Try what reading needs, one call each."""
        return await abilities.tried(cln_abilities.wanted(self._caller, node=self.node), kind=Implementation.CLN)

    async def channels(self) -> tuple[ChannelReading, ...]:
        """Return every open channel, the unannounced too."""
        return await cln_channels.channels(self._caller, own=(await self.node()).pubkey)

    async def closed(self) -> tuple[ClosedReading, ...]:
        """Return the channels that are no more; those that never got a channel id were none."""
        listed = await self._caller.post("/v1/listclosedchannels", {}, shapes.ClosedChannels)
        return cln_channels.closed_readings(listed.closedchannels, record="listclosedchannels")

    async def closing(self) -> tuple[ClosingReading, ...]:
        """Return the channels that are being closed."""
        listed = await self._caller.post("/v1/listpeerchannels", {}, shapes.PeerChannels)
        return cln_channels.closing_readings(listed.channels, record="listpeerchannels")

    def history(self, cursor: Mapping[str, int | str], *, since: datetime) -> AsyncIterator[HistoryPage]:
        """Yield what was forwarded, or failed to be, after `cursor`."""
        return cln_history.pages(self._caller, cursor, since=since, size=self._page_size)

    async def costs(self, *, since: datetime) -> tuple[CostReading, ...] | None:
        """Return what openings, closings and rebalances cost; None where the bookkeeper is off or not allowed."""
        try:
            return await cln_books.costs(self._caller, since=since)
        except SourceRefused:
            return None

    async def graph(self) -> GraphRecords:
        """Return the public graph as the node sees it."""
        nodes = await self._caller.large("POST", "/v1/listnodes", shapes.Nodes, body={})
        rows = await self._caller.large("POST", "/v1/listchannels", shapes.Rows, body={})
        return cln_graph(nodes.nodes, [row for row in rows.channels if row.public], record="listchannels")

    async def onchain_fee_sat_vb(self) -> float | None:
        """Return the estimate for six blocks, or for openings; None where there is none."""
        try:
            answer = await self._caller.post("/v1/feerates", {"style": "perkb"}, shapes.Feerates)
        except SourceRefused:
            return None
        near = [one for one in answer.perkb.estimates or [] if one.blockcount <= CONFIRM_IN_BLOCKS]
        per_kb = max(near, key=lambda one: one.blockcount).feerate if near else answer.perkb.opening
        return per_kb / 1000 if per_kb else None
