"""Answer a question from the library as a stream of events."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from models_registry.domain.query_types import QueryType
from models_registry.services.turns import Ticket
from rag.domain.conversing import Conversing
from rag.domain.errors import QuestionInvalid
from rag.domain.events import Event
from rag.domain.hygiene import strip_invisible
from rag.services.prepare import Ask
from rag.services.turn import Turn

SHORTEST_QUESTION = 3  # characters
LONGEST_QUESTION = 2000


async def answer(
    question: str,
    *,
    unit: str,
    user: AbstractBaseUser | AnonymousUser | None,
    at: datetime,
    lang: str | None = None,
    node_pubkey: str | None = None,
    k: int | None = None,
    use_cache: bool = True,
    query_type: QueryType | None = None,
    force_model: str | None = None,
    temperature: float | None = None,
    max_tokens: int | None = None,
    include_ai: bool = True,
    user_tier: str | None = None,
    conversation: Conversing | None = None,
    is_for_everybody: bool = False,
    ticket: Ticket | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncGenerator[Event, None]:
    """Yield the events of one turn, ended by exactly one `complete` or `error`. Closing it hangs up on the model.

    Order: status 0, node_info 25, similar_document 25, status 50, token…, answer 90, complete 100; or, from the cache,
    cached_data 90 after the status. Without a model the answer quotes the library and says so. Between the status 50
    and the first token come queued and loading 50 while the model is not free. A `warning` follows a sentence that
    states what no passage holds. Whoever holds `ticket` may stop the turn; it then ends with `generation_canceled`.

    :raises QuestionInvalid: before anything is yielded, when the question is too short or too long.
    :raises ConversationUnknown: when it goes on with a conversation that is not the asker's.
    """
    ask = Ask(
        question=cleaned(question),
        unit=unit,
        user=user,
        at=at,
        lang=lang,
        node_pubkey=node_pubkey,
        k=k,
        use_cache=use_cache,
        query_type=query_type,
        force_model=force_model,
        temperature=temperature,
        max_tokens=max_tokens,
        include_ai=include_ai,
        user_tier=user_tier,
        conversation=conversation,
        is_for_everybody=is_for_everybody,
    )
    async with aclosing(Turn(ask, ticket=ticket or Ticket(), clock=clock).events()) as events:
        async for event in events:
            yield event


def cleaned(question: str) -> str:
    """Return the question on one line without invisible signs.

    :raises QuestionInvalid: when it is too short or too long.
    """
    asked = " ".join(strip_invisible(question).split())
    if not SHORTEST_QUESTION <= len(asked) <= LONGEST_QUESTION:
        raise QuestionInvalid(f"Ask a question of {SHORTEST_QUESTION} to {LONGEST_QUESTION:,} characters.")
    return asked
