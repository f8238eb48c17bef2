"""Decide which variant a unit sees. Pure: same unit and salt, same answer, forever.

Two hashes, two salts: the first decides whether a unit is inside the share, the second which arm it takes there. With
one salt a small share would fall into one arm as a whole.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import accumulate

from models_registry.domain.variants import NO_CHANGES, Changes, Engine

__all__ = ["Assignment", "Comparison", "Engine", "RolloutChoice", "RolloutSpec", "VariantSpec", "assign", "bucket"]

BUCKETS = 10_000  # a share is exact to 0.01 %
OUTSIDE = "old"  # what a unit outside the share gets: everything as the rows say


@dataclass(frozen=True, slots=True)
class VariantSpec:
    """One arm inside the share. Its part of it is its weight among all weights."""

    slug: str
    weight: int = 1
    is_control: bool = False  # inside the share, yet without a change: a cohort of known size to compare with
    changes: Changes = NO_CHANGES


@dataclass(frozen=True, slots=True)
class RolloutSpec:
    """One rollout as units meet it. `run` counts how often its evidence began anew."""

    slug: str
    share_percent: Decimal
    variants: tuple[VariantSpec, ...]
    purpose: str = "advice"
    run: int = 1
    always_tiers: frozenset[str] = frozenset()
    never_tiers: frozenset[str] = frozenset()
    is_watched: bool = False  # running: outcomes are compared
    guards: frozenset[str] = frozenset()  # what of
    key: int = 0  # of its row
    shadow_until: datetime | None = None

    @property
    def has_engine(self) -> bool:
        return any(one.changes.engine is not None for one in self.variants)

    @property
    def has_models(self) -> bool:
        return any(one.changes.named for one in self.variants)

    @property
    def outside(self) -> str:
        """The name of what units outside the share get."""
        return Engine.RULES.value if self.has_engine else OUTSIDE

    @property
    def control(self) -> VariantSpec | None:
        return next((one for one in self.variants if one.is_control), None)

    @property
    def treated(self) -> tuple[VariantSpec, ...]:
        return tuple(one for one in self.variants if not one.is_control)

    @property
    def baseline(self) -> str:
        """The name of what variants are compared with."""
        return self.control.slug if self.control else self.outside


@dataclass(frozen=True, slots=True)
class Assignment:
    """What one unit gets under one rollout, and why. A targeted unit was not drawn by lot and proves nothing."""

    spec: RolloutSpec
    variant: str
    bucket: int
    is_inside: bool
    is_targeted: bool
    changes: Changes

    @property
    def name(self) -> str:
        """The rollout and the variant, as the ledger names them."""
        return f"{self.spec.slug}:{self.variant}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One variant against the baseline, as one unit takes part in it. `probability`: of being treated, by design."""

    variant: str
    is_treated: bool
    probability: float


@dataclass(frozen=True, slots=True)
class RolloutChoice:
    """What one unit gets, and why. `rollout` is the one that decided the engine; None when none did."""

    engine: Engine
    rollout: str | None
    bucket: int | None
    share_percent: Decimal | None
    assignments: tuple[Assignment, ...] = ()

    @property
    def variant(self) -> str:
        return self.engine.value

    @property
    def changes(self) -> Changes:
        """Everything that is different for this unit, over all rollouts."""
        return merged(self.assignments)

    @property
    def experiments(self) -> tuple[str, ...]:
        """Every rollout and the variant this unit has in it, for the ledger."""
        return tuple(one.name for one in self.assignments)


def merged(met: Iterable[Assignment]) -> Changes:
    """Return everything that is different under all of these, a later one over an earlier."""
    found = NO_CHANGES
    for one in met:
        found = one.changes.over(found)
    return found


def bucket(unit: str, *, salt: str) -> int:
    """Return a stable bucket, 0 to 9999 (OLLAMA.md C.1), for this unit under this salt."""
    digest = hashlib.sha256(f"{salt}:{unit}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") * BUCKETS) >> 64


def is_in_share(bucket: int, *, share_percent: Decimal | float) -> bool:
    """Return whether a bucket is inside the share. Raising the share never puts a bucket out."""
    return bucket < Decimal(str(share_percent)) * 100


def salt_of(rollout: str) -> str:
    """Return the salt of a rollout. It must not change while the share grows, or units would flip."""
    return f"exp:{rollout}:rollout"


def arm_salt_of(rollout: str) -> str:
    """Return the second salt, which shares the units inside out among the arms."""
    return f"exp:{rollout}:arm"


def arm(place: int, *, weights: Sequence[int]) -> int:
    """Return the index of the arm that a bucket under the second salt falls into."""
    ends = list(accumulate(weights))
    return next(index for index, end in enumerate(ends) if place * ends[-1] < end * BUCKETS)


def assign(unit: str, *, spec: RolloutSpec, tier: str | None = None) -> Assignment:
    """Return what this unit gets. A named tier beats the hash: always before never."""
    place = bucket(unit, salt=salt_of(spec.slug))
    is_always, is_never = tier in spec.always_tiers, tier in spec.never_tiers
    is_inside = is_always or (not is_never and is_in_share(place, share_percent=spec.share_percent))
    if not is_inside or not spec.variants:
        return Assignment(spec, spec.outside, place, False, is_never, NO_CHANGES)
    one = spec.variants[
        arm(bucket(unit, salt=arm_salt_of(spec.slug)), weights=[variant.weight for variant in spec.variants])
    ]
    return Assignment(spec, one.slug, place, True, is_always, one.changes)


def assign_all(unit: str, specs: Iterable[RolloutSpec], *, tier: str | None = None) -> tuple[Assignment, ...]:
    """Return what this unit gets under each of these."""
    return tuple(assign(unit, spec=one, tier=tier) for one in specs)


def is_crossing(met: Assignment, *, variant: str, bucket: int, was_targeted: bool) -> bool:
    """Return whether a unit that was once in another arm is drawn differently now: by another salt, or other weights.

    A share that grows or ends moves units in and out, and a tier moves them past the lots; neither is a crossing.
    """
    if was_targeted or met.is_targeted or variant == met.variant:
        return False
    arms = {one.slug for one in met.spec.variants}
    return bucket != met.bucket or {variant, met.variant} <= arms


def comparisons(spec: RolloutSpec, *, variant: str, share_percent: Decimal | float) -> tuple[Comparison, ...]:
    """Return every comparison that a unit of this variant takes part in, at the share in force when it met it."""
    control, whole = spec.control, sum(one.weight for one in spec.variants)
    share = float(share_percent) / 100
    rest = share * control.weight / whole if control else 1 - share
    found = []
    for one in spec.treated:
        part = share * one.weight / whole
        if variant in (one.slug, spec.baseline) and part > 0 and rest > 0:
            found.append(Comparison(one.slug, variant == one.slug, part / (part + rest)))
    return tuple(found)
