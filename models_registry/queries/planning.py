"""Read everything that planning needs as frozen values. Whoever keeps them asks the epoch whether they still hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import connection

from models_registry.domain.addresses import is_public, is_this_machine
from models_registry.domain.breaker import BreakerState, breaker_name
from models_registry.domain.chat import Candidate, Knobs, ModelTier, Price
from models_registry.domain.model_names import Wish, can_speak, is_named_by, normalized, pinned_num_ctx
from models_registry.domain.options import TIERS, Policy
from models_registry.domain.ramp import RampState
from models_registry.domain.rollout import RolloutSpec
from models_registry.domain.rules import Rule, folded_words
from models_registry.models import (
    Breaker,
    CatalogEntry,
    LanguageModel,
    Provider,
    ProviderKind,
    Rollout,
    Route,
    RoutingPolicy,
    RoutingRule,
    Strategy,
    Tier,
    UserTier,
)
from models_registry.queries.rollout_specs import spec_of

GB = 1_000_000_000
LOCAL_KINDS = frozenset({ProviderKind.OLLAMA.value, ProviderKind.ECHO.value})
Epoch = tuple[int, ...]
EPOCH = "SELECT array_agg(value ORDER BY source) FROM models_registry_planning_epoch"


@dataclass(frozen=True, slots=True)
class Manner:
    """How one kind of question is answered."""

    wish: Wish
    knobs: Knobs


@dataclass(frozen=True, slots=True)
class Road:
    """Where one purpose may be answered. `model` is asked first; empty: none."""

    kinds: frozenset[str]
    model: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """A model on a host, as it is always asked, with what is known of it. `obstacle` stands for everybody."""

    candidate: Candidate
    kind: str
    is_installed: bool
    is_shown: bool  # it and its host are switched on
    obstacle: str = ""
    declared_latency_ms: int | None = None
    declared_quality: float | None = None
    observed_latency_ms: int | None = None
    observed_quality: float | None = None
    calls: int = 0
    specialties: tuple[str, ...] = ()
    resident_until: datetime | None = None
    breaker: Breaker | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All rows that planning reads, as they were at one epoch."""

    epoch: Epoch
    listings: tuple[Listing, ...]
    strategies: Mapping[str, Manner]
    roads: Mapping[str, Road]
    rules: tuple[Rule, ...]
    policy: Policy
    tiers: Mapping[str, frozenset[ModelTier]]
    most_at_once: Mapping[str, int]  # open turns, by tier; absent: no limit
    user_tiers: Mapping[int, str]
    rollouts: tuple[RolloutSpec, ...]  # those in force, by slug
    shadows: tuple[RolloutSpec, ...]  # those tried where nobody sees it

    def rollouts_of(self, purpose: str, *, names_model: bool = False) -> tuple[RolloutSpec, ...]:
        """Return those in force for a purpose. Who names a model does not meet those that choose one."""
        return tuple(one for one in self.rollouts if one.purpose == purpose and not (names_model and one.has_models))


def planning_epoch() -> Epoch:
    """Return what changes whenever a row changes that planning reads, whoever changes it. One tiny statement."""
    with connection.cursor() as cursor:
        cursor.execute(EPOCH)
        row = cursor.fetchone()
    return tuple(row[0] or ()) if row else ()


def read_snapshot(epoch: Epoch, *, this_machine_gb: float | None) -> Snapshot:
    """Return everything planning needs, in eleven statements. `this_machine_gb`: what models may take here."""
    strategies, tiers = _strategies(), tuple(Tier.objects.all())
    rollouts = tuple(Rollout.objects.filter(is_enabled=True).prefetch_related("variants"))
    return Snapshot(
        epoch=epoch,
        listings=_listings([one.wish for one in strategies.values()], this_machine_gb),
        strategies=strategies,
        roads={row.purpose: Road(frozenset(row.kinds), row.model) for row in Route.objects.all()},
        rules=tuple(_rule(row) for row in RoutingRule.objects.filter(is_enabled=True)),
        policy=active_policy(),
        tiers={**TIERS, **{row.slug: frozenset(map(ModelTier, row.model_tiers)) for row in tiers}},
        most_at_once={row.slug: row.max_concurrent for row in tiers if row.max_concurrent is not None},
        user_tiers=dict(UserTier.objects.values_list("user_id", "tier__slug")),
        rollouts=tuple(spec_of(row) for row in rollouts if row.state != RampState.DRAFT),
        shadows=tuple(spec_of(row) for row in rollouts if row.shadow_days),
    )


def active_policy() -> Policy:
    """Return the policy in force, or the default one when no row is active."""
    row = RoutingPolicy.objects.filter(is_active=True).first()
    return policy_of(row) if row else Policy()


def policy_of(row: RoutingPolicy) -> Policy:
    """Return one row as the value that decisions are made with."""
    return Policy(
        slug=row.slug,
        is_routing=row.is_routing,
        low_complexity=row.low_complexity,
        high_complexity=row.high_complexity,
        max_cost_usd=row.max_cost_usd,
        default_tier=row.default_tier,
        observed_after=row.observed_after,
        exploration_share=row.exploration_share,
        is_learning=row.is_learning,
        is_detecting=row.is_detecting,
        is_streaming=row.is_streaming,
    )


def _strategies() -> dict[str, Manner]:
    return {
        row.query_type: Manner(
            wish=Wish(models=tuple(row.models_in_order), num_ctx=row.num_ctx),
            knobs=Knobs(
                temperature=row.temperature,
                top_p=row.top_p,
                top_k=row.top_k,
                repeat_penalty=row.repeat_penalty,
                num_ctx=row.num_ctx,
                max_tokens=row.max_tokens,
            ),
        )
        for row in Strategy.objects.filter(is_enabled=True)
    }


