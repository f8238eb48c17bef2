"""Keep what transactions cost: a sample per source and ten minutes, for sixty days."""

import asyncio
import logging
from datetime import datetime, timedelta

from models_registry.services.borrow import borrowing
from recommendations.domain import onchain
from recommendations.domain.enrichment import Service
from recommendations.domain.source_errors import SourceError
from recommendations.models import NodeConnection, OnchainFee
from recommendations.queries.onchain import node_series
from recommendations.services.enrichment_calls import Sleep, line_to
from recommendations.sources.mempool import Mempool

logger = logging.getLogger(__name__)
LEAST_APART = timedelta(minutes=9)  # more would say nothing more: blocks come every ten; the clock may be early
KEPT_FOR = timedelta(days=60)


async def sample(*, at: datetime, sleep: Sleep = asyncio.sleep) -> bool:
    """Ask mempool what a transaction costs and keep it; return whether it was kept. Switched off, it is not asked."""
    try:
        async with line_to(Service.MEMPOOL, sleep=sleep) as line:
            rate = await line.ask(Mempool(line.web, line.service, at=at).fees) if line else None
    except SourceError as exc:  # then there is no sample: the latest one ages, and is unknown after two hours
        logger.info("recommendations.enrichment.failed", extra={"service": Service.MEMPOOL, "code": exc.code})
        return False
    return await borrowing(record, onchain.PUBLIC, rate, at=at)


def record(source: str, sat_vb: float | None, *, at: datetime) -> bool:
    """Keep one sample in sat/vB; return whether it was: not when unknown or absurd, nor twice in ten minutes."""
    if sat_vb is None or not onchain.is_credible(sat_vb):
        return False
    if OnchainFee.objects.filter(source=source, at__gt=at - LEAST_APART, at__lte=at).exists():
        return False
    OnchainFee.objects.bulk_create([OnchainFee(source=source, sat_vb=sat_vb, at=at)], ignore_conflicts=True)
    return True


def record_of_node(seen: NodeConnection, sat_vb: float | None, *, at: datetime) -> bool:
    """Keep a connected node's own estimate. Only those of administrators' nodes count for everybody.

    Anybody who signs in may connect a node, and a node may say what it likes.
    """
    is_trusted = seen.owner is not None and seen.owner.is_staff
    return record(onchain.OPERATOR if is_trusted else node_series(seen.pk), sat_vb, at=at)


def forget_old(*, at: datetime) -> int:
    """Remove samples that no percentile reaches any more; return how many."""
    return OnchainFee.objects.filter(at__lt=at - KEPT_FOR).delete()[0]
