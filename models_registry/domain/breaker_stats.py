"""What a breaker's calls add up to: totals, the rate of the last hour, and how well the service is (CB-05). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from models_registry.domain.breaker import BreakerState

HEALTHY_RATE = 0.90  # a closed breaker is healthy above it
MINUTES_KEPT = 60  # an outage of yesterday says nothing about now


class Health(StrEnum):
    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Tally:
    """Calls that were answered, failed, ended without saying anything of the service, or were turned away."""

    successes: int = 0
    failures: int = 0
    neutral: int = 0
    rejected: int = 0
    total_ms: int = 0

    @property
    def calls(self) -> int:
        """Return how many calls there were, those turned away included."""
        return self.successes + self.failures + self.neutral + self.rejected

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            successes=self.successes + other.successes,
            failures=self.failures + other.failures,
            neutral=self.neutral + other.neutral,
            rejected=self.rejected + other.rejected,
            total_ms=self.total_ms + other.total_ms,
        )


@dataclass(frozen=True, slots=True)
class Minute:
    """What counted in one minute, numbered since 1970."""

    number: int
    successes: int
    failures: int


def with_tally(minutes: Sequence[Minute], tally: Tally, *, at: datetime) -> tuple[Minute, ...]:
    """Return the minutes of the last hour with this tally among them, oldest first."""
    now = _minute(at)
    same = next((one for one in minutes if one.number == now), Minute(now, 0, 0))
    others = [one for one in minutes if one.number != now and one.number > now - MINUTES_KEPT]
    if not tally.successes and not tally.failures:
        return tuple(minutes)
    noted = Minute(now, same.successes + tally.successes, same.failures + tally.failures)
    return tuple(sorted((*others, noted), key=lambda one: one.number))


def success_rate(minutes: Sequence[Minute], *, at: datetime) -> float | None:
    """Return the share of calls of the last hour that went well, or None when there was none."""
    recent = [one for one in minutes if one.number > _minute(at) - MINUTES_KEPT]
    well, badly = sum(one.successes for one in recent), sum(one.failures for one in recent)
    return well / (well + badly) if well + badly else None


def health_of(state: BreakerState, rate: float | None) -> Health:
    """Return how well a service is: its breaker's state and its rate of the last hour. Nobody asked: well."""
    if state is BreakerState.OPEN:
        return Health.UNAVAILABLE
    is_well = state is BreakerState.CLOSED and (rate is None or rate > HEALTHY_RATE)
    return Health.HEALTHY if is_well else Health.DEGRADED


def worst(found: Sequence[Health]) -> Health:
    """Return the worst of several; of none, healthy."""
    order = (Health.UNAVAILABLE, Health.DEGRADED, Health.HEALTHY)
    return next((health for health in order if health in found), Health.HEALTHY)


def _minute(at: datetime) -> int:
    return int(at.timestamp() // 60)
