"""Tables of the models floor, one file per subject."""

from models_registry.models.breakers import Breaker, BreakerChange
from models_registry.models.hosts import (
    CatalogEntry,
    LanguageModel,
    Provider,
    ProviderKind,
    Pull,
    validate_base_url,
    validate_full_tag,
    validate_secret_name,
)
from models_registry.models.keys import ApiKey, RequestWindow
from models_registry.models.ledger import Generation
from models_registry.models.rollouts import (
    Exposure,
    Guard,
    Rollout,
    RolloutEvent,
    RolloutOutcome,
    ShadowRun,
    Variant,
)
from models_registry.models.strategies import Route, RoutingPolicy, RoutingRule, Strategy, Tier, UserTier
from models_registry.models.waiting import ProcessLease, RunningTurn, Waiter

__all__ = [
    "ApiKey",
    "Breaker",
    "BreakerChange",
    "CatalogEntry",
    "Exposure",
    "Generation",
    "Guard",
    "LanguageModel",
    "ProcessLease",
    "Provider",
    "ProviderKind",
    "Pull",
    "RequestWindow",
    "Rollout",
    "RolloutEvent",
    "RolloutOutcome",
    "Route",
    "RoutingPolicy",
    "RoutingRule",
    "RunningTurn",
    "ShadowRun",
    "Strategy",
    "Tier",
    "UserTier",
    "Variant",
    "Waiter",
    "validate_base_url",
    "validate_full_tag",
    "validate_secret_name",
]
