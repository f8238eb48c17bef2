"""The first rows of this floor. Idempotent; a row that somebody edited is never touched."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Model

from models_registry.domain.query_types import QueryType
from models_registry.models import Provider, ProviderKind, Rollout, Strategy
from models_registry.services.rollouts import ADVICE

# After the model made for the type: what people often have. A name without a tag is a family and means all its tags.
SENSIBLE = ("llama3:8b-instruct", "llama3.1:8b", "llama3.2", "mistral", "qwen2.5", "gemma2", "phi3")
STRATEGY_FIELDS = ("temperature", "top_p", "top_k", "repeat_penalty", "num_ctx", "max_tokens")
STRATEGIES: dict[QueryType, tuple[str, tuple[float, float, int, float, int, int]]] = {
    QueryType.QUICK: ("phi3:medium", (0.20, 0.85, 30, 1.15, 8192, 800)),
    QueryType.DETAILED: ("qwen2.5:14b-instruct", (0.30, 0.92, 40, 1.10, 16384, 2500)),
    QueryType.TECHNICAL: ("codellama:13b-instruct", (0.25, 0.90, 35, 1.12, 8192, 1500)),
    QueryType.SCORING: ("phi3:medium", (0.10, 0.80, 20, 1.20, 4096, 500)),
    QueryType.STRATEGIC: ("qwen2.5:14b-instruct", (0.40, 0.95, 50, 1.08, 8192, 2000)),
    QueryType.TROUBLESHOOTING: ("codellama:13b-instruct", (0.15, 0.85, 25, 1.18, 8192, 1200)),
}
ROLLOUT = {"name": "Advice by model", "is_enabled": True, "share_percent": Decimal(100)}


def load(*, at: datetime) -> tuple[str, ...]:
    """Create what is missing, let unedited rows follow new defaults, and return one line per change."""
    lines = [
        _keep(Provider, {"slug": "ollama"}, _ollama()),
        _keep(Provider, {"slug": "echo"}, _echo()),
        *(_keep(Strategy, {"query_type": kind.value}, _strategy(kind)) for kind in STRATEGIES),
        _keep(
            Rollout, {"slug": ADVICE}, {"name": "Advice by model", "is_enabled": True, "share_percent": Decimal(100)}
        ),
    ]
    return tuple(line for line in lines if line)


def _ollama() -> dict[str, Any]:
    return {"name": "Ollama", "kind": ProviderKind.OLLAMA.value, "base_url": settings.OLLAMA_URL, "is_enabled": True}


def _echo() -> dict[str, Any]:
    return {"name": "Echo", "kind": ProviderKind.ECHO.value, "base_url": "", "is_enabled": False, "priority": 90}


def _strategy(kind: QueryType) -> dict[str, Any]:
    named, knobs = STRATEGIES[kind]
    return {"models_in_order": [named, *SENSIBLE], **dict(zip(STRATEGY_FIELDS, knobs, strict=True))}


def _keep(table: type[Model], lookup: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:
    """Create or follow one row; its `seed` remembers what it was loaded with."""
    seed = {name: _plain(value) for name, value in values.items()}
    row: Any = table._default_manager.filter(**lookup).first()
    name = f"{table._meta.verbose_name} {next(iter(lookup.values()))}"
    if row is None:
        table._default_manager.create(**lookup, **values, seed=seed)
        return f"created {name}"
    is_edited = any(_plain(getattr(row, field)) != loaded for field, loaded in row.seed.items())
    if is_edited or row.seed == seed:
        return None
    for field, value in values.items():
        setattr(row, field, value)
    row.seed = seed
    row.save()
    return f"updated {name}"


def _plain(value: Any) -> Any:
    """Return the value as JSON keeps it, so that it compares after a round trip."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
