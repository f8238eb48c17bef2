"""What the contract of all sources is tried with: one simulated node behind either server, read without patience."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from recommendations.domain.graph_records import PolicyRecord
from recommendations.domain.readings import HistoryPage
from recommendations.sources.base import NodeSource
from recommendations.sources.catalog import Manners, connect
from recommendations.sources.http import Limits, Patience
from tests.servers.cln import ClnServer
from tests.servers.lnd import LndServer
from tests.servers.simulated import NodeServer

AT = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
LONG_AGO = AT - timedelta(days=400)
SERVERS: Mapping[str, type[LndServer] | type[ClnServer]] = {"lnd": LndServer, "cln": ClnServer}


class Waits:
    """Sleeps that take no time and are remembered, in seconds."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


def manners(**changes: Any) -> Manners:
    """Return manners of a caller that waits for nothing."""
    limits = Limits(connect_s=2.0, read_s=0.3, call_s=2.0, graph_read_s=0.3, graph_call_s=2.0)
    patience = Patience(sleep=Waits(), rng=Random(1))
    return replace(Manners(limits=limits, patience=patience, now=lambda: AT), **changes)


def reading(server: NodeServer, *, pubkey: str = "", **changes: Any) -> AbstractAsyncContextManager[NodeSource]:
    """Return the source behind a server."""
    return connect(replace(server.endpoint, pubkey=pubkey), manners=manners(**changes))


async def whole_history(
    source: NodeSource, cursor: Mapping[str, int | str] | None = None, *, since: datetime = LONG_AGO
) -> list[HistoryPage]:
    """Return every page after a cursor."""
    return [page async for page in source.history(cursor or {}, since=since)]


def amounts_in_force(policy: PolicyRecord | None) -> tuple[int | None, ...] | None:
    """Return what a policy asks for, without the inbound fees and the moment, which not every source tells."""
    return policy and policy[:5]
