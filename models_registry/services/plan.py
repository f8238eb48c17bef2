"""Decide, from rows alone, who may answer and with which knobs. Never asks a host; see health.py for that.

Costs one tiny statement while no row changed (registry.py); the rest is arithmetic on values in memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from models_registry.domain.breaker import BreakerState
from models_registry.domain.chat import Candidate, GenerationPlan, Knobs, ModelTier, estimated_tokens
from models_registry.domain.decisions import plain
from models_registry.domain.errors import ModelNotInstalled
from models_registry.domain.hearing import Heard, hear
from models_registry.domain.model_names import is_named_by, normalized
from models_registry.domain.options import Features, Naming, Option
from models_registry.domain.pricing import cost_usd, expected_tokens, is_free
from models_registry.domain.query_types import QueryType
from models_registry.domain.rollout import assign_all, bucket, merged
from models_registry.domain.routing import Decision, decide
from models_registry.domain.rules import Match, best_match
from models_registry.domain.variants import CHAT, NO_CHANGES, Changes
from models_registry.models import LanguageModel
from models_registry.queries.planning import LOCAL_KINDS, Listing, Manner, Road, Snapshot, candidate_of_row
from models_registry.services import registry

AUTO = "auto"
GATEWAY = "gateway"
EXPLORATION_SALT = "routing:exploration"
NO_ROAD = Road(kinds=LOCAL_KINDS)  # a purpose without a route stays in the house


@dataclass(frozen=True, slots=True)
class Asking:
    """One request to plan, with the rows as they are now."""

    known: Snapshot
    purpose: str
    unit: str
    user_tier: str
    knobs: Knobs
    features: Features
    at: datetime
    only: str | None = None  # the one model that is allowed

    @property
    def road(self) -> Road:
        """Return where this purpose may be answered; the gateway follows plain chat."""
        roads = self.known.roads
        return roads.get(self.purpose) or (roads.get(CHAT) if self.purpose == GATEWAY else None) or NO_ROAD


def plan_generation(
    query_type: QueryType | None,
    *,
    purpose: str,
    unit: str,
    force_model: str | None = None,
    user_tier: str | None = None,
    prompt: str = "",
    context: Mapping[str, object] | None = None,
    changes: Changes = NO_CHANGES,
    at: datetime | None = None,
) -> GenerationPlan:
    """Return everything decided for one generation, with no candidate when no model can be asked.

    `force_model` names the only model allowed, for this call alone. `prompt` is only listened to, never kept;
    `context` holds what the caller knows of the question (complexity.FLAGS); `changes` is what a rollout gives this
    unit instead of what the rows say. A query type of None: as the prompt sounds, where the policy listens to that.
    """
    known = registry.current()
    heard = hear(prompt, context=context)
    query_type = query_type or _kind(heard, known)
    strategy = known.strategies.get(query_type) or known.strategies.get(QueryType.DETAILED)
    name = query_type if query_type in known.strategies else QueryType.DETAILED
    knobs = replace(strategy.knobs if strategy else Knobs(), **dict(changes.knobs))
    tier = user_tier or tier_of(unit, known)
    features = _features(heard, query_type, purpose=purpose, tier=tier, unit=unit, knobs=knobs)
    asking = Asking(known, purpose, unit, tier, knobs, features, at or timezone.now(), only=force_model)
    wanted = _wanted(asking, strategy, changes)
    naming = Naming.REQUEST if force_model else Naming.STRATEGY
    asking = replace(asking, features=replace(features, wanted=wanted, usual=wanted, naming=naming))
    plan = _plan(asking, strategy=name.value if strategy else "default", query_type=query_type)
    absent = (f"{one}: not installed" for one in wanted if not _is_held(one, known.listings))
    return replace(plan, reasons=(*absent, *plan.reasons))


def plan_chat(
    model: str,
    *,
    heard: Heard,
    unit: str,
    user_tier: str | None,
    purpose: str = GATEWAY,
    max_tokens: int | None = None,
    temperature: float | None = None,
    deadline_s: float | None = None,
    at: datetime | None = None,
    known: Snapshot | None = None,
) -> GenerationPlan:
    """Return the plan for one chat answer by the model named, or by the best one for `auto`.

    A rollout of chats changes it for the units in its share; that they met it is written down when the turn is over.
    `heard` is what the user said last, as `hear` heard it. A short `deadline_s` prefers fast models.
    `known`: the rows, where the caller has just learned that they still hold.

    :raises ModelNotInstalled: when no host that is switched on holds a model of that name.
    """
    known = known or registry.current()
    only = None if model.strip().lower() == AUTO else _installed_name(model, known)
    match = None if only or not known.policy.is_routing else best_match(heard.folded, known.rules)
    is_simple = heard.complexity.score < known.policy.low_complexity
    tier = user_tier or tier_of(unit, known)
    met = assign_all(unit, known.rollouts_of(CHAT, names_model=only is not None), tier=tier)
    changes = merged(met)
    knobs = _chat_knobs(max_tokens, temperature, match.rule.max_tokens if match and is_simple else None, changes)
    query_type = _kind(heard, known)
    features = _features(heard, query_type, purpose=purpose, tier=tier, unit=unit, knobs=knobs)
    features = _with_names(features, match, known, only=only, deadline_s=deadline_s, tried=changes.named)
    asking = Asking(known, purpose, unit, tier, knobs, features, at or timezone.now(), only=only)
    plan = _plan(asking, strategy=match.rule.slug if match else purpose, query_type=query_type)
    return replace(plan, experiments=tuple(one.name for one in met)) if met else plan


def candidate_of(row: LanguageModel) -> Candidate:
    """Return one model as it is always asked, whatever the question."""
    return candidate_of_row(row, wishes=[one.wish for one in registry.current().strategies.values()])


def _plan(asking: Asking, *, strategy: str, query_type: QueryType) -> GenerationPlan:
    listings = asking.known.listings
    options = [_option(one, asking) for one in listings]
    decision = decide(options, features=asking.features, policy=asking.known.policy)
    return GenerationPlan(
        purpose=asking.purpose,
        query_type=query_type.value,
        candidates=tuple(_candidate(listings[at], options[at]) for at in decision.order),
        knobs=asking.knobs,
        strategy=strategy,
        reasons=_obstacles(options, decision),
        unit=asking.unit,
        user_tier=asking.user_tier,
        decision=plain(options, decision, features=asking.features, policy=asking.known.policy),
        is_streaming=asking.known.policy.is_streaming,
        most_at_once=asking.known.most_at_once.get(asking.user_tier),
    )


def _kind(heard: Heard, known: Snapshot) -> QueryType:
    return heard.query_type if known.policy.is_detecting else QueryType.DETAILED


def _obstacles(options: Sequence[Option], decision: Decision) -> tuple[str, ...]:
    """Return a sentence for each model that may not be asked at all."""
    asked = set(decision.order)
    return tuple(
        f"{option.model} on {option.host}: {decision.reasons[at]}"
        for at, option in enumerate(options)
        if at not in asked
    )


def _features(heard: Heard, query_type: QueryType, *, purpose: str, tier: str, unit: str, knobs: Knobs) -> Features:
    return Features(
        purpose=purpose,
        query_type=query_type.value,
        user_tier=tier,
        lang=heard.lang,
        complexity=heard.complexity.score,
        parts=heard.complexity.parts,
        prompt_tokens=estimated_tokens(heard.chars),
        expected_tokens=expected_tokens(knobs.max_tokens),
        place=bucket(unit, salt=EXPLORATION_SALT),
    )


def _with_names(
    features: Features,
    match: Match | None,
    known: Snapshot,
    *,
    only: str | None,
    deadline_s: float | None,
    tried: tuple[str, ...],
) -> Features:
    """Return the features of a chat with the names that the request, a variant, a rule, or nobody gives."""
    if only:
        return replace(features, wanted=(only,), naming=Naming.REQUEST, deadline_s=deadline_s)
    usual = next((rule.models for rule in known.rules if rule.is_usual), ())
    if tried:
        names = (*tried, *(match.rule.models if match else ()))
        return replace(features, wanted=names, usual=usual, naming=Naming.STRATEGY, deadline_s=deadline_s)
    waits = [one for one in (deadline_s, match.rule.target_s if match else None) if one is not None]
    return replace(
        features,
        is_auto=True,
        usual=usual,
        wanted=match.rule.models if match else (),
        naming=Naming.RULE if match else Naming.NOTHING,
        rule=match.rule.slug if match else "",
        rule_words=match.words if match else (),
        specialty=match.rule.specialty if match else "",
        deadline_s=min(waits, default=None),
    )


def _wanted(asking: Asking, strategy: Manner | None, changes: Changes) -> tuple[str, ...]:
    """Return the names to ask for: the forced one, else a variant's or the route's model before the strategy's."""
    if asking.only:
        return (asking.only,)
    named = changes.models or (strategy.wish.models if strategy else ())
    first = changes.model or asking.road.model
    return (first, *(name for name in named if name != first)) if first else named


