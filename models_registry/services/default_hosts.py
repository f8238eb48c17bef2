"""First rows of hosts and routes, from the environment. Hosted models stay off until a key exists (RT-07)."""

import os
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db.models import Model

from models_registry.models import Provider, ProviderKind, Route

LOCAL_KINDS = [ProviderKind.OLLAMA.value, ProviderKind.ECHO.value]  # echo answers only where somebody switched it on
HOSTED = (
    ("openai", "OpenAI", ProviderKind.OPENAI, "https://api.openai.com/v1", "OPENAI_API_KEY"),
    ("anthropic", "Anthropic", ProviderKind.ANTHROPIC, "https://api.anthropic.com", "ANTHROPIC_API_KEY"),
)
LOCAL_PURPOSES = ("answer", "advice")

Row = tuple[type[Model], dict[str, Any], dict[str, Any]]


def rows() -> Iterable[Row]:
    """Return every first row of this subject: its table, what it is found by, and its values."""
    yield Provider, {"slug": "ollama"}, _ollama()
    yield Provider, {"slug": "echo"}, _echo()
    for slug, name, kind, base_url, secret_name in HOSTED:
        yield Provider, {"slug": slug}, _hosted(name, kind=kind, base_url=base_url, secret_name=secret_name)
    for purpose in LOCAL_PURPOSES:  # questions about the operator's own node do not leave the house (WF-08)
        yield Route, {"purpose": purpose}, {"kinds": LOCAL_KINDS, "model": settings.GEN_MODEL}
    yield Route, {"purpose": "chat"}, {"kinds": _chat_kinds(), "model": ""}


def _ollama() -> dict[str, Any]:
    return {
        "name": "Ollama",
        "kind": ProviderKind.OLLAMA.value,
        "base_url": settings.OLLAMA_URL,
        "is_enabled": True,
        "keep_alive": settings.OLLAMA_KEEP_ALIVE,
        "slots": settings.OLLAMA_NUM_PARALLEL,
        "first_token_timeout_s": settings.OLLAMA_TIMEOUT,
        **_batches(),
    }


def _echo() -> dict[str, Any]:
    return {"name": "Echo", "kind": ProviderKind.ECHO.value, "base_url": "", "is_enabled": False, "priority": 90}


def _hosted(name: str, *, kind: ProviderKind, base_url: str, secret_name: str) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind.value,
        "base_url": base_url,
        "secret_name": secret_name,
        "is_enabled": bool(os.environ.get(secret_name, "").strip()),
        "priority": 50,  # after every local host
        "slots": 8,
        **(_batches() if kind is ProviderKind.OPENAI else {}),  # Anthropic's hosts do not embed
    }


def _batches() -> dict[str, Any]:
    return {"embed_batch_size": settings.BATCH_SIZE, "embed_batches_at_once": settings.MAX_CONCURRENT_BATCHES}


def _chat_kinds() -> list[str]:
    """Return the kinds that plain chat may use: the one asked for, and the local ones it falls back to."""
    return list(dict.fromkeys((settings.LLM_PROVIDER, *LOCAL_KINDS)))
