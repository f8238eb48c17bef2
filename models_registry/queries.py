"""Read the ledger and the strategies: rows in, frozen values out."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Avg, Count, Sum

from models_registry.domain.routing import is_named_by
from models_registry.models import Generation, LanguageModel, Strategy


@dataclass(frozen=True, slots=True)
class GroupStats:
    """The generations of one kind of question, or of one model."""

    name: str
    count: int
    mean_quality: float | None


@dataclass(frozen=True, slots=True)
class GenerationStats:
    """The whole ledger in a few numbers (ST-08). A mean is None while nothing was scored."""

    total: int
    completed: int
    mean_quality: float | None
    prompt_tokens: int
    generated_tokens: int
    by_type: tuple[GroupStats, ...]
    by_model: tuple[GroupStats, ...]


@dataclass(frozen=True, slots=True)
class ConfiguredModel:
    """A model or family that a strategy names, and whether some host holds it."""

    name: str
    is_installed: bool
    strategies: tuple[str, ...]


def generation_stats() -> GenerationStats:
    """Return the numbers of the whole ledger, in three queries."""
    whole = Generation.objects.aggregate(
        total=Count("pk"),
        mean_quality=Avg("quality_score"),
        prompt_tokens=Sum("prompt_tokens", default=0),
        generated_tokens=Sum("generated_tokens", default=0),
    )
    completed = Generation.objects.filter(outcome="completed").count()
    return GenerationStats(completed=completed, by_type=_grouped("query_type"), by_model=_grouped("model"), **whole)


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
    rows = Generation.objects.exclude(**{field: ""}).values(field).order_by(field)
    counted = rows.annotate(count=Count("pk"), mean_quality=Avg("quality_score"))
    return tuple(GroupStats(name=row[field], count=row["count"], mean_quality=row["mean_quality"]) for row in counted)


def has_installed_models() -> bool:
    """Return whether any host was seen to hold a model at all."""
    return LanguageModel.objects.filter(is_installed=True).exists()