def _chat_knobs(max_tokens: int | None, temperature: float | None, rule_tokens: int | None, changes: Changes) -> Knobs:
    """Return the knobs of a chat. A rule shortens only what nobody asked to be long, and only a simple question."""
    usual = replace(Knobs(), max_tokens=rule_tokens or Knobs().max_tokens)
    return replace(usual, **dict(changes.knobs)).asked(temperature=temperature, max_tokens=max_tokens or None)


def _option(one: Listing, asking: Asking) -> Option:
    candidate, features = one.candidate, asking.features
    state = one.breaker.state_now(at=asking.at) if one.breaker else BreakerState.CLOSED
    return Option(
        host=candidate.endpoint.slug,
        model=candidate.model,
        tier=candidate.tier,
        declared_latency_ms=one.declared_latency_ms,
        declared_quality=one.declared_quality,
        observed_latency_ms=one.observed_latency_ms,
        observed_quality=one.observed_quality,
        calls=one.calls,
        cost_usd=_expected_cost(candidate, features),
        load_s=candidate.load_s,
        is_resident=None if one.resident_until is None else one.resident_until > asking.at,
        size_bytes=candidate.size_bytes,
        specialties=one.specialties,
        breaker=state,
        obstacle=_obstacle(one, asking, state),
    )


