"""Reads of the models floor: rows in, frozen values out."""

from models_registry.queries.stats import (
    ConfiguredModel,
    GenerationStats,
    GroupStats,
    configured_models,
    enabled_strategies,
    generation_stats,
    has_installed_models,
    routing_stats,
)

__all__ = [
    "ConfiguredModel",
    "GenerationStats",
    "GroupStats",
    "configured_models",
    "enabled_strategies",
    "generation_stats",
    "has_installed_models",
    "routing_stats",
]
