"""Rows that several tests begin with."""

from datetime import UTC, datetime

from models_registry.models import LanguageModel, Provider, Strategy

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def host(slug: str = "ollama", **more) -> Provider:
    """Return a healthy host that loses patience quickly."""
    values = {
        "name": slug.title(),
        "base_url": "http://localhost:1",
        "is_healthy": True,
        "checked_at": NOW,
        "connect_timeout_s": 1.0,
        "default_timeout_s": 1.0,
        "first_token_timeout_s": 1.0,
        "idle_timeout_s": 0.5,
        "total_timeout_s": 5.0,
        "load_timeout_s": 2.0,
        "retry_wait_s": 0.01,
    }
    return Provider.objects.create(slug=slug, **{**values, **more})


def model(provider: Provider, tag: str, **more) -> LanguageModel:
    values = {"digest": "d", "size_bytes": 1, "capabilities": ["completion"], "is_installed": True, "seen_at": NOW}
    return LanguageModel.objects.create(provider=provider, tag=tag, **{**values, **more})


def strategy(query_type: str = "detailed", *names: str, **more) -> Strategy:
    return Strategy.objects.create(query_type=query_type, models_in_order=list(names), **more)
