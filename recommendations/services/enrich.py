"""Ask optional services what they know of the nodes people look at, and keep it: no page ever waits for them.

A service that is switched off is never asked, so it learns nothing. One that is on learns which nodes are of interest
here, and the admin says so beside the switch.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from models_registry.services.borrow import borrowing
from recommendations.domain.enrichment import Checked, Service, Told, Value, stored
from recommendations.domain.source_errors import SourceBroken, SourceError
from recommendations.metrics import NODE_UPDATES
from recommendations.models import Enrichment, OutsideReading
from recommendations.queries.enrichment import fresh_keys
from recommendations.services.enrichment_calls import OutsideLine, Sleep, line_to
from recommendations.sources.enrichment_http import OutsideService, Part
from recommendations.sources.lnbits import LNbits
from recommendations.sources.mempool import Mempool
from recommendations.sources.sparkseer import Sparkseer

logger = logging.getLogger(__name__)
KEPT_FOR = timedelta(seconds=300)  # node_info of CA-01: an older reading is due again
RANKS_KEPT_FOR = timedelta(hours=12)  # one answer for all nodes, of megabytes, computed once a day
LONGEST_S = 120.0  # for one service: far below the queue's time-out; the rest is due next time
FORGOTTEN_AFTER = timedelta(days=30)  # a node that nobody looked at
CLIENTS: dict[Service, Callable[..., OutsideService]] = {
    Service.MEMPOOL: Mempool,
    Service.SPARKSEER: Sparkseer,
    Service.LNBITS: LNbits,
}


@dataclass(frozen=True, slots=True)
class Refreshed:
    """How many readings were kept, how many nodes a service does not know, and how many could not be asked for."""

    kept: int = 0
    unknown: int = 0
    failed: int = 0

    def __add__(self, other: "Refreshed") -> "Refreshed":
        return Refreshed(self.kept + other.kept, self.unknown + other.unknown, self.failed + other.failed)


async def refresh(
    pubkeys: Sequence[str],
    *,
    at: datetime,
    services: Sequence[Service] = tuple(Service),
    sleep: Sleep = asyncio.sleep,
) -> Refreshed:
    """Ask every service that is on for these nodes, where its reading is due; return what came of it.

    One that fails does not keep the others from being asked.
    """
    total = Refreshed()
    for slug in services:
        try:
            async with line_to(slug, sleep=sleep) as line:
                total += await _refreshed(line, pubkeys, at=at) if line else Refreshed()
        except SourceError as exc:
            logger.info("recommendations.enrichment.failed", extra={"service": slug, "code": exc.code})
            total += Refreshed(failed=1)
    return total


async def check(slug: Service, *, pubkey: str = "", at: datetime, sleep: Sleep = asyncio.sleep) -> tuple[Checked, ...]:
    """Ask a service, switched on or not, for each thing it can tell, and return what it told or what is missing."""
    try:
        async with line_to(slug, is_off_too=True, sleep=sleep) as line:
            if line is None:
                return ()
            parts = CLIENTS[slug](line.web, line.service, at=at).parts(pubkey)
            return tuple([await _checked(line, part) for part in parts])
    except SourceError as exc:
        return (Checked("key", "it opens the service", is_there=False, is_needed=True, words=str(exc)),)


def forget_old(*, at: datetime) -> int:
    """Remove readings of nodes that nobody looked at for long; return how many."""
    return OutsideReading.objects.filter(read_at__lt=at - FORGOTTEN_AFTER).delete()[0]


async def _checked(line: OutsideLine, part: Part) -> Checked:
    try:
        words, is_there = part.words(await line.ask(part.ask, *part.given)), True
    except SourceError as exc:
        words, is_there = str(exc), False
    return Checked(part.name, part.why, is_there=is_there, is_needed=part.is_needed, words=words)


async def _refreshed(line: OutsideLine, pubkeys: Sequence[str], *, at: datetime) -> Refreshed:
    match line.service.slug:
        case Service.LNBITS:
            return await _wallet(line, at=at)
        case Service.SPARKSEER if not line.service.key:
            return await _ranks(line, pubkeys, at=at)
        case Service.SPARKSEER:
            return await _nodes(line, Sparkseer(line.web, line.service, at=at), pubkeys, at=at)
        case Service.MEMPOOL:
            return await _nodes(line, Mempool(line.web, line.service, at=at), pubkeys, at=at)


async def _nodes(line: OutsideLine, teller: Mempool | Sparkseer, pubkeys: Sequence[str], *, at: datetime) -> Refreshed:
    """Ask for one node after the other. What cannot be read of one says nothing of the next; silence does."""
    slug = line.service.slug
    fresh = await borrowing(fresh_keys, slug, pubkeys, since=at - KEPT_FOR)
    total, began_s = Refreshed(), time.monotonic()
    for pubkey in (key for key in pubkeys if key not in fresh):
        if time.monotonic() - began_s > LONGEST_S:
            break
        try:
            told = await line.ask(teller.node, pubkey)
        except SourceBroken:
            total += Refreshed(failed=1)
            continue
        await borrowing(_keep_node, slug, pubkey, told, at=at)
        total += Refreshed(kept=1) if told else Refreshed(unknown=1)
    return total


async def _ranks(line: OutsideLine, pubkeys: Sequence[str], *, at: datetime) -> Refreshed:
    """Ask once for the ranks of all nodes, which needs no key."""
    slug = line.service.slug
    fresh = await borrowing(fresh_keys, slug, pubkeys, since=at - RANKS_KEPT_FOR)
    due = [key for key in pubkeys if key not in fresh]
    if not due:
        return Refreshed()
    ranks = await line.ask(Sparkseer(line.web, line.service, at=at).centralities)
    for pubkey in due:
        await borrowing(_keep_node, slug, pubkey, ranks.get(pubkey), at=at)
    known = sum(pubkey in ranks for pubkey in due)
    return Refreshed(kept=known, unknown=len(due) - known)


async def _wallet(line: OutsideLine, *, at: datetime) -> Refreshed:
    slug = line.service.slug
    if await borrowing(fresh_keys, slug, ("",), since=at - KEPT_FOR):
        return Refreshed()
    wallet = await line.ask(LNbits(line.web, line.service, at=at).wallet)
    said: dict[str, Value] = {"name": wallet.name, "balance_msat": wallet.balance_msat}
    await borrowing(_keep, slug, "", said, as_of=wallet.as_of, at=at)
    return Refreshed(kept=1)


def _keep_node(slug: Service, pubkey: str, told: Told | None, *, at: datetime) -> None:
    """Keep what was said of a node, that nothing is known of it too: then it is not asked for again at once."""
    _keep(slug, pubkey, stored(told.values) if told else {}, as_of=told.as_of if told else at, at=at)
    if told:
        NODE_UPDATES.labels(source=slug.value).inc()


def _keep(slug: Service, pubkey: str, said: Mapping[str, Value], *, as_of: datetime, at: datetime) -> None:
    OutsideReading.objects.update_or_create(
        enrichment=Enrichment.objects.get(slug=slug),
        pubkey=pubkey,
        defaults={"told": dict(said), "as_of": as_of, "read_at": at},
    )
