"""Jobs of this floor, named by dotted string. Each may be delivered twice, and then does nothing twice."""

import logging
from typing import Any

from asgiref.sync import async_to_sync
from django.utils import timezone

from recommendations.services import uploads, warm
from recommendations.services.expire import expire_unapplied
from recommendations.services.measure_betweenness import measure_betweenness

logger = logging.getLogger(__name__)


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
    return {"warmed": report.warmed, "already_warm": report.already_warm, "failed": report.failed}


def expire_recommendations(**_future: Any) -> int:
    """Let advice that nobody acted on expire; return how many."""
    return expire_unapplied(at=timezone.now())
