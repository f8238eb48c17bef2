"""The first rows of breakers and tiers (CB-03, RT-04, SE-03). Data; defaults.py keeps them."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db.models import Model

from models_registry.domain.chat import ModelTier
from models_registry.models import ApiKey, Breaker, Tier

Row = tuple[type[Model], Mapping[str, Any], Mapping[str, Any]]

POSTGRES = "postgres"  # held in the memory of each process: what fails cannot be where it is written
CACHE = "cache"
OLLAMA = "ollama_local"
HOSTED = "anthropic_api"
USUAL_SUCCESSES = 2
BREAKERS = {  # failures in a row, seconds left alone, successful trials
    HOSTED: (3, 120.0, USUAL_SUCCESSES),
    OLLAMA: (10, 30.0, 3),
    POSTGRES: (10, 30.0, 3),
    CACHE: (10, 30.0, 3),
}
BREAKERS_AS_USUAL = ("sparkseer_api", "lnbits_api")
LIMIT_FIELDS = ("failure_threshold", "recovery_s", "success_threshold")
TIERS = {
    ApiKey.Tier.FREE: (ModelTier.LOCAL,),
    ApiKey.Tier.STANDARD: (ModelTier.LOCAL, ModelTier.BALANCED),
    ApiKey.Tier.PREMIUM: tuple(ModelTier),
    ApiKey.Tier.ENTERPRISE: tuple(ModelTier),
}
REQUESTS_PER_MINUTE = 60
REQUESTS_PER_HOUR = 1000


def rows() -> tuple[Row, ...]:
    """Return table, lookup and values of each first row."""
    return (*(_breaker(name) for name in (*BREAKERS, *BREAKERS_AS_USUAL)), *(_tier(slug) for slug in TIERS))


def usual_limits(name: str) -> dict[str, Any]:
    """Return the limits of a new breaker without a template: its own, else CIRCUIT_BREAKER_THRESHOLD and _TIMEOUT."""
    usual = (settings.CIRCUIT_BREAKER_THRESHOLD, settings.CIRCUIT_BREAKER_TIMEOUT, USUAL_SUCCESSES)
    return dict(zip(LIMIT_FIELDS, BREAKERS.get(name, usual), strict=True))


def template_of(kind: str) -> str:
    """Return the breaker whose limits those of a kind of host copy."""
    return HOSTED if kind in ("openai", "anthropic") else OLLAMA


def _breaker(name: str) -> Row:
    return Breaker, {"name": name}, {"service": name, **usual_limits(name)}


def _tier(slug: ApiKey.Tier) -> Row:
    values = {
        "model_tiers": [tier.value for tier in TIERS[slug]],
        "requests_per_minute": REQUESTS_PER_MINUTE,
        "requests_per_hour": REQUESTS_PER_HOUR,
    }
    return Tier, {"slug": slug.value}, values
