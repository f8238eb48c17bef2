"""End a wait when an event is set, without a task for each step of a stream. Touches nobody else's wait."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Literal, TypeVar

from models_registry.domain.errors import GenerationCanceled

T = TypeVar("T")


async def until_stopped(pieces: AsyncGenerator[T, None], stop: asyncio.Event | None) -> AsyncGenerator[T, None]:
    """Yield the pieces until `stop` is set; the caller closes them.

    :raises GenerationCanceled: once it is set, also in the midst of a wait for the next piece.
    """
    if stop is None:
        async for piece in pieces:
            yield piece
        return
    watch = _Watch(stop)
    try:
        while (heard := await watch.wait_for(pieces)) is not None:
            yield heard
    finally:
        watch.close()


class _Watch:
    """Cancels the task that waits within `wait_for`, and only there: between two pieces it is somebody else's."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop
        self._waiting: asyncio.Task[None] | None = None
        self._has_struck = False
        self._bell = asyncio.create_task(stop.wait())
        self._bell.add_done_callback(self._strike)

    async def wait_for(self, pieces: AsyncGenerator[T, None]) -> T | None:
        """Return the next piece, None after the last one.

        :raises GenerationCanceled: when it was stopped.
        """
        if self._stop.is_set():
            raise GenerationCanceled("This turn was stopped.")
        self._waiting = task = asyncio.current_task()
        try:
            piece = await anext(pieces, None)
            if self._has_struck:
                await asyncio.sleep(0)  # struck as the piece came: the cancellation is met here, not later
        except asyncio.CancelledError:
            if not self._has_struck or task is None or task.uncancel() > 0:
                raise  # somebody else wants the whole task to end
            raise GenerationCanceled("This turn was stopped.") from None
        finally:
            self._waiting = None
        return piece

    def close(self) -> None:
        self._bell.remove_done_callback(self._strike)
        self._bell.cancel()

    def _strike(self, bell: asyncio.Task[Literal[True]]) -> None:
        if self._waiting is not None and not bell.cancelled():
            self._has_struck = True
            self._waiting.cancel()