def _obstacle(one: Listing, asking: Asking, state: BreakerState) -> str:
    if asking.only is not None and not _is_asked_for(one.candidate.model, asking.only):
        return f"only {asking.only} was asked for"
    if one.obstacle:
        return one.obstacle
    if one.kind not in asking.road.kinds:
        return f"{asking.purpose} may not be answered by {one.kind}"
    if one.candidate.tier not in asking.known.tiers.get(asking.user_tier, frozenset({ModelTier.LOCAL})):
        return f"{one.candidate.tier.value} models are not part of the tier {asking.user_tier}"
    return "it failed too often lately: its breaker is open" if state is BreakerState.OPEN else ""


def _is_asked_for(tag: str, only: str) -> bool:
    return normalized(tag) == normalized(only)


def _expected_cost(candidate: Candidate, features: Features) -> Decimal:
    if is_free(candidate.price):
        return Decimal(0)
    cost = cost_usd(candidate.price, prompt_tokens=features.prompt_tokens, generated_tokens=features.expected_tokens)
    return cost or Decimal(0)


def _candidate(one: Listing, option: Option) -> Candidate:
    is_on_trial = option.breaker is not BreakerState.CLOSED
    return replace(one.candidate, is_on_trial=True) if is_on_trial else one.candidate


def _is_held(name: str, listings: Sequence[Listing]) -> bool:
    return any(is_named_by(one.candidate.model, name) for one in listings)


def _installed_name(model: str, known: Snapshot) -> str:
    """Return the full name of an installed model: itself, or the largest of a family.

    :raises ModelNotInstalled: when no host that is switched on holds it.
    """
    tags = [one.candidate.model for one in known.listings if one.is_installed and one.is_shown]
    for is_meant in (_is_asked_for, is_named_by):
        if found := next((tag for tag in tags if is_meant(tag, model)), None):
            return found
    raise ModelNotInstalled(f"No host holds a model named {model[:80]}.")


def tier_of(unit: str, known: Snapshot) -> str:
    """Return the tier of the user a unit names (`user:7`), else the policy's default."""
    kind, _, number = unit.partition(":")
    key = number.partition("/")[0]
    tier = known.user_tiers.get(int(key)) if kind == "user" and key.isdecimal() else None
    return tier or known.policy.default_tier
