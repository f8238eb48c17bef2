"""Read the ledger and the strategies: rows in, frozen values out."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, F, Q, Sum

from models_registry.domain.chat import Outcome
from models_registry.domain.routing import is_named_by
from models_registry.models import Generation, LanguageModel, Strategy

HAS_FALLEN_BACK = ~Q(model="") & ~Q(selected_model="") & ~Q(model=F("selected_model"))


@dataclass(frozen=True, slots=True)
class GroupStats:
    """The generations of one kind of question, one model or one tier. A mean is None while nothing was measured."""

    name: str
    count: int
    mean_quality: float | None
    prompt_tokens: int
    generated_tokens: int
    mean_latency_ms: float | None
    cost_usd: Decimal | None


@dataclass(frozen=True, slots=True)
class GenerationStats:
    """The whole ledger in a few numbers (ST-08, RT-06). A mean is None while nothing was scored; costs in dollars."""

    total: int
    completed: int
    fallbacks: int
    mean_quality: float | None
    mean_complexity: float | None
    prompt_tokens: int
    generated_tokens: int
    cost_usd: Decimal | None
    mean_cost_usd: Decimal | None
    unpriced: int
    by_type: tuple[GroupStats, ...]
    by_model: tuple[GroupStats, ...]
    by_tier: tuple[GroupStats, ...]


@dataclass(frozen=True, slots=True)
class ConfiguredModel:
    """A model or family that a strategy names, and whether some host holds it."""

    name: str
    is_installed: bool
    strategies: tuple[str, ...]


def generation_stats() -> GenerationStats:
    """Return the numbers of the whole ledger, in four statements."""
    whole = Generation.objects.aggregate(
        total=Count("pk"),
        completed=Count("pk", filter=Q(outcome=Outcome.COMPLETED.value)),
        fallbacks=Count("pk", filter=HAS_FALLEN_BACK),
        mean_quality=Avg("quality_score"),
        mean_complexity=Avg("complexity"),
        mean_cost_usd=Avg("cost_usd"),
        unpriced=Count("pk", filter=Q(cost_usd__isnull=True)),
        # Last: a sum that is named like its column hides the column from what follows.
        prompt_tokens=Sum("prompt_tokens", default=0),
        generated_tokens=Sum("generated_tokens", default=0),
        cost_usd=Sum("cost_usd"),
    )
    return GenerationStats(
        by_type=_grouped("query_type"), by_model=_grouped("model"), by_tier=_grouped("model_tier"), **whole
    )


def routing_stats() -> dict[str, Any]:
    """Return what was routed so far as plain JSON: counts, cost and fallbacks, by tier and model (GW-05)."""
    stats = generation_stats()
    told = {name: _told(value) for name, value in asdict(stats).items() if not name.startswith("by_")}
    groups = {name: getattr(stats, name) for name in ("by_tier", "by_model")}
    return told | {
        name: [{key: _told(value) for key, value in asdict(one).items()} for one in group]
        for name, group in groups.items()
    }


def _told(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def enabled_strategies() -> tuple[Strategy, ...]:
    """Return the strategies that are switched on."""
    return tuple(Strategy.objects.filter(is_enabled=True))


def configured_models(strategies: Sequence[Strategy]) -> tuple[ConfiguredModel, ...]:
    """Return each model that the strategies name, once, in the order of its first mention."""
    installed = tuple(LanguageModel.objects.filter(is_installed=True, is_enabled=True).values_list("tag", flat=True))
    named = dict.fromkeys(name for strategy in strategies for name in strategy.models_in_order)
    return tuple(
        ConfiguredModel(
            name=name,
            is_installed=any(is_named_by(tag, name) for tag in installed),
            strategies=tuple(row.query_type for row in strategies if name in row.models_in_order),
        )
        for name in named
    )


def _grouped(field: str) -> tuple[GroupStats, ...]:
    rows = Generation.objects.exclude(**{field: ""}).order_by(field).values(name=F(field))
    counted = rows.annotate(
        count=Count("pk"),
        mean_quality=Avg("quality_score"),
        generated_tokens=Sum("generated_tokens", default=0),
        mean_latency_ms=Avg("latency_ms"),
        cost_usd=Sum("cost_usd"),
        prompt_tokens=Sum("prompt_tokens", default=0),
    )
    return tuple(GroupStats(**row) for row in counted)


def has_installed_models() -> bool:
    """Return whether any host was seen to hold a model at all."""
    return LanguageModel.objects.filter(is_installed=True).exists()
