"""Read past decisions, and the policies they can be replayed against."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from models_registry.domain.options import Policy
from models_registry.models import Generation, RoutingPolicy
from models_registry.queries.planning import active_policy, policy_of

BATCH = 500  # decisions in memory at once; each may be 20 KB


def stored_decisions(*, since: datetime | None, limit: int) -> Iterator[Mapping[str, Any]]:
    """Yield the latest decisions that were made, the newest first."""
    rows = Generation.objects.exclude(decision={}).order_by("-created_at")
    if since is not None:
        rows = rows.filter(created_at__gte=since)
    yield from rows.values_list("decision", flat=True)[:limit].iterator(chunk_size=BATCH)


def policy_named(slug: str | None) -> Policy | None:
    """Return the policy of this name, the active one for no name, or None when there is none of that name."""
    if slug is None:
        return active_policy()
    row = RoutingPolicy.objects.filter(slug=slug).first()
    return policy_of(row) if row else None
