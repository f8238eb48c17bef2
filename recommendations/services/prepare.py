"""The database phase of a turn of advice: facts, findings, scored advice with citations, and who may speak."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from models_registry.domain.chat import GenerationPlan
from models_registry.domain.query_types import QueryType
from models_registry.domain.rollout import RolloutChoice
from models_registry.domain.variants import Engine as RolloutEngine
from models_registry.services import routes
from models_registry.services.health import ensure_fresh
from models_registry.services.plan import plan_generation
from models_registry.services.rollouts import rollout_choice
from recommendations.domain.advice import Engine, State
from recommendations.domain.facts import NodeFacts
from recommendations.domain.findings.catalog import Examination, examine
from recommendations.domain.findings.profiles import Profile, profiled
from recommendations.domain.limits import Limits
from recommendations.domain.recommendation import ScoredRecommendation, recommend
from recommendations.domain.tracking import row_id
from recommendations.models import Recommendation
from recommendations.queries import NodeIdentity, find_place
from recommendations.services.brief import Brief, brief, told_lines
from recommendations.services.cite import cited
from recommendations.services.quality_bar import QualityBar, quality_bar
from recommendations.services.recall import cache_key, recall
from recommendations.services.snapshot import facts_of
from recommendations.services.stances import Stance, stance_of
from recommendations.services.weights import ActiveWeights, active_thresholds, active_weights

PURPOSE = "advice"
CHOOSING = {"requires_prioritization": True, "is_structured": True}  # what the task asks of a model, beside its words
DESCRIBING = {"requires_analysis": True}


@dataclass(frozen=True, slots=True)
class AdviceRequest:
    """What is asked. `engine` None lets the rollout decide; `unit` is whom limits and ledgers count (a user, a key)."""

    pubkey: str
    unit: str
    user: AbstractBaseUser | AnonymousUser | None = None
    query_type: QueryType = QueryType.DETAILED
    goal: str = "balanced"
    engine: Engine | None = None
    lang: str = "en"
    max_results: int = 10
    include_ai: bool = True
    use_cache: bool = True
    network: str | None = None
    force_model: str | None = None
    user_tier: str | None = None  # None: that of the user whom `unit` names
    is_prose: bool = False  # a described node rather than chosen findings
    profile: Profile | None = None  # None: the one chosen for this node
    choice: RolloutChoice | None = None  # of a turn in the shadow: what it tries, whatever the node would get
    is_held: bool = False  # nobody hears the turn before its end, so that poor words can still be replaced


@dataclass(frozen=True, slots=True)
class Prepared:
    """Everything known before a model is asked. Later edits of rows leave it as it is."""

    request: AdviceRequest
    identity: NodeIdentity
    facts: NodeFacts
    examination: Examination
    profile: Profile
    recommendations: tuple[ScoredRecommendation, ...]
    row_ids: Mapping[str, uuid.UUID]
    states: Mapping[uuid.UUID, State]
    weights: ActiveWeights
    engine: Engine
    rollout: RolloutChoice
    plan: GenerationPlan | None
    brief: Brief | None
    quality_bar: QualityBar
    memory_key: str = ""
    memory: Mapping[str, Any] | None = None

    @property
    def shown(self) -> tuple[ScoredRecommendation, ...]:
        """What the operator did not dismiss this week, at most as many as were asked for."""
        kept = (item for item in self.recommendations if self.state_of(item) is not State.REJECTED)
        return tuple(kept)[: self.request.max_results]

    @property
    def will_be_spoken(self) -> bool:
        """Whether a model is about to be asked."""
        return self.brief is not None and self.memory is None

    @property
    def dismissed_count(self) -> int:
        return sum(self.state_of(item) is State.REJECTED for item in self.recommendations)

    def state_of(self, item: ScoredRecommendation) -> State:
        return self.states.get(self.row_ids[item.tracking_id], State.GENERATED)


def prepare(request: AdviceRequest, *, at: datetime) -> Prepared:
    """Return all that the turn needs, with a number of queries that does not grow with the node.

    :raises NodeNotFound: :raises NetworkNotFound: when there is no such node or no graph at all.
    """
    place = find_place(request.pubkey, network=request.network, user=request.user)
    stance = stance_of(request.user, node_id=place.node.pk)
    return prepare_facts(stance.applied(facts_of(place, at=at)), request, identity=place.identity, stance=stance, at=at)


def prepare_facts(
    facts: NodeFacts, request: AdviceRequest, *, identity: NodeIdentity, stance: Stance, at: datetime
) -> Prepared:
    """Return all that a turn about these facts needs, wherever they come from."""
    engine, choice = _engine(request, at=at)
    weights = active_weights(request.goal, revision_id=choice.changes.weights_revision)
    profile = request.profile or stance.profile
    thresholds = profiled(active_thresholds(), profile)
    examination = examine(facts, thresholds)
    limits = _limits(stance)
    scored = cited(recommend(facts, examination, weights.weights, at=at, lang=request.lang, limits=limits))
    row_ids = {item.tracking_id: _row_id(identity, item) for item in scored}
    plan = _plan(request, choice, facts, scored) if engine is Engine.V2 and request.include_ai and scored else None
    told = _brief(request, choice, facts, scored) if plan and plan.can_generate else None
    if plan and told:
        plan = replace(plan, prompt_revision_id=told.prompt_revision_id)  # stored with the generation
    key = _memory_key(request, facts, scored, plan, told)
    return Prepared(
        request=request,
        identity=identity,
        facts=facts,
        examination=examination,
        profile=profile,
        recommendations=scored,
        row_ids=row_ids,
        states=_states(tuple(row_ids.values())),
        weights=weights,
        engine=engine,
        rollout=choice,
        plan=plan,
        brief=told,
        quality_bar=quality_bar(thresholds),
        memory_key=key,
        memory=recall(key) if key and request.use_cache else None,
    )


def _limits(stance: Stance) -> Limits:
    """Return how far commands may go; a channel that is not to be touched gets none, whatever asks for it."""
    return Limits(blacklist=frozenset(scid for scid, bounds in stance.bounds.items() if bounds.is_hands_off))


def _engine(request: AdviceRequest, *, at: datetime) -> tuple[Engine, RolloutChoice]:
    """Return who speaks: the engine asked for, else as the rollout says; and all that rollouts give this node."""
    if request.choice is not None:
        return Engine(request.choice.engine), request.choice
    asked = None if request.engine is None else RolloutEngine(request.engine)
    choice = rollout_choice(request.pubkey, at=at, asker=request.unit, tier=request.user_tier, engine=asked)
    return Engine(choice.engine), choice


def _plan(
    request: AdviceRequest, choice: RolloutChoice, facts: NodeFacts, scored: tuple[ScoredRecommendation, ...]
) -> GenerationPlan:
    ensure_fresh()
    plan = plan_generation(
        request.query_type,
        purpose=PURPOSE,
        unit=request.unit,
        force_model=request.force_model,
        user_tier=request.user_tier,
        prompt="\n".join(told_lines(facts, scored)),
        context=DESCRIBING if request.is_prose else CHOOSING,
        changes=choice.changes,
    )
    return replace(
        plan,
        rollout=choice.rollout,
        variant=choice.variant if choice.rollout else None,
        bucket=choice.bucket,
        experiments=choice.experiments,
    )


def _brief(
    request: AdviceRequest, choice: RolloutChoice, facts: NodeFacts, scored: tuple[ScoredRecommendation, ...]
) -> Brief:
    return brief(
        facts,
        scored,
        request.query_type,
        lang=request.lang,
        is_prose=request.is_prose,
        prompt_revision=choice.changes.prompt_revision,
    )


def _memory_key(
    request: AdviceRequest,
    facts: NodeFacts,
    scored: tuple[ScoredRecommendation, ...],
    plan: GenerationPlan | None,
    told: Brief | None,
) -> str:
    """Return the key of what a model said of these facts; none where no model speaks, or says it in prose."""
    if plan is None or told is None or request.is_prose:
        return ""
    return cache_key(facts, scored, plan, told, lang=request.lang, route_epoch=routes.epoch(PURPOSE))


def _row_id(identity: NodeIdentity, item: ScoredRecommendation) -> uuid.UUID:
    return row_id(item.tracking_id, node_id=identity.node_id, connection_id=identity.connection_id)


def _states(keys: tuple[uuid.UUID, ...]) -> dict[uuid.UUID, State]:
    rows = Recommendation.objects.filter(pk__in=keys).values_list("pk", "state")
    return {key: State(state) for key, state in rows}
