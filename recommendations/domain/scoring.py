"""Order advice by six factors, 0 to 1 each. An unknown factor leaves the sum; it is never counted as 0 (FEATURES 4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import log2
from typing import Any, Self

from recommendations.domain.advice import Ease, Priority, RiskLevel, Severity

FACTOR_NAMES = (
    *("revenue_impact", "ease_of_implementation", "risk_level", "time_to_value", "data_confidence"),
    "network_conditions",
)
FULL_GAIN_PERCENT = 50.0
TIME_SCALE_DAYS = 10.0
HALF_LIFE_DAYS = 7.0
LEAST_CONFIDENCE = 0.5  # below it no score lifts advice above medium

EASE = {Ease.EASY: 1.0, Ease.MEDIUM: 0.6, Ease.HARD: 0.3, Ease.VERY_HARD: 0.1}
RISK = {RiskLevel.MINIMAL: 0.1, RiskLevel.LOW: 0.2, RiskLevel.MEDIUM: 0.5, RiskLevel.HIGH: 0.8, RiskLevel.CRITICAL: 0.9}
PRIORITY_FROM = ((85.0, Priority.CRITICAL), (70.0, Priority.HIGH), (50.0, Priority.MEDIUM), (30.0, Priority.LOW))
PRIORITY_ORDER = tuple(Priority)


class Goal(StrEnum):
    BALANCED = "balanced"
    REVENUE = "revenue"
    STABILITY = "stability"
    QUICK_WINS = "quick_wins"


@dataclass(frozen=True, slots=True)
class Weights:
    """What the six factors count. They need not sum to 1: the score divides by the sum of those that apply.

    `records` tells by category how measured advice did beside all measured advice: 1.2 did better. What is expected of
    a recommendation, gain and confidence, is multiplied by it; a category without outcomes counts 1.
    """

    revenue_impact: float = 0.30
    ease_of_implementation: float = 0.20
    risk_level: float = 0.15
    time_to_value: float = 0.15
    data_confidence: float = 0.10
    network_conditions: float = 0.10
    records: Mapping[str, float] = field(default_factory=dict)

    def toward(self, goal: Goal) -> Self:
        """Return these weights moved toward a goal (4.3), summing to 1."""
        wanted: dict[str, Any] = dict(GOAL_WEIGHTS[goal])
        moved = replace(self, **wanted)
        total = sum(getattr(moved, name) for name in FACTOR_NAMES)
        return replace(moved, **{name: getattr(moved, name) / total for name in FACTOR_NAMES})


GOAL_WEIGHTS: dict[Goal, dict[str, float]] = {
    Goal.BALANCED: {},
    Goal.REVENUE: {"revenue_impact": 0.50, "ease_of_implementation": 0.15},
    Goal.STABILITY: {"risk_level": 0.30, "revenue_impact": 0.20},
    Goal.QUICK_WINS: {"ease_of_implementation": 0.35, "time_to_value": 0.25},
}


@dataclass(frozen=True, slots=True)
class ScoringInput:
    """What scoring needs of one recommendation. None = unknown."""

    id: str
    gain_sat_30d: float | None
    ease: Ease
    effort_hours: float
    cost_sat: int | None
    risk: RiskLevel
    days_to_effect: float
    rule_confidence: float
    facts_needed: int = 1
    facts_present: int = 1
    oldest_fact_days: float | None = 0.0
    is_close: bool = False
    is_monitoring: bool = False
    is_onchain: bool = False
    fee_ppm: int | None = None  # the present fee, for fee advice only
    peer_median_ppm: int | None = None
    is_safety: bool = False
    severity: Severity = Severity.MEDIUM
    category: str = ""


@dataclass(frozen=True, slots=True)
class NodeMetrics:
    """The node's own scale. Revenue per 30 days; the band's median stands in where its own is 0 or unknown."""

    monthly_revenue_sat: float | None = None
    band_revenue_sat: float | None = None
    uptime_ratio: float | None = None

    @property
    def revenue_base_sat(self) -> float | None:
        return self.monthly_revenue_sat or self.band_revenue_sat or None


@dataclass(frozen=True, slots=True)
class NetworkState:
    onchain_fee_percentile: float | None = None  # 0-100 of the last 30 days


@dataclass(frozen=True, slots=True)
class Factors:
    revenue_impact: float | None
    ease_of_implementation: float | None
    risk_level: float | None
    time_to_value: float | None
    data_confidence: float | None
    network_conditions: float | None

    def known(self) -> dict[str, float]:
        pairs = ((name, getattr(self, name)) for name in FACTOR_NAMES)
        return {name: value for name, value in pairs if value is not None}


@dataclass(frozen=True, slots=True)
class Score:
    """0-100 with its factors. `risk_level` is already inverted: 1 means no risk."""

    id: str
    value: float
    priority: Priority
    factors: Factors

    @property
    def confidence(self) -> float | None:
        return self.factors.data_confidence


def score_recommendation(
    recommendation: ScoringInput,
    node_metrics: NodeMetrics,
    network_state: NetworkState,
    *,
    weights: Weights | None = None,
) -> Score:
    """Return the score of one recommendation on this node in this network."""
    used = weights or Weights()
    record = used.records.get(recommendation.category, 1.0)
    factors = Factors(
        revenue_impact=_revenue(recommendation, node_metrics, record=record),
        ease_of_implementation=_ease(recommendation),
        risk_level=_safety(recommendation, node_metrics),
        time_to_value=1 / (1 + recommendation.days_to_effect / TIME_SCALE_DAYS),
        data_confidence=_confidence(recommendation, record=record),
        network_conditions=_network(recommendation, network_state),
    )
    value = round(_weighted(factors, used), 1)
    return Score(recommendation.id, value, _priority(value, recommendation, factors.data_confidence), factors)


def score_batch(
    recommendations: Iterable[ScoringInput],
    node_metrics: NodeMetrics,
    network_state: NetworkState,
    *,
    weights: Weights | None = None,
) -> tuple[Score, ...]:
    """Return all scores by priority, then score, then id; the same input always gives the same order."""
    scores = (score_recommendation(one, node_metrics, network_state, weights=weights) for one in recommendations)
    return tuple(sorted(scores, key=order))


def order(score: Score) -> tuple[int, float, str]:
    return PRIORITY_ORDER.index(score.priority), -score.value, score.id


def _weighted(factors: Factors, weights: Weights) -> float:
    known = factors.known()
    total = sum(getattr(weights, name) for name in known)
    return 100 * sum(getattr(weights, name) * value for name, value in known.items()) / total if total else 0.0


def _priority(value: float, recommendation: ScoringInput, confidence: float | None) -> Priority:
    if recommendation.is_safety and recommendation.severity is Severity.CRITICAL:
        return Priority.CRITICAL
    by_score = next((priority for bound, priority in PRIORITY_FROM if value >= bound), Priority.INFO)
    if confidence is not None and confidence >= LEAST_CONFIDENCE:
        return by_score
    return max(by_score, Priority.MEDIUM, key=PRIORITY_ORDER.index)


def _revenue(recommendation: ScoringInput, node: NodeMetrics, *, record: float) -> float | None:
    gain, base = recommendation.gain_sat_30d, node.revenue_base_sat
    if gain == 0:
        return 0.0
    return None if gain is None or base is None else _clamp(100 * gain * record / base / FULL_GAIN_PERCENT)


def _ease(recommendation: ScoringInput) -> float:
    value = EASE[recommendation.ease]
    if recommendation.effort_hours < 1:
        value *= 1.2
    elif recommendation.effort_hours > 8:
        value *= 0.7
    cost, gain = recommendation.cost_sat, recommendation.gain_sat_30d
    if cost == 0:
        value *= 1.1
    elif cost is not None and gain is not None and cost > gain:
        value *= 0.8
    return _clamp(value)


def _safety(recommendation: ScoringInput, node: NodeMetrics) -> float:
    risk = RISK[recommendation.risk]
    if recommendation.is_close:
        risk *= 1.5
    elif recommendation.is_monitoring:
        risk *= 0.5
    if node.uptime_ratio is not None and node.uptime_ratio < 0.90:
        risk *= 1.3
    elif node.uptime_ratio is not None and node.uptime_ratio > 0.99:
        risk *= 0.8
    return 1 - _clamp(risk)


def _confidence(recommendation: ScoringInput, *, record: float) -> float | None:
    if recommendation.oldest_fact_days is None:
        return None
    share = recommendation.facts_present / max(recommendation.facts_needed, 1)
    decay = 0.5 ** (max(recommendation.oldest_fact_days, 0.0) / HALF_LIFE_DAYS)
    return _clamp(recommendation.rule_confidence * share * decay * record)


def _network(recommendation: ScoringInput, network: NetworkState) -> float | None:
    signals = []
    if recommendation.is_onchain and network.onchain_fee_percentile is not None:
        signals.append(_clamp(1 - network.onchain_fee_percentile / 100))
    if recommendation.fee_ppm is not None and recommendation.peer_median_ppm is not None:
        distance = abs(log2(max(recommendation.fee_ppm, 1) / max(recommendation.peer_median_ppm, 1)))
        signals.append(min(1.0, distance))
    return sum(signals) / len(signals) if signals else None


def _clamp(value: float) -> float:
    return min(max(value, 0.0), 1.0)
