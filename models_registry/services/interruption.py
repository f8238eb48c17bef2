"""End a wait when an event is set, without a task for each step of a stream. Touches nobody else's wait."""

import asyncio
from collections.abc import AsyncGenerator
from typing import TypeVar

from models_registry.domain.errors import GenerationCanceled
from models_registry.providers.cutting import WaitCut, Waiter

T = TypeVar("T")


async def until_stopped(pieces: AsyncGenerator[T, None], stop: asyncio.Event | None) -> AsyncGenerator[T, None]:
    """Yield the pieces until `stop` is set; the caller closes them.

    :raises GenerationCanceled: once it is set, also in the midst of a wait for the next piece.
    """
    if stop is None:
        async for piece in pieces:
            yield piece
        return
    waiter = Waiter()
    bell = asyncio.create_task(stop.wait())
    bell.add_done_callback(lambda _bell: waiter.cut())
    try:
        while not stop.is_set():
            if (heard := await waiter.wait_for(anext(pieces, None))) is None:
                return
            yield heard
    except WaitCut:
        pass
    finally:
        bell.cancel()
    raise GenerationCanceled("This turn was stopped.")
