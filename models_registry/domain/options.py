"""The values a choice between models is made of: what was asked, what each model offers, what the policy wants. Pure.

All of them can be written as plain JSON and read back, so that a past choice can be made again under another policy.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from models_registry.domain.breaker import BreakerState
from models_registry.domain.chat import ModelTier

TIERS: Mapping[str, frozenset[ModelTier]] = {  # RT-04, where no row says otherwise
    "free": frozenset({ModelTier.LOCAL}),
    "standard": frozenset({ModelTier.LOCAL, ModelTier.BALANCED}),
    "premium": frozenset(ModelTier),
    "enterprise": frozenset(ModelTier),
}


class Naming(StrEnum):
    """What a list of wanted models comes from."""

    STRATEGY = "strategy"  # the kind of question
    RULE = "rule"  # words in the prompt
    REQUEST = "request"  # the caller named it: no other model is asked
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Policy:
    """How complexity, cost and experience choose. `is_routing` False: the lists of names alone decide."""

    slug: str = "default"
    is_routing: bool = True
    low_complexity: float = 0.3
    high_complexity: float = 0.7
    max_cost_usd: Decimal = Decimal("0.05")
    default_tier: str = "standard"
    observed_after: int = 20
    exploration_share: float = 0.0
    is_learning: bool = False
    is_detecting: bool = True  # False: a question that names no kind is a detailed one
    is_streaming: bool = True


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of a request when a model is chosen. Never its text."""

    purpose: str = ""
    query_type: str = ""
    user_tier: str = "standard"
    lang: str = ""
    complexity: float = 0.0
    parts: Mapping[str, float] = field(default_factory=dict)
    prompt_tokens: int = 0  # estimated
    expected_tokens: int = 0  # of the answer, estimated
    is_auto: bool = False  # nobody named a model and no strategy stands behind it: the bands decide
    wanted: tuple[str, ...] = ()
    naming: Naming = Naming.NOTHING
    usual: tuple[str, ...] = ()  # the default list: settles ties, and decides alone where the policy does not route
    rule: str = ""
    rule_words: tuple[str, ...] = ()
    specialty: str = ""
    deadline_s: float | None = None
    place: int = 0  # the unit's bucket, 0 to 9999: exploration sticks to units


@dataclass(frozen=True, slots=True)
class Option:
    """One model on one host. None is unknown; `obstacle` is empty when it may be asked."""

    host: str
    model: str
    tier: ModelTier = ModelTier.LOCAL
    declared_latency_ms: int | None = None
    declared_quality: float | None = None  # of 10
    observed_latency_ms: int | None = None
    observed_quality: float | None = None
    calls: int = 0
    cost_usd: Decimal = Decimal(0)  # of this request, estimated
    load_s: float | None = None
    is_resident: bool | None = None
    size_bytes: int | None = None
    specialties: tuple[str, ...] = ()
    breaker: BreakerState = BreakerState.CLOSED
    obstacle: str = ""
