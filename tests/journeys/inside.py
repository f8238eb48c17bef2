"""Call the floors in process, from a sync test: async code then uses the test's own connection and its transaction."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from asgiref.sync import async_to_sync

from models_registry.models import Provider, Strategy
from rag.domain.events import Event
from recommendations.domain.advice import Engine
from recommendations.services.collect import Advice, advise_now
from recommendations.services.prepare import AdviceRequest
from recommendations.services.recommend import advise
from tests.journeys.stage import Stage

T = TypeVar("T")


def request_of(stage: Stage, **changes: Any) -> AdviceRequest:
    """Return the operator's request for the rules' advice on the demo node, changed as said."""
    plain = AdviceRequest(pubkey=stage.pubkey, unit="user:1", user=stage.user, engine=Engine.RULES, max_results=20)
    return replace(plain, **changes)


def advised(stage: Stage, *, at: datetime | None = None, **changes: Any) -> Advice:
    """Return a finished turn of advice."""
    return run(advise_now, request_of(stage, **changes), at=at or stage.demo.at)


def turn(stage: Stage, *, at: datetime | None = None, **changes: Any) -> list[Event]:
    """Return the events of a turn of advice."""
    return heard(advise(request_of(stage, **changes), at=at or stage.demo.at))


def heard(events: AsyncGenerator[Event, None]) -> list[Event]:
    """Return every event of a stream."""

    async def listen() -> list[Event]:
        async with aclosing(events) as opened:
            return [event async for event in opened]

    return run(listen)


def run(work: Callable[..., Awaitable[T]], *args: Any, **kwargs: Any) -> T:
    result: T = async_to_sync(work)(*args, **kwargs)
    return result


def types(events: list[Event]) -> list[str]:
    return [event.type.value for event in events]


def let_echo_speak() -> None:
    """Switch the echo host on: it is found like any other, and repeats what it is told under any schema."""
    Provider.objects.filter(slug="ollama").update(is_enabled=False)
    Provider.objects.filter(slug="echo").update(is_enabled=True, checked_at=None)
    Strategy.objects.update(max_tokens=60_000)  # it repeats its whole prompt in every text of the document
