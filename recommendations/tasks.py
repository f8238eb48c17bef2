"""Jobs of this floor, named by dotted string. Each may be delivered twice, and then does nothing twice."""

import logging
from dataclasses import asdict
from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.utils import timezone

from recommendations.queries.enrichment import nodes_of_interest
from recommendations.services import bulk, enrich, sample_fees, shadow_advice, uploads, warm
from recommendations.services import sync_node as reading
from recommendations.services.expire import expire_unapplied
from recommendations.services.leave_channels import leave_channels
from recommendations.services.measure_betweenness import measure_betweenness
from recommendations.services.prune_graph import prune_graphs
from recommendations.services.send_alerts import recipients, send_due
from recommendations.services.sync_steps import Stage
from recommendations.services.watch import watch, watched_connections

logger = logging.getLogger(__name__)


def leave_large_nodes(*, snapshot_id: int, **_future: Any) -> int:
    """Leave the channels of one snapshot's largest nodes ready for their readers; return of how many nodes."""
    return leave_channels(snapshot_id)


def compute_betweenness(*, snapshot_id: int, **_future: Any) -> int:
    """Compute every node's betweenness in one snapshot; return how many nodes got one."""
    return measure_betweenness(snapshot_id)


def import_uploaded_graph(*, upload_id: int, **_future: Any) -> None:
    """Import a graph file that was handed in on the page."""
    try:
        uploads.import_upload(upload_id, at=timezone.now())
    except Exception:
        logger.exception("Unable to import an uploaded graph", extra={"upload_id": upload_id})
        uploads.give_up(upload_id, at=timezone.now())
        raise


def warm_popular_nodes(*, limit: int = 100, **_future: Any) -> dict[str, Any]:
    """Put the advice for the most viewed nodes into words before they are asked for."""
    pubkeys = warm.popular_nodes(limit=limit)
    report = async_to_sync(warm.warm_popular_nodes)(pubkeys, at=timezone.now())
    return asdict(report)


def expire_recommendations(**_future: Any) -> int:
    """Let advice that nobody acted on expire; return how many."""
    return expire_unapplied(at=timezone.now())


def watch_nodes(**_future: Any) -> int:
    """Look at every connected node for what its operator should hear of; return how many could be looked at."""
    return sum(_looked(key) for key in watched_connections())


def send_alerts(**_future: Any) -> int:
    """Send the alerts that are due by webhook and e-mail; return how many arrived."""
    return sum(_sent(key) for key in recipients())


def _looked(connection_id: int) -> bool:
    try:
        watch(connection_id, at=timezone.now())
    except Exception:  # one node's rows must not keep the others from being watched
        logger.exception("Unable to watch a node", extra={"connection_id": connection_id})
        return False
    return True


def _sent(recipient: int) -> int:
    try:
        return send_due(recipient, at=timezone.now()).sent
    except Exception:  # nor one user's choice the others from being told
        logger.exception("Unable to send alerts", extra={"recipient": recipient})
        return 0


def sync_nodes(**_future: Any) -> int:
    """Queue a reading of every connected node that is due; return of how many."""
    return reading.ask_for_due(at=timezone.now())


def sync_node(*, connection_id: int, stage: str = "channels", **_future: Any) -> None:
    """Read a connected node for a while, and queue the rest when there is more to read."""
    try:
        rest = reading.run_slice(connection_id, at=timezone.now(), stage=Stage(stage))
    except Exception:
        logger.exception("Unable to read a connected node", extra={"connection": connection_id})
        reading.give_up(connection_id, at=timezone.now())
        raise
    if rest is not None:
        reading.enqueue(connection_id, stage=rest)


def prune_graph_history(**_future: Any) -> int:
    """Remove what no network keeps any longer; what one slice leaves goes with the next run. Return how many rows."""
    return prune_graphs(at=timezone.now())[0]


def sample_onchain_fees(**_future: Any) -> bool:
    """Keep what a transaction costs now, where mempool is on, and forget what is too old to matter."""
    sample_fees.forget_old(at=timezone.now())
    return async_to_sync(sample_fees.sample)(at=timezone.now())


def refresh_outside_facts(*, limit: int = 30, **_future: Any) -> dict[str, int]:
    """Ask the optional services that are on for connected and viewed nodes; what they say is kept."""
    now = timezone.now()
    enrich.forget_old(at=now)
    report = async_to_sync(enrich.refresh)(nodes_of_interest(at=now, limit=limit), at=now)
    return {"kept": report.kept, "unknown": report.unknown, "failed": report.failed}


def advise_all_nodes(*, run_id: str, **_future: Any) -> None:
    """Advise on every node of a snapshot for a while, and queue the rest when there is more."""
    try:
        is_unfinished = bulk.run_slice(UUID(run_id))
    except Exception:
        logger.exception("Unable to advise on every node", extra={"run": run_id})
        bulk.give_up(UUID(run_id), at=timezone.now())
        raise
    if is_unfinished:
        bulk.enqueue_next(UUID(run_id))


def run_shadows(**_future: Any) -> int:
    """Ask again in the shadow what waits, while nobody else needs a model; return how many turns."""
    return shadow_advice.run_waiting(at=timezone.now())
