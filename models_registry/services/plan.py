"""Decide, from rows alone, who may answer and with which knobs. Never asks a host; see health.py for that."""

from collections.abc import Sequence

from models_registry.domain.chat import Candidate, GenerationPlan, Knobs
from models_registry.domain.query_types import QueryType
from models_registry.domain.routing import Offer, Wish, can_speak, normalized, rank
from models_registry.models import LanguageModel, Strategy
from models_registry.services.rollouts import preview


def plan_generation(
    query_type: QueryType, *, purpose: str, unit: str, force_model: str | None = None
) -> GenerationPlan:
    """Return everything decided for one generation, with no candidate when no model can be asked.

    `force_model` names the only model allowed, for this call alone.
    """
    strategies = {row.query_type: row for row in Strategy.objects.filter(is_enabled=True)}
    strategy = strategies.get(query_type) or strategies.get(QueryType.DETAILED)
    wish = _wish(strategy) if strategy else Wish(models=(), num_ctx=Knobs().num_ctx)
    offers = _offers(force_model)
    ranking = rank(
        offers,
        wish=Wish(models=(force_model,), num_ctx=wish.num_ctx) if force_model else wish,
        all_wishes=[_wish(row) for row in strategies.values()],
    )
    choice = preview(unit, rollout=f"{purpose}-v2")
    return GenerationPlan(
        purpose=purpose,
        query_type=query_type.value,
        candidates=ranking.candidates,
        knobs=_knobs(strategy) if strategy else Knobs(),
        strategy=strategy.query_type if strategy else "default",
        rollout=choice.rollout,
        variant=choice.variant if choice.rollout else None,
        bucket=choice.bucket,
        reasons=ranking.reasons,
    )


def candidate_of(row: LanguageModel) -> Candidate:
    """Return one model as it is always asked, whatever the question."""
    wishes = [_wish(strategy) for strategy in Strategy.objects.filter(is_enabled=True)]
    return rank([_offer(row, obstacle="")], wish=Wish((), 0), all_wishes=wishes).candidates[0]


def _offers(force_model: str | None) -> Sequence[Offer]:
    """Return every model that speaks, with what stands in its way; embedding models are no news to anybody."""
    rows = LanguageModel.objects.select_related("provider").order_by("provider__priority", "tag")
    return [_offer(row, obstacle=_obstacle(row, force_model)) for row in rows if can_speak(row.tag, row.capabilities)]


def _offer(row: LanguageModel, *, obstacle: str) -> Offer:
    return Offer(
        endpoint=row.provider.endpoint(),
        tag=row.tag,
        digest=row.digest,
        capabilities=tuple(row.capabilities),
        size_bytes=row.size_bytes,
        context_length=row.context_length,
        host_priority=row.provider.priority,
        obstacle=obstacle,
    )


def _obstacle(row: LanguageModel, force_model: str | None) -> str:
    if force_model is not None and normalized(row.tag) != normalized(force_model):
        return f"only {force_model} was asked for"
    if not row.provider.is_enabled:
        return "its host is switched off"
    if row.provider.is_healthy is False:
        return f"its host does not answer ({row.provider.health_note or 'no reason known'})"
    if not row.is_installed:
        return "not installed"
    return "" if row.is_enabled else "switched off"


def _wish(row: Strategy) -> Wish:
    return Wish(models=tuple(row.models_in_order), num_ctx=row.num_ctx)


def _knobs(row: Strategy) -> Knobs:
    return Knobs(
        temperature=row.temperature,
        top_p=row.top_p,
        top_k=row.top_k,
        repeat_penalty=row.repeat_penalty,
        num_ctx=row.num_ctx,
        max_tokens=row.max_tokens,
    )
