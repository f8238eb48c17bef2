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
from models_registry.models.rollouts import Exposure, Rollout
from models_registry.models.strategies import Route, RoutingPolicy, RoutingRule, Strategy, Tier, UserTier
from models_registry.models.waiting import ProcessLease, RunningTurn, Waiter

__all__ = [
    "ApiKey",
    "Breaker",
    "BreakerChange",
    "CatalogEntry",
    "Exposure",
    "Generation",
    "LanguageModel",
    "ProcessLease",
    "Provider",
    "ProviderKind",
    "Pull",
    "RequestWindow",
    "Rollout",
    "Route",
    "RoutingPolicy",
    "RoutingRule",
    "RunningTurn",
    "Strategy",
    "Tier",
    "UserTier",
    "Waiter",
    "validate_base_url",
    "validate_full_tag",
    "validate_secret_name",
]
