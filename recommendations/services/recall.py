"""Remember what a model said of a node, so that the same facts are not put into words twice (CA-03).

Only the wording is kept: numbers, commands and scores are computed anew by the rules on each request, so a hit never
shows a stale figure. Reader and writer share one key function; a change of anything in the key is a miss.
"""

import hashlib
import json
from dataclasses import asdict
from typing import Any

from models_registry.domain.chat import GenerationPlan
from models_registry.services.text_cache import keep_text, kept_text
from recommendations.domain.facts import NodeFacts
from recommendations.domain.recommendation import ScoredRecommendation
from recommendations.services.brief import Brief

TTL_S = 600


def cache_key(
    facts: NodeFacts,
    items: tuple[ScoredRecommendation, ...],
    plan: GenerationPlan,
    told: Brief,
    *,
    lang: str,
    route_epoch: int,
) -> str:
    """Return `recommendations_v2:{pubkey}:{analysis_type}:{hash}` over everything the wording depends on."""
    depends_on = {
        "lang": lang,
        "as_of": facts.as_of.isoformat(),
        "private": facts.private_source,
        "told": told.digest,
        "items": [(item.tracking_id, item.priority) for item in items],
        "prompt": told.prompt_revision_id,
        "voices": [(one.endpoint.slug, one.model, one.digest, one.num_ctx) for one in plan.candidates],
        "knobs": asdict(plan.knobs),
        "route": route_epoch,  # a route that went back and forth must not meet what was said in between
    }
    digest = hashlib.sha256(json.dumps(depends_on, sort_keys=True, default=str).encode()).hexdigest()[:32]
    return f"recommendations_v2:{facts.pubkey}:{plan.query_type}:{digest}"


def recall(key: str) -> dict[str, Any] | None:
    """Return what was said, or None."""
    text = kept_text(key)
    return None if text is None else json.loads(text)


def remember(key: str, said: dict[str, Any]) -> None:
    """Keep what was said for TTL_S; reading it later does not extend that."""
    keep_text(key, json.dumps(said), ttl_s=TTL_S)
