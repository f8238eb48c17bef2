"""What every recommendation promises: its expected impact, until when, and how to see that it worked. Pure.

The same promise for rules and model (FEATURES 3.1); `problem` tells where a payload does not keep it.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Protocol

import msgspec

from recommendations.domain.advice import Category, GainRange, Impact, Priority, Reversibility, RiskLevel, State

DEADLINE_HOURS: Mapping[Priority, int | None] = {
    Priority.CRITICAL: 24,
    Priority.HIGH: 7 * 24,
    Priority.MEDIUM: 30 * 24,
    Priority.LOW: None,  # later
    Priority.INFO: None,
}
REVENUE: Mapping[str, str] = {"en": "routing revenue", "fr": "revenus de routage"}

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Score = Annotated[float, msgspec.Meta(ge=0, le=100)]
Text = Annotated[str, msgspec.Meta(min_length=1)]
Facts = Annotated[list[dict[str, Any]], msgspec.Meta(min_length=1)]


class Promising(Protocol):
    """What this module reads of a recommendation."""

    @property
    def gain(self) -> GainRange | None: ...
    @property
    def impact(self) -> Impact | None: ...
    @property
    def days_to_effect(self) -> float: ...
    @property
    def lang(self) -> str: ...


class ImpactShape(msgspec.Struct, forbid_unknown_fields=True):
    metric: Text
    low: float
    high: float
    unit: str
    horizon_days: int


class ValidationShape(msgspec.Struct, forbid_unknown_fields=True):
    metric: str
    low: float | None
    high: float | None
    unit: str
    within_days: int


class CardShape(msgspec.Struct):
    """The fields every recommendation carries, with their ranges. Others may stand beside them."""

    tracking_id: Text
    action: Text
    category: Category
    priority: Priority
    score: Score
    confidence: Share | None
    impact_factors: dict[str, Share | None]
    reasoning: Text
    estimated_cost: int | None
    estimated_time_hours: float
    estimated_revenue_increase: int | None
    risk_level: RiskLevel
    reversibility: Reversibility
    command: str | None
    metadata: dict[str, Any]
    title: Text
    explanation: Text
    target: Text
    evidence: Facts
    citations: list[dict[str, Any]]
    state: State
    expected_impact: ImpactShape | None
    validation: ValidationShape
    deadline_hours: int | None


def expected_impact(one: Promising) -> dict[str, Any] | None:
    """Return {metric, low, high, unit, horizon_days}: revenue where it can be estimated, else the direct effect."""
    gain, impact = one.gain, one.impact
    if gain is not None:
        values: tuple[str, float, float, str, int]
        values = (REVENUE.get(one.lang, REVENUE["en"]), gain.low_sat, gain.high_sat, "sat", gain.horizon_days)
    elif impact is not None:
        values = (impact.metric, impact.low, impact.high, impact.unit, impact.horizon_days)
    else:
        return None
    return dict(zip(("metric", "low", "high", "unit", "horizon_days"), values, strict=True))


def validation(one: Promising) -> dict[str, Any]:
    """Return {metric, low, high, unit, within_days}: what to look at to see whether it worked, and when."""
    expected = expected_impact(one)
    if expected is None:
        return {"metric": "", "low": None, "high": None, "unit": "", "within_days": max(round(one.days_to_effect), 1)}
    days = max(round(one.days_to_effect), expected.pop("horizon_days"))
    return {**expected, "within_days": days}


def deadline_hours(priority: Priority) -> int | None:
    """Return within how many hours to act; None = later."""
    return DEADLINE_HOURS[priority]


def problem(payload: Mapping[str, Any]) -> str:
    """Return where a recommendation's payload breaks the contract, or "" when it keeps it."""
    try:
        msgspec.convert(dict(payload), CardShape)
    except msgspec.ValidationError as exc:
        return str(exc)
    return ""
