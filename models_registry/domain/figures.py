"""The latency and quality a choice counts with: declared until a model was called often enough, then measured. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from models_registry.domain.options import Option, Policy

MOST_QUALITY_MOVED = 1.0  # of 10: ratings of a few people must not turn a catalog upside down
MOST_LATENCY_FACTOR = 4.0  # a processor without a card is about that much slower than declared
FREE_ENOUGH = 0.01  # dollars added to every cost, so that quality per cost is defined where nothing is paid (RT-03)


class Source(StrEnum):
    OBSERVED = "observed"
    DECLARED = "declared"
    BLENDED = "blended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Figures:
    """The latency (ms) and quality (of 10) a choice counts with, and where each comes from."""

    latency_ms: float | None
    quality: float | None
    latency_source: Source
    quality_source: Source


def figures_of(option: Option, *, policy: Policy) -> Figures:
    """Return the figures of a model: declared until it was called often enough, then measured.

    A policy that learns blends both from the first call on, within bounds.
    """
    latency_ms, latency_source = _settled(option.declared_latency_ms, option.observed_latency_ms, option, policy)
    quality, quality_source = _settled(option.declared_quality, option.observed_quality, option, policy)
    if policy.is_learning and latency_source is Source.BLENDED:
        latency_ms = _within_factor(latency_ms, option.declared_latency_ms)
    if policy.is_learning and quality_source is Source.BLENDED:
        quality = _within_points(quality, option.declared_quality)
    return Figures(latency_ms, quality, latency_source, quality_source)


def quality_per_cost(found: Figures, cost_usd: Decimal) -> float:
    """Return quality per dollar; 0 when nobody knows the quality."""
    return (found.quality or 0.0) / (float(cost_usd) + FREE_ENOUGH)


def expected_s(option: Option, found: Figures) -> float | None:
    """Return the expected seconds to the whole answer, a cold load included where its time is known."""
    if found.latency_ms is None:
        return None
    load_s = option.load_s if option.is_resident is False else None
    return found.latency_ms / 1000 + (load_s or 0.0)


def _settled(
    declared: float | None, observed: float | None, option: Option, policy: Policy
) -> tuple[float | None, Source]:
    if observed is None:
        return declared, Source.UNKNOWN if declared is None else Source.DECLARED
    if declared is None:
        return observed, Source.OBSERVED
    if policy.is_learning:
        known = option.calls / (option.calls + max(1, policy.observed_after))
        return declared + (observed - declared) * known, Source.BLENDED
    return (observed, Source.OBSERVED) if option.calls >= policy.observed_after else (declared, Source.DECLARED)


def _within_factor(latency_ms: float | None, declared_ms: float | None) -> float | None:
    if latency_ms is None or declared_ms is None:
        return latency_ms
    return min(max(latency_ms, declared_ms / MOST_LATENCY_FACTOR), declared_ms * MOST_LATENCY_FACTOR)


def _within_points(quality: float | None, declared: float | None) -> float | None:
    if quality is None or declared is None:
        return quality
    return min(max(quality, declared - MOST_QUALITY_MOVED), declared + MOST_QUALITY_MOVED)
