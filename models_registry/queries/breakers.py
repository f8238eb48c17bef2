"""Read the breakers: rows in, frozen values out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from models_registry.domain.breaker import BreakerState
from models_registry.domain.breaker_stats import Health
from models_registry.models import Breaker, BreakerChange
from models_registry.models.breakers import CHANGES_KEPT


@dataclass(frozen=True, slots=True)
class Change:
    """One change of state, and why."""

    at: datetime
    from_state: str
    to_state: str
    reason: str


@dataclass(frozen=True, slots=True)
class BreakerStats:
    """One breaker and its calls (CB-05). Rates are shares of the last hour; None: nobody asked."""

    name: str
    service: str
    state: BreakerState
    is_forced: bool
    health: Health
    success_rate: float | None
    total_calls: int
    total_successes: int
    total_failures: int
    total_rejected: int
    mean_ms: float | None
    opened_at: datetime | None
    latest_success_at: datetime | None
    latest_failure_at: datetime | None
    latest_failure: str
    changes: tuple[Change, ...] = ()

    @property
    def failure_rate(self) -> float | None:
        return None if self.success_rate is None else 1 - self.success_rate


def breaker_stats(*, at: datetime, with_changes: bool = False) -> tuple[BreakerStats, ...]:
    """Return every breaker, by name, in one query or, with the changes of each, in two."""
    rows = Breaker.objects.order_by("name")
    if with_changes:
        rows = rows.prefetch_related("changes")
    return tuple(_stats(row, at=at, changes=tuple(row.changes.all()) if with_changes else ()) for row in rows)


def open_breakers() -> int:
    """Return how many services are left alone."""
    return Breaker.objects.filter(state=BreakerState.OPEN.value).count()


def failure_rate(name: str, *, at: datetime) -> float | None:
    """Return the share of failed calls of one service in the last hour, or None when nobody asked."""
    row = Breaker.objects.filter(name=name).first()
    rate = row.success_rate(at=at) if row else None
    return None if rate is None else 1 - rate


def _stats(row: Breaker, *, at: datetime, changes: Sequence[BreakerChange]) -> BreakerStats:
    told = row.total_successes + row.total_failures
    return BreakerStats(
        name=row.name,
        service=row.service,
        state=BreakerState(row.state),
        is_forced=row.is_forced,
        health=row.health(at=at),
        success_rate=row.success_rate(at=at),
        total_calls=row.total_calls,
        total_successes=row.total_successes,
        total_failures=row.total_failures,
        total_rejected=row.total_rejected,
        mean_ms=row.total_ms / told if told else None,
        opened_at=row.opened_at,
        latest_success_at=row.latest_success_at,
        latest_failure_at=row.latest_failure_at,
        latest_failure=row.latest_failure,
        changes=tuple(
            Change(change.at, change.from_state, change.to_state, change.reason) for change in changes[:CHANGES_KEPT]
        ),
    )
