"""Note an answer that was just shown, to be asked again in the shadow. By its row's id: the words stay in one place."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from models_registry.domain.variants import ANSWER
from models_registry.services import shadow
from rag.services.prepare import Ask

FIELDS = ("k", "temperature", "max_tokens", "user_tier")  # of how it was asked; the rest stands in the row


def offer(ask: Ask, *, answer_id: UUID, shown: Mapping[str, Any]) -> int:
    """Offer an answer that a model gave to every variant on trial; mostly there is none. Return for how many."""
    if not _can_be_asked_again(ask):
        return 0
    subject = {"answer": str(answer_id), **{name: getattr(ask, name) for name in FIELDS}}
    return shadow.offer(ANSWER, subject=subject, shown=shown, at=ask.at)


def _can_be_asked_again(ask: Ask) -> bool:
    """Leave out what nobody asked, what one model was asked for, and keys of nobody: no row tells what they read."""
    user = ask.user
    is_bare_key = user is not None and user.is_authenticated and user.pk is None
    return not (ask.is_for_everybody or ask.force_model or is_bare_key)
