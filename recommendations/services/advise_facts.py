"""Advise on given facts without touching any node's rows: what a scenario, a trial or a program of one's own asks for.

The same path as a served turn, model included; only the generation is written to the ledger, as every one is.
"""

from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from time import monotonic
from typing import Any

from asgiref.sync import sync_to_async
from django.utils import timezone

from models_registry.domain.query_types import QueryType
from models_registry.domain.rollout import RolloutChoice
from models_registry.domain.variants import Engine as RolloutEngine
from models_registry.services import ledger
from models_registry.services.turns import Ticket
from recommendations.domain.advice import Engine
from recommendations.domain.facts import NodeFacts
from recommendations.domain.recommendation import ScoredRecommendation
from recommendations.domain.shapes import SHAPES
from recommendations.queries.nodes import NodeIdentity
from recommendations.services.prepare import AdviceRequest, Prepared, prepare_facts
from recommendations.services.recommend import tell
from recommendations.services.stances import Stance
from recommendations.services.store import Result
from recommendations.services.voice import Interrupted

NOBODY = "trial"  # whom the ledger counts when nobody is named


@dataclass(frozen=True, slots=True)
class Context:
    """How to advise. `engine` RULES asks no model; `at` None is now."""

    lang: str = "en"
    goal: str = "balanced"
    engine: Engine = Engine.V2
    unit: str = NOBODY
    max_results: int = 20
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One turn that was not stored, as values: for reports on quality."""

    prepared: Prepared
    result: Result

    @property
    def items(self) -> tuple[ScoredRecommendation, ...]:
        """What was shown, in rank order."""
        return tuple(sorted(self.result.shown, key=lambda item: item.rank_key))


async def generate_lightning_recommendations(
    node_metrics: NodeFacts, context: Context, query_type: QueryType, force_model: str | None = None
) -> dict[str, Any]:
    """Return recommendations, analysis, summary and metadata for these facts. `force_model` is for this call only."""
    begun = monotonic()
    told = await advise_facts(node_metrics, context, query_type, force_model=force_model)
    return {
        "recommendations": [item.to_payload() for item in told.items],
        "analysis": dict(told.result.analysis),
        "summary": told.result.summary,
        "metadata": _metadata(told, round((monotonic() - begun) * 1000)),
    }


async def advise_facts(
    facts: NodeFacts, context: Context, query_type: QueryType, *, force_model: str | None = None
) -> Told:
    """Return a finished turn on these facts; when a model breaks off, the rules answer alone."""
    request, at = _request(facts, context, query_type, force_model), context.at or timezone.now()
    try:
        return await _turn(facts, request, at=at)
    except Interrupted:
        return await _turn(facts, replace(request, include_ai=False), at=at)


async def _turn(facts: NodeFacts, request: AdviceRequest, *, at: datetime) -> Told:
    identity = NodeIdentity(0, 0, None, facts.pubkey, facts.network.slug)  # of no row
    prepared = await sync_to_async(prepare_facts)(facts, request, identity=identity, stance=Stance(), at=at)
    result = Result()
    try:
        async with aclosing(tell(prepared, result, Ticket())) as events:
            async for _event in events:
                pass
    finally:
        await sync_to_async(_record)(prepared, result)
    return Told(prepared, result)


def _record(prepared: Prepared, result: Result) -> None:
    for record in (*result.earlier, result.generation):
        if record is not None and prepared.plan is not None:
            ledger.write(record, prepared.plan)


def _request(facts: NodeFacts, context: Context, query_type: QueryType, force_model: str | None) -> AdviceRequest:
    return AdviceRequest(
        pubkey=facts.pubkey,
        unit=context.unit,
        query_type=query_type,
        goal=context.goal,
        engine=context.engine,
        lang=context.lang,
        max_results=min(context.max_results, SHAPES[query_type].most_shown),
        include_ai=context.engine is Engine.V2,
        use_cache=False,
        force_model=force_model,
        choice=RolloutChoice(RolloutEngine(context.engine), None, None, None),  # no rollout has a say, or is met
        is_held=True,
    )


def _metadata(told: Told, elapsed_ms: int) -> dict[str, Any]:
    result, plan = told.result, told.prepared.plan
    return {
        "model": result.model or None,
        "query_type": told.prepared.request.query_type.value,
        "generation_time_ms": elapsed_ms,
        "quality_score": result.quality_score,
        "quality_components": dict(result.quality_components),
        "response_length": sum(len(item.explanation) for item in told.items) + len(result.summary),
        "recommendations_count": len(told.items),
        "parameters": {} if plan is None else asdict(plan.knobs),
        "degraded": result.is_degraded,
    }
