"""Bring a recommendation's payload into the shape that the page lays out, wherever it comes from.

An older row or a hand-made payload may lack a field: it is then unknown. What is of the wrong kind is left out. Pure.
"""

from collections.abc import Mapping
from typing import Any

LISTS = {
    "values": ("name", "unit", "current", "new"),
    "evidence": ("label", "value", "unit", "channel", "source", "as_of"),
    "citations": ("number", "title", "breadcrumb", "quote", "url", "document_id"),
}
PARTS = {
    "gain": ("low_sat", "high_sat", "horizon_days", "computation"),
    "impact": ("metric", "low", "high", "unit", "horizon_days"),
    "metadata": ("more_like_this", "lang"),
    "impact_factors": (),
}
PLATFORMS = ("lnd", "cln")
COMMAND = ("command", "verify", "inverse", "prepare", "checked", "copyable", "problem", "instead")
TEXTS = ("tracking_id", "title", "explanation", "reasoning", "priority", "category", "state", "note", "reject_reason")
WORD_LISTS = ("notes", "missing")


def shaped(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload with every field that the page reads; None, "" or () where it is not known."""
    card = dict(payload)
    card.update({name: str(payload.get(name) or "") for name in TEXTS})
    card.update({name: [str(one) for one in _list(payload.get(name))] for name in WORD_LISTS})
    card.update({name: _rows(payload.get(name), keys) for name, keys in LISTS.items()})
    card.update({name: _part(payload.get(name), keys) for name, keys in PARTS.items()})
    card["commands"] = _commands(payload.get("commands"))
    return card


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _rows(value: Any, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{**dict.fromkeys(keys), **one} for one in _list(value) if isinstance(one, dict)]


def _part(value: Any, keys: tuple[str, ...]) -> dict[str, Any] | None:
    return {**dict.fromkeys(keys), **value} if isinstance(value, dict) else None


def _commands(value: Any) -> dict[str, dict[str, Any]] | None:
    if not isinstance(value, dict):
        return None
    parts = {name: _part(value.get(name), COMMAND) or dict.fromkeys(COMMAND) for name in PLATFORMS}
    return {name: {**part, "prepare": [str(one) for one in _list(part["prepare"])]} for name, part in parts.items()}
