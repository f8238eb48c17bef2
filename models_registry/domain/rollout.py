"""Decide which variant a unit sees. Pure: same unit and salt, same answer, forever."""

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

BUCKETS = 10_000  # a share is exact to 0.01 %


class Engine(StrEnum):
    """Who gives the advice: the rules alone, or the rules and a model."""

    RULES = "rules"
    V2 = "v2"


@dataclass(frozen=True, slots=True)
class RolloutChoice:
    """What one unit gets under one rollout, and why. `rollout` is None when no such rollout exists."""

    engine: Engine
    rollout: str | None
    bucket: int | None
    share_percent: Decimal | None

    @property
    def variant(self) -> str:
        return self.engine.value


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


def choose(unit: str, *, rollout: str, share_percent: Decimal) -> RolloutChoice:
    """Return the engine this unit gets at this share."""
    place = bucket(unit, salt=salt_of(rollout))
    engine = Engine.V2 if is_in_share(place, share_percent=share_percent) else Engine.RULES
    return RolloutChoice(engine=engine, rollout=rollout, bucket=place, share_percent=share_percent)