def _rule(row: RoutingRule) -> Rule:
    words, phrases = folded_words(row.words)
    return Rule(
        slug=row.slug,
        words=words,
        phrases=phrases,
        models=tuple(row.models_in_order),
        specialty=row.specialty,
        max_tokens=row.max_tokens,
        target_s=row.target_s,
        priority=row.priority,
    )


def _listings(wishes: Sequence[Wish], this_machine_gb: float | None) -> tuple[Listing, ...]:
    """Return every model that speaks, by the priority of its host, the largest first."""
    catalog = {normalized(row.name): row for row in CatalogEntry.objects.filter(is_enabled=True)}
    breakers = {row.name: row for row in Breaker.objects.exclude(state=BreakerState.CLOSED.value)}
    rows = LanguageModel.objects.select_related("provider").order_by("provider__priority", "provider__slug", "tag")
    speaking = [row for row in rows if can_speak(row.tag, row.capabilities)]
    found = [_listing(row, _entry_of(row.tag, catalog), wishes, breakers, this_machine_gb) for row in speaking]
    ranks = {id(one): row.provider.priority for one, row in zip(found, speaking, strict=True)}
    return tuple(sorted(found, key=lambda one: (ranks[id(one)], -(one.candidate.size_bytes or 0))))


def _entry_of(tag: str, catalog: Mapping[str, CatalogEntry]) -> CatalogEntry | None:
    """Return what is declared of a model: of its tag, else of the longest tag it is a form of, else of its family."""
    if exact := catalog.get(normalized(tag)):
        return exact
    named = [row for row in catalog.values() if is_named_by(tag, row.name)]
    return max(named, key=lambda row: len(row.name), default=None)


def _listing(
    row: LanguageModel,
    entry: CatalogEntry | None,
    wishes: Sequence[Wish],
    breakers: Mapping[str, Breaker],
    this_machine_gb: float | None,
) -> Listing:
    host = row.provider
    candidate = _candidate(row, entry, wishes)
    return Listing(
        candidate=candidate,
        kind=host.kind,
        is_installed=row.is_installed,
        is_shown=row.is_enabled and host.is_enabled,
        obstacle=_obstacle(row) or _too_large(row, entry, this_machine_gb) or _unpriced(host, entry),
        declared_latency_ms=row.declared_latency_ms or (entry.declared_latency_ms if entry else None),
        declared_quality=_quality(row.declared_quality or (entry.declared_quality if entry else None)),
        observed_latency_ms=row.observed_latency_ms,
        observed_quality=_quality(row.observed_quality),
        calls=row.observed_calls,
        specialties=tuple(row.specialties),
        resident_until=row.resident_until,
        breaker=breakers.get(breaker_name(host.slug, row.tag)),
    )


def candidate_of_row(row: LanguageModel, *, wishes: Sequence[Wish]) -> Candidate:
    """Return one model as it is always asked, whatever is declared of it."""
    return _candidate(row, None, wishes)


def _candidate(row: LanguageModel, entry: CatalogEntry | None, wishes: Sequence[Wish]) -> Candidate:
    return Candidate(
        endpoint=row.provider.endpoint(),
        model=row.tag,
        digest=row.digest,
        capabilities=tuple(row.capabilities),
        num_ctx=pinned_num_ctx(row.tag, wishes=wishes, limit=row.context_length),
        tier=_tier(row.provider, entry),
        price=Price(entry.input_usd_per_mtok, entry.output_usd_per_mtok) if entry else Price(),
        tokens_per_s=row.observed_tokens_per_s,
        load_s=row.observed_load_s,
        size_bytes=row.size_bytes,
        chars_per_token=row.observed_chars_per_token,
    )


def _tier(host: Provider, entry: CatalogEntry | None) -> ModelTier:
    if entry:
        return ModelTier(entry.tier)
    return ModelTier.PREMIUM if _is_hosted(host) else ModelTier.LOCAL


def _is_hosted(host: Provider) -> bool:
    """Return whether somebody else's machine answers, for money: a server of our own may speak OpenAI's language."""
    return host.kind not in LOCAL_KINDS and is_public(host.base_url)


def _obstacle(row: LanguageModel) -> str:
    if not row.provider.is_enabled:
        return "its host is switched off"
    if row.provider.is_healthy is False:
        return f"its host does not answer ({row.provider.health_note or 'no reason known'})"
    if not row.is_installed:
        return "not installed"
    return "" if row.is_enabled else "switched off"


def _too_large(row: LanguageModel, entry: CatalogEntry | None, this_machine_gb: float | None) -> str:
    """Return why the host cannot hold the model (CF-06). What is in its memory right now fits, whatever we think."""
    host = row.provider
    if host.kind != ProviderKind.OLLAMA.value or row.resident_until is not None:
        return ""
    has_gb = host.memory_gb or (this_machine_gb if is_this_machine(host.base_url) else None)
    needs_gb = entry.memory_gb if entry and entry.memory_gb else (row.size_bytes or 0) / GB
    if has_gb is None or needs_gb <= has_gb:
        return ""
    return f"it needs {needs_gb:.1f} GB of memory, its host has {has_gb:.1f} GB"


def _unpriced(host: Provider, entry: CatalogEntry | None) -> str:
    return "its price is not known: add it to the catalog" if entry is None and _is_hosted(host) else ""


def _quality(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
