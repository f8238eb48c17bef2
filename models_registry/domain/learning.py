"""What experience changes in an order: better models move up within bounds, a few units try new ones. Pure."""

import math
from collections.abc import Collection, Sequence

from models_registry.domain.chat import ModelTier
from models_registry.domain.figures import Figures, Source
from models_registry.domain.options import Option, Policy
from models_registry.domain.rollout import BUCKETS

CLEARLY_BETTER = 0.05  # of merit: half a point of quality, or 40 % of the time
MOST_PLACES = 2  # that a model moves in a list that somebody wrote


def reordered(order: Sequence[int], found: Sequence[Figures]) -> list[int]:
    """Return a written order in which a clearly better model has moved up by at most MOST_PLACES."""
    moved = list(order)
    for start in range(1, len(moved)):
        here = start
        while here > max(0, start - MOST_PLACES) and _is_clearly_better(found[moved[here]], found[moved[here - 1]]):
            moved[here - 1], moved[here] = moved[here], moved[here - 1]
            here -= 1
    return moved


def to_explore(
    order: Sequence[int], options: Sequence[Option], *, policy: Policy, place: int, tiers: Collection[ModelTier]
) -> int | None:
    """Return the less known model that this unit tries, or None: outside the share, or nothing is left to learn."""
    if place >= policy.exploration_share * BUCKETS:
        return None
    allowed = [at for at in order[1:] if options[at].calls < policy.observed_after and options[at].tier in tiers]
    return allowed[place % len(allowed)] if allowed else None


def _is_clearly_better(one: Figures, other: Figures) -> bool:
    first, second = _merit(one), _merit(other)
    return first is not None and second is not None and first > second + CLEARLY_BETTER


def _merit(found: Figures) -> float | None:
    """Return quality less what waiting costs: one point of ten for each doubling of the time. Measured models only."""
    if found.quality is None or not found.latency_ms or found.latency_source in (Source.DECLARED, Source.UNKNOWN):
        return None
    return found.quality / 10 - 0.1 * math.log2(found.latency_ms / 1000)
