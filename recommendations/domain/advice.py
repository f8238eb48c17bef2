"""The one vocabulary of advice, from rules to model output, scorer, page and feedback."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Category(StrEnum):
    FEES = "fees"
    LIQUIDITY = "liquidity"
    CHANNELS = "channels"
    PEERS = "peers"
    RELIABILITY = "reliability"
    SAFETY = "safety"
    TIMING = "timing"


class Priority(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Ease(StrEnum):
    EASY = "easy"
    MEDIUM = "medium"
    HARD = "hard"
    VERY_HARD = "very_hard"


class RiskLevel(StrEnum):
    MINIMAL = "minimal"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Reversibility(StrEnum):
    REVERSIBLE = "reversible"
    COSTLY = "costly"
    IRREVERSIBLE = "irreversible"
    NOTHING_CHANGES = "nothing_changes"


class State(StrEnum):
    """The life of a recommendation (FB-05). UI words: new, seen, applied, dismissed, expired."""

    GENERATED = "generated"
    VIEWED = "viewed"
    APPLIED = "applied"
    REJECTED = "rejected"
    EXPIRED = "expired"


class Engine(StrEnum):
    RULES = "rules"
    V2 = "v2"


class FeeLabel(StrEnum):
    """How a fee compares with a median (PR-06)."""

    VERY_COMPETITIVE = "very competitive"
    COMPETITIVE = "competitive"
    ABOVE_MEDIAN = "above median"
    NOT_COMPETITIVE = "not competitive"


def fee_label(fee_ppm: float, *, median_ppm: float | None) -> FeeLabel | None:
    """Return the label by ppm over median: below 0.7, below 1.0, below 1.5, else; None without a positive median."""
    if not median_ppm:
        return None
    ratio = fee_ppm / median_ppm
    if ratio < 0.7:
        return FeeLabel.VERY_COMPETITIVE
    if ratio < 1.0:
        return FeeLabel.COMPETITIVE
    return FeeLabel.ABOVE_MEDIAN if ratio < 1.5 else FeeLabel.NOT_COMPETITIVE


def rank_percentile(rank: int, *, total: int) -> float | None:
    """Return (total - rank) / total in percent, rank 1 being the largest (PR-06); None for an empty field."""
    return None if total <= 0 else 100 * (total - rank) / total


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact a finding rests on. `id` is unique within a node's findings, e.g. `fee_vs_market:700000x1x0:own_ppm`."""

    id: str
    label: str
    value: float | int | str | bool | None
    unit: str
    source: str
    as_of: datetime | None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class GainRange:
    """Expected change of revenue, sat per `horizon_days`, with the computation in words and numbers."""

    low_sat: int
    high_sat: int
    computation: str
    horizon_days: int = 30


@dataclass(frozen=True, slots=True)
class Impact:
    """An expected effect that is not revenue: where `metric` will stand afterwards, from low to high, in `unit`."""

    metric: str
    low: float
    high: float
    unit: str
    horizon_days: int = 30


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule saw. Either it has evidence, or it names what is missing; never a guess."""

    rule: str
    rule_number: int
    category: Category
    severity: Severity
    target: str  # scid, peer pubkey, or the node's own pubkey
    title: str
    explanation: str
    evidence: tuple[Evidence, ...]
    confidence: float  # 0-1, of the rule itself
    action: Any | None = None  # recommendations.domain.actions.Action
    manual_step: str | None = None
    gain: GainRange | None = None
    impact: Impact | None = None
    ease: Ease = Ease.MEDIUM
    effort_hours: float = 1.0
    risk: RiskLevel = RiskLevel.LOW
    cost_sat: int | None = None
    days_to_effect: float = 7.0
    reversibility: Reversibility = Reversibility.REVERSIBLE
    facts_needed: int = 1
    facts_present: int = 1
    missing: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()  # words to look up in the knowledge library
    is_safety: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)
    threshold: str = ""  # the condition that was met, in words and numbers
    window_days: int | None = None  # how many days of evidence; None = a single moment

    @property
    def key(self) -> str:
        """What names this finding among a node's findings: rule and target. Evidence ids start with it."""
        return f"{self.rule}:{self.target}"

    @property
    def is_insufficient(self) -> bool:
        return bool(self.missing) and not self.evidence


@dataclass(frozen=True, slots=True)
class Thresholds:
    """One rule's editable numbers by name; a missing name is a programming error and raises KeyError."""

    rule: str
    values: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        return self.values[name]
