"""One turn from the question to its last event, and what every turn keeps to."""

from contextlib import aclosing
from typing import Any

from asgiref.sync import sync_to_async

from rag.domain.events import Event, EventType
from rag.models import Answer
from rag.services.answer import answer
from tests.rag.conftest import NOW

QUESTION = "What is the default base fee?"
NODE = "02" + "ab" * 32


async def turn(question: str = QUESTION, **more: Any) -> list[Event]:
    events = answer(question, unit="user:1", user=more.pop("user", None), at=NOW, **more)
    async with aclosing(events) as opened:
        return [event async for event in opened]


def types(events: list[Event]) -> list[str]:
    """Return the types in order, repeats once."""
    found: list[str] = []
    for event in events:
        if not found or found[-1] != event.type.value:
            found.append(event.type.value)
    return found


def data(events: list[Event], kind: EventType) -> dict[str, Any]:
    return dict(next(event.data for event in events if event.type is kind))


def assert_invariants(events: list[Event]) -> None:
    assert [event.is_terminal for event in events] == [False] * (len(events) - 1) + [True]
    progress = [event.progress for event in events]
    assert progress == sorted(progress)
    assert progress[0] == 0


def row() -> Answer:
    return Answer.objects.get()


get_row = sync_to_async(row)
