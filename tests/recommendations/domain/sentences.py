"""Find the sentences of a payload, and those that two languages share though they should not."""

from collections.abc import Iterator
from typing import Any

# What a payload holds beside sentences: names for programs, ids, command lines, words to look up.
NO_SENTENCES = {
    "tracking_id", "action", "category", "priority", "risk_level", "ease", "severity", "rule", "target",
    "reversibility", "state", "generated_at", "id", "as_of", "channel", "finding_key", "topics", "units",
    "lang", "command", "verify", "inverse", "prepare", "file_text", "name", "kind", "peer_pubkey", "scid",
    "chan_point", "node_pubkey", "channels", "look", "intent", "values", "citations",
}  # fmt: skip
INTERNATIONAL = frozenset({"", "sat", "msat", "ppm", "ratio", "sat/vB", "HHI", "h", "x", "%"})


def texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in NO_SENTENCES:
                yield from texts(inner, f"{name}.{key}")
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner, name)
    elif isinstance(value, str) and value not in INTERNATIONAL:
        yield name, value


def left_english(ours: dict[str, Any], french: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what a French payload says in the very words of the English one, by the name of its field."""
    return [before for before, after in zip(texts(ours), texts(french), strict=True) if before == after]
