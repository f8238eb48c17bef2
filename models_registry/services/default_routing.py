"""First rows of strategies, rollout, policy and catalog (FEATURES 2.1, 8.2). Data; defaults.py keeps them."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Model

from models_registry.domain.chat import ModelTier
from models_registry.domain.hardware import MODEL_SETS
from models_registry.domain.query_types import QueryType
from models_registry.domain.ramp import RampState
from models_registry.models import CatalogEntry, ProviderKind, Rollout, RoutingPolicy, Strategy
from models_registry.services.rollouts import ADVICE

Row = tuple[type[Model], dict[str, Any], dict[str, Any]]

# After the model made for the type: what people often have. A name without a tag is a family and means all its tags.
SENSIBLE = ("llama3:8b-instruct", "llama3.1:8b", "llama3.2", "mistral", "qwen2.5", "gemma2", "phi3")
STRATEGY_FIELDS = ("temperature", "top_p", "top_k", "repeat_penalty", "num_ctx", "max_tokens")
STRATEGIES: dict[QueryType, tuple[tuple[str, ...], tuple[float, float, int, float, int, int]]] = {
    QueryType.QUICK: (("phi3:medium", "llama3:8b-instruct", "llama3.2"), (0.20, 0.85, 30, 1.15, 8192, 800)),
    QueryType.DETAILED: (("qwen2.5:14b-instruct",), (0.30, 0.92, 40, 1.10, 16384, 2500)),
    QueryType.TECHNICAL: (("codellama:13b-instruct",), (0.25, 0.90, 35, 1.12, 8192, 1500)),
    QueryType.SCORING: (("phi3:medium",), (0.10, 0.80, 20, 1.20, 4096, 500)),
    QueryType.STRATEGIC: (("qwen2.5:14b-instruct",), (0.40, 0.95, 50, 1.08, 8192, 2000)),
    QueryType.TROUBLESHOOTING: (("codellama:13b-instruct",), (0.15, 0.85, 25, 1.18, 8192, 1200)),
}
LOCAL = {  # declared milliseconds, and quality of ten, until measured
    "llama3:8b-instruct": (800, "7.5"),
    "mistral:7b-instruct": (700, "6.5"),
    "qwen2.5:14b-instruct": (1400, "8.5"),
    "phi3:medium": (500, "7.8"),
    "codellama:13b-instruct": (1300, "8.0"),
    "llama3.1:8b": (800, "7.5"),
}
HOSTED = {  # tier, dollars per million tokens in and out, milliseconds, quality of ten
    "claude-3-haiku-20240307": (ModelTier.BALANCED, "0.25", "1.25", 1200, "8.5"),
    "claude-3-sonnet-20240229": (ModelTier.BALANCED, "3", "15", 1500, "9.0"),
    "claude-3-opus-20240229": (ModelTier.PREMIUM, "15", "75", 2000, "9.5"),
}
# Families of which nothing is declared: a host tells size, window and capabilities; the rest is measured.
FAMILIES = (
    *("qwen3", "gemma3", "gpt-oss", "llama3.3", "phi4", "mistral-small", "nomic-embed-text-v2-moe", "bge-m3"),
    *("llama3.2", "mistral", "gemma2", "qwen2.5", "nomic-embed-text"),
)
SHIPPED = {model.tag: model for models in MODEL_SETS.values() for model in models}


def rows() -> Iterable[Row]:
    """Return every first row of this subject: its table, what it is found by, and its values."""
    for kind in STRATEGIES:
        yield Strategy, {"query_type": kind.value}, _strategy(kind)
    yield Rollout, {"slug": ADVICE}, _advice()
    yield RoutingPolicy, {"slug": "default"}, _policy()
    for name in LOCAL:
        yield CatalogEntry, {"name": name}, _local(name)
    for name in HOSTED:
        yield CatalogEntry, {"name": name}, _hosted(name)
    for name in FAMILIES:
        yield CatalogEntry, {"name": name}, {"kind": ProviderKind.OLLAMA.value, "tier": ModelTier.LOCAL.value}


def _strategy(kind: QueryType) -> dict[str, Any]:
    """Return the values of one strategy; what the environment sets holds for all six."""
    named, knobs = STRATEGIES[kind]
    everywhere = {
        "temperature": settings.GEN_TEMPERATURE,
        "top_p": settings.GEN_TOP_P,
        "max_tokens": settings.GEN_MAX_TOKENS,
        "num_ctx": settings.GEN_NUM_CTX,
    }
    return {
        "models_in_order": list(dict.fromkeys((*named, settings.GEN_MODEL_FALLBACK, *SENSIBLE))),
        **dict(zip(STRATEGY_FIELDS, knobs, strict=True)),
        **{name: value for name, value in everywhere.items() if value is not None},
    }


def _policy() -> dict[str, Any]:
    return {
        "is_active": not RoutingPolicy.objects.filter(is_active=True).exclude(slug="default").exists(),
        "is_routing": settings.MODEL_ROUTER_ENABLED,
        "max_cost_usd": settings.MODEL_ROUTER_MAX_COST,
        "default_tier": settings.DEFAULT_USER_TIER,
        "is_detecting": settings.ENABLE_QUERY_TYPE_DETECTION,
        "is_streaming": settings.STREAMING_ENABLED,
    }


def _advice() -> dict[str, Any]:
    everybody = settings.OLLAMA_OPTIMIZER_PERCENTAGE >= 100
    return {
        "is_automatic": False,  # a share that somebody set stays as it was set
        "state": (RampState.COMPLETED if everybody else RampState.RUNNING).value,
        "name": "Advice by model",
        "is_enabled": settings.OLLAMA_OPTIMIZER_ENABLED and settings.USE_OPTIMIZED_PROMPTS,
        "share_percent": Decimal(str(round(settings.OLLAMA_OPTIMIZER_PERCENTAGE, 2))),
    }


def _local(name: str) -> dict[str, Any]:
    latency_ms, quality = LOCAL[name]
    shipped = SHIPPED.get(name)
    return {
        "kind": ProviderKind.OLLAMA.value,
        "tier": ModelTier.LOCAL.value,
        "declared_latency_ms": latency_ms,
        "declared_quality": Decimal(quality),
        "download_gb": shipped.download_gb if shipped else None,
        "memory_gb": shipped.memory_gb if shipped else None,
    }


def _hosted(name: str) -> dict[str, Any]:
    tier, input_usd, output_usd, latency_ms, quality = HOSTED[name]
    return {
        "kind": ProviderKind.ANTHROPIC.value,
        "tier": tier.value,
        "input_usd_per_mtok": Decimal(input_usd),
        "output_usd_per_mtok": Decimal(output_usd),
        "declared_latency_ms": latency_ms,
        "declared_quality": Decimal(quality),
    }
