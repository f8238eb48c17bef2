"""Put the advice for the most viewed nodes into words before they are asked for, through the serving code itself."""

from dataclasses import dataclass
from datetime import datetime

from models_registry.services.health import ensure_fresh
from models_registry.services.plan import plan_generation
from recommendations.domain.advice import Engine
from recommendations.domain.errors import RecommendationsError
from recommendations.queries import most_viewed_nodes
from recommendations.services.collect import advise_now
from recommendations.services.prepare import PURPOSE, AdviceRequest

UNIT = "warmer"


@dataclass(frozen=True, slots=True)
class WarmReport:
    """How many nodes were warmed, found warm already, or failed. Without a model there is nothing to warm."""

    warmed: int = 0
    already_warm: int = 0
    failed: int = 0
    has_model: bool = True


async def warm_popular_nodes(pubkeys: tuple[str, ...], *, at: datetime) -> WarmReport:
    """Advise on each node as an unknown reader would be; one that fails does not stop the others."""
    warmed = already_warm = failed = 0
    for pubkey in pubkeys:
        try:
            advice = await advise_now(AdviceRequest(pubkey=pubkey, unit=UNIT, engine=Engine.V2), at=at)
        except RecommendationsError:
            failed += 1
            continue
        already_warm += advice.completed["cached"]
        warmed += not advice.completed["cached"] and not advice.completed["degraded"]
    return WarmReport(warmed, already_warm, failed)


def popular_nodes(*, limit: int = 100) -> tuple[str, ...]:
    """Return the keys of the most viewed nodes of the latest week; () when no model could put them into words."""
    ensure_fresh()
    request = AdviceRequest(pubkey="", unit=UNIT)
    if not plan_generation(request.query_type, purpose=PURPOSE, unit=UNIT).can_generate:
        return ()
    return tuple(node.pubkey for node in most_viewed_nodes(days=7, limit=limit))
