"""When two names mean the same model: families, full tags, quantized forms. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

USUAL_NUM_CTX = 8192  # for a model that no strategy names; constant, since a change of it reloads the model

NAMES_KEPT = 8192  # under 2 MB; every plan compares the same few


@dataclass(frozen=True, slots=True)
class Wish:
    """What one strategy asks for: models or families in order, and the window it needs."""

    models: tuple[str, ...]
    num_ctx: int


@lru_cache(maxsize=NAMES_KEPT)
def normalized(name: str) -> str:
    """Return the comparable form of a model name: lower case, `:latest` when it has no tag."""
    key = name.strip().lower()
    return key if ":" in key.rpartition("/")[2] else f"{key}:latest"


@lru_cache(maxsize=NAMES_KEPT)
def is_named_by(tag: str, wanted: str) -> bool:
    """Return whether a strategy's entry means this installed tag.

    A family (`llama3.2`) means all its tags; a full tag also means its quantized forms (`…-q4_K_M`).
    """
    have, want = normalized(tag), wanted.strip().lower()
    if ":" not in want.rpartition("/")[2]:
        return have.rpartition(":")[0] == want
    return have == want or have.startswith(f"{want}-")


def can_speak(tag: str, capabilities: Sequence[str]) -> bool:
    """Return whether a model completes text; where the host is too old to tell, its name decides."""
    return "completion" in capabilities if capabilities else "embed" not in tag.lower()


def pinned_num_ctx(tag: str, *, wishes: Sequence[Wish], limit: int | None) -> int:
    """Return the one window this model is always asked with: the largest of the strategies that name it."""
    named = [wish.num_ctx for wish in wishes if any(is_named_by(tag, wanted) for wanted in wish.models)]
    pinned = max(named, default=USUAL_NUM_CTX)
    return min(pinned, limit) if limit else pinned
