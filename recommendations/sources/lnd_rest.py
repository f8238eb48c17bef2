"""Read one LND node over REST with a read-only macaroon and return facts. Never writes to the node."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime

from recommendations.domain.graph_records import ChannelRecord, GraphRecords
from recommendations.domain.readings import (
    Ability,
    ChannelReading,
    ClosedReading,
    ClosingReading,
    CostReading,
    Endpoint,
    FailureReading,
    HistoryPage,
    Implementation,
    NodeReading,
)
from recommendations.domain.source_errors import SourceLacks, SourceRefused
from recommendations.domain.units import channel_id_from_scid
from recommendations.sources import abilities, lnd_abilities, lnd_books, lnd_closed, lnd_history, lnd_stream
from recommendations.sources import lnd_shapes as shapes
from recommendations.sources.http import Caller
from recommendations.sources.ids import alias_of, key_of, lnd_channels, lnd_graph, require_same, scid_of
from recommendations.sources.lnd import Edge
from recommendations.sources.lnd_channels import channel_readings

EDGES_AT_ONCE = 4
CONFIRM_IN_BLOCKS = 6  # what the estimate of the on-chain fee is asked for
WEIGHT_PER_VBYTE = 4


class LndSource:
    """One LND node. Policies of announced channels come in one call; each unannounced channel takes one more."""

    def __init__(self, caller: Caller, *, endpoint: Endpoint, now: Callable[[], datetime], page_size: int) -> None:
        self._caller = caller
        self._endpoint = endpoint
        self._now = now
        self._page_size = page_size

    async def node(self) -> NodeReading:
        """Return who answers.

        :raises SourceMismatch: when it is not the node that was connected.
        """
        info = await self._caller.get("/v1/getinfo", shapes.Info)
        pubkey = key_of(info.identity_pubkey, record="/v1/getinfo", field="identity_pubkey")
        require_same(pubkey, self._endpoint)
        return NodeReading(
            pubkey=pubkey,
            alias=alias_of(info.alias),
            implementation=Implementation.LND,
            version=alias_of(info.version)[:80],
            block_height=info.block_height,
            is_synced_to_chain=info.synced_to_chain,
            is_synced_to_graph=info.synced_to_graph,
            as_of=self._now(),
        )

    async def abilities(self) -> tuple[Ability, ...]:
        """Try what reading needs, one call each."""
        return await abilities.tried(lnd_abilities.wanted(self._caller, node=self.node), kind=Implementation.LND)

    async def channels(self) -> tuple[ChannelReading, ...]:
        """Return every open channel, the unannounced too."""
        own = (await self.node()).pubkey
        listed = await self._caller.get("/v1/channels", shapes.Channels, query={"peer_alias_lookup": "true"})
        found = listed.channels
        edges = await self._edges(found, own=own)
        return channel_readings(found, edges=edges, own=own, record="/v1/channels")

    async def closed(self) -> tuple[ClosedReading, ...]:
        """Return the channels that are no more."""
        return await lnd_closed.closed(self._caller)

    async def closing(self) -> tuple[ClosingReading, ...]:
        """Return the channels that are being closed."""
        return await lnd_closed.closing(self._caller)

    def history(self, cursor: Mapping[str, int | str], *, since: datetime) -> AsyncIterator[HistoryPage]:
        """Yield what was forwarded after `cursor`, oldest first. Failures are not kept by LND: see `failures`."""
        return lnd_history.pages(self._caller, cursor, since=since, size=self._page_size)

    def failures(self) -> AsyncIterator[FailureReading]:
        """Yield each failed forward as it happens, without an end. What happens while nobody listens is lost."""
        return lnd_stream.failures(self._caller)

    async def costs(self, *, since: datetime) -> tuple[CostReading, ...] | None:
        """Return what openings, closings and rebalances cost; None where the macaroon does not allow to see it."""
        try:
            return await lnd_books.costs(self._caller, own=(await self.node()).pubkey, since=since)
        except SourceRefused:
            return None

    async def graph(self) -> GraphRecords:
        """Return the public graph as the node sees it."""
        graph = await self._caller.large("GET", "/v1/graph", shapes.Graph)
        return lnd_graph(graph.nodes, graph.edges, record="/v1/graph")

    async def onchain_fee_sat_vb(self) -> float | None:
        """Return the estimate for six blocks; None where the node was built without a wallet's estimate."""
        try:
            estimate = await self._caller.get(f"/v2/wallet/estimatefee/{CONFIRM_IN_BLOCKS}", shapes.FeeEstimate)
        except SourceRefused:
            return None
        return estimate.sat_per_kw * WEIGHT_PER_VBYTE / 1000 or None

    async def _edges(self, channels: Sequence[shapes.Channel], *, own: str) -> dict[str, ChannelRecord]:
        """Return both policies of each channel, by scid; of those that the graph does not know, nothing."""
        path = f"/v1/graph/node/{own}"
        try:
            announced = await self._caller.get(path, shapes.NodeChannels, query={"include_channels": "true"})
        except SourceLacks:  # a node without an announced channel may not stand in the graph
            announced = shapes.NodeChannels([])
        known = {record.scid: record for record in lnd_channels(announced.channels, record=path)}
        scids = [scid_of(channel.number, record="/v1/channels", field="chan_id") for channel in channels]
        gate = asyncio.Semaphore(EDGES_AT_ONCE)
        asked = [self._edge(scid, gate=gate) for scid in scids if scid not in known]
        found = await asyncio.gather(*asked, return_exceptions=True)  # all end before the first failure is told
        for one in found:
            if isinstance(one, BaseException):
                raise one
            known |= {record.scid: record for record in one}
        return known

    async def _edge(self, scid: str, *, gate: asyncio.Semaphore) -> list[ChannelRecord]:
        path = f"/v1/graph/edge/{channel_id_from_scid(scid)}"
        async with gate:
            try:
                edge = await self._caller.get(path, Edge)
            except SourceLacks:
                return []
        return lnd_channels([edge], record=path)
