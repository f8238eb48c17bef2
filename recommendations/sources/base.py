"""What every node source can do, whichever implementation stands behind it."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Protocol, runtime_checkable

from recommendations.domain.graph_records import GraphRecords
from recommendations.domain.readings import (
    Ability,
    ChannelReading,
    ClosedReading,
    ClosingReading,
    CostReading,
    FailureReading,
    HistoryPage,
    NodeReading,
)


class NodeSource(Protocol):
    """A connected node, read only. A call that cannot be done raises a `SourceError`; nothing is ever changed."""

    async def node(self) -> NodeReading:
        """Return who answers."""
        ...

    async def abilities(self) -> tuple[Ability, ...]:
        """Try what reading needs, one call each, and say what the credential does not allow."""
        ...

    async def channels(self) -> tuple[ChannelReading, ...]:
        """Return every open channel, the unannounced too, with both policies where the source tells them."""
        ...

    async def closed(self) -> tuple[ClosedReading, ...]:
        """Return the channels that are no more."""
        ...

    async def closing(self) -> tuple[ClosingReading, ...]:
        """Return the channels that are being closed: neither open nor closed."""
        ...

    def history(self, cursor: Mapping[str, int | str], *, since: datetime) -> AsyncIterator[HistoryPage]:
        """Yield what was forwarded after `cursor` ({}: from `since` on), a page at a time, oldest first."""
        ...

    async def costs(self, *, since: datetime) -> tuple[CostReading, ...] | None:
        """Return what openings, closings and rebalances cost; None where the source does not keep such books."""
        ...

    async def graph(self) -> GraphRecords:
        """Return the public graph as the node sees it."""
        ...

    async def onchain_fee_sat_vb(self) -> float | None:
        """Return what a transaction costs now by the node's own estimate; None where it gives none."""
        ...


@runtime_checkable
class FailureSource(Protocol):
    """A node that tells of failed forwards only while somebody listens (LND). Others keep them in their history."""

    def failures(self) -> AsyncIterator[FailureReading]:
        """Yield each failed forward as it happens, without an end. What happens while nobody listens is lost.

        :raises SourceError: when the node goes away.
        """
        ...
