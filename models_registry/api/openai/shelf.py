"""The model list as OpenAI's clients read it: `auto`, the built-in embedder, and each installed name once."""

from datetime import UTC, datetime
from typing import Any

from models_registry.queries.shelf import ShelvedModel
from models_registry.services.chat import AUTO
from models_registry.services.embed import embedding_space

OURS = "lnrag"
SINCE = datetime(2025, 10, 15, tzinfo=UTC)  # of the API; what comes with the product is as old


def listed(models: tuple[ShelvedModel, ...]) -> list[dict[str, Any]]:
    """Return the list's entries; a model on several hosts stands once."""
    ours = [_entry(AUTO, OURS, SINCE), _entry(embedding_space().model, OURS, SINCE)]
    found: dict[str, dict[str, Any]] = {}
    for model in models:
        found.setdefault(model.name, _entry(model.name, model.host_kind, model.seen_at or SINCE))
    return ours + list(found.values())


def _entry(name: str, owner: str, since: datetime) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": int(since.timestamp()), "owned_by": owner}
