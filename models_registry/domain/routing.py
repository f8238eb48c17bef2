"""Decide which models may answer, in which order, and why the others lost. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from models_registry.domain.chat import Candidate, Endpoint

USUAL_NUM_CTX = 8192  # for a model that no strategy names; constant, since a change of it reloads the model


@dataclass(frozen=True, slots=True)
class Offer:
    """A model on a host. `obstacle` says why it may not be asked now; empty when it may."""

    endpoint: Endpoint
    tag: str
    digest: str
    capabilities: tuple[str, ...]
    size_bytes: int | None
    context_length: int | None
    host_priority: int
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one strategy asks for: models or families in order, and the window it needs."""

    models: tuple[str, ...]
    num_ctx: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """The models to ask, best first, and a sentence for each that is not among them."""

    candidates: tuple[Candidate, ...]
    reasons: tuple[str, ...]


def normalized(name: str) -> str:
    """Return the comparable form of a model name: lower case, `:latest` when it has no tag."""
    key = name.strip().lower()
    return key if ":" in key.rpartition("/")[2] else f"{key}:latest"


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


def rank(offers: Sequence[Offer], *, wish: Wish, all_wishes: Sequence[Wish]) -> Ranking:
    """Return the wished models that can be asked in the order wished, then the others, the largest first."""
    open_offers = sorted((offer for offer in offers if not offer.obstacle), key=_by_host_and_size)
    wished = [offer for wanted in wish.models for offer in open_offers if is_named_by(offer.tag, wanted)]
    others = sorted(open_offers, key=lambda offer: -(offer.size_bytes or 0))
    ordered = tuple(dict.fromkeys((*wished, *others)))
    return Ranking(
        candidates=tuple(_candidate(offer, all_wishes) for offer in ordered),
        reasons=(
            *_absent(wish, offers),
            *(f"{o.tag} on {o.endpoint.slug}: {o.obstacle}" for o in offers if o.obstacle),
        ),
    )


def pinned_num_ctx(tag: str, *, wishes: Sequence[Wish], limit: int | None) -> int:
    """Return the one window this model is always asked with: the largest of the strategies that name it."""
    named = [wish.num_ctx for wish in wishes if any(is_named_by(tag, wanted) for wanted in wish.models)]
    pinned = max(named, default=USUAL_NUM_CTX)
    return min(pinned, limit) if limit else pinned


def _absent(wish: Wish, offers: Sequence[Offer]) -> tuple[str, ...]:
    return tuple(
        f"{wanted}: not installed" for wanted in wish.models if not any(is_named_by(o.tag, wanted) for o in offers)
    )


def _by_host_and_size(offer: Offer) -> tuple[int, int]:
    return offer.host_priority, -(offer.size_bytes or 0)


def _candidate(offer: Offer, wishes: Sequence[Wish]) -> Candidate:
    return Candidate(
        endpoint=offer.endpoint,
        model=offer.tag,
        digest=offer.digest,
        capabilities=offer.capabilities,
        num_ctx=pinned_num_ctx(offer.tag, wishes=wishes, limit=offer.context_length),
    )
