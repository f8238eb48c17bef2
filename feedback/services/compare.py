"""Compare two ways of advising on one node: interleaved pairs, one quality function, nothing stored (RO-06)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from models_registry.domain.rollout import Assignment, RolloutChoice
from models_registry.domain.sequential import paired_interval
from models_registry.domain.variants import Engine
from models_registry.models import Rollout
from models_registry.queries.rollout_specs import spec_of
from recommendations.services.prepare import AdviceRequest
from recommendations.services.unseen_turn import UnseenTurn, turn_unseen

UNIT = "comparison"


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of advising, by name."""

    name: str
    choice: RolloutChoice


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of both arms: means, and the 95 % interval of "second minus first" over pairs."""

    name: str
    pairs: int
    first: float | None
    second: float | None
    interval: tuple[float, float] | None

    @property
    def is_clear(self) -> bool | None:
        """Whether the interval leaves 0 out; None when there is none."""
        return None if self.interval is None else not self.interval[0] <= 0 <= self.interval[1]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What both arms came to. A share is 0 to 1."""

    arms: tuple[str, str]
    pairs: int
    measures: tuple[Measure, ...]
    failed: tuple[float, float]
    spoken: tuple[float, float]


def arm_of(name: str) -> Arm:
    """Return the arm of this name: `rules`, `v2`, or `rollout:variant`.

    :raises LookupError: when there is no such rollout or variant.
    """
    if name in set(Engine):
        return Arm(name, RolloutChoice(Engine(name), None, None, None))
    slug, _, variant = name.partition(":")
    row = Rollout.objects.prefetch_related("variants").filter(slug=slug).first()
    spec = spec_of(row) if row else None
    found = next((one for one in spec.variants if one.slug == variant), None) if spec else None
    if spec is None or found is None:
        raise LookupError(f"There is no arm named {name}: write rules, v2, or rollout:variant.")
    tried = Assignment(spec, found.slug, 0, True, True, found.changes)
    return Arm(name, RolloutChoice(found.changes.engine or Engine.V2, None, None, None, (tried,)))


async def compare(
    pubkey: str,
    *,
    arms: tuple[Arm, Arm],
    pairs: int,
    at: datetime,
    pause: Callable[[], Awaitable[None]],
    rng: np.random.Generator,
) -> Comparison:
    """Return how the arms compare. Which of a pair comes first changes from pair to pair; `pause` lies between pairs.

    :raises NodeNotFound: when nobody knows the node.
    """
    found: tuple[list[UnseenTurn], list[UnseenTurn]] = ([], [])
    for number in range(pairs):
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            request = AdviceRequest(pubkey, UNIT, use_cache=False, is_held=True, choice=arms[side].choice)
            found[side].append(await turn_unseen(request, at=at))
        if number + 1 < pairs:
            await pause()
    return summed(found, names=(arms[0].name, arms[1].name), rng=rng)


def summed(
    found: tuple[Sequence[UnseenTurn], Sequence[UnseenTurn]], *, names: tuple[str, str], rng: np.random.Generator
) -> Comparison:
    """Return the means of both arms and the intervals of their differences."""
    return Comparison(
        arms=names,
        pairs=len(found[0]),
        measures=tuple(_measure(name, found, rng=rng) for name in ("quality", "latency_ms", "shown")),
        failed=(_share([one.has_failed for one in found[0]]), _share([one.has_failed for one in found[1]])),
        spoken=(_share([one.is_spoken for one in found[0]]), _share([one.is_spoken for one in found[1]])),
    )


def _measure(
    name: str, found: tuple[Sequence[UnseenTurn], Sequence[UnseenTurn]], *, rng: np.random.Generator
) -> Measure:
    both = [(getattr(one, name), getattr(other, name)) for one, other in zip(*found, strict=True)]
    known = [(one, other) for one, other in both if one is not None and other is not None]
    if not known:
        return Measure(name, 0, None, None, None)
    first, second = (sum(side) / len(known) for side in zip(*known, strict=True))
    return Measure(name, len(known), first, second, paired_interval([two - one for one, two in known], rng=rng))


def _share(verdicts: Sequence[bool]) -> float:
    return sum(verdicts) / len(verdicts) if verdicts else 0.0
