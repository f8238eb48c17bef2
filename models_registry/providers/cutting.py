"""End a wait from outside, without a task or a timer for each step of a stream. Touches nobody else's wait."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


class WaitCut(Exception):
    """The wait was ended by `cut`."""


class Waiter:
    """Waits for one step after the other; `cut` cancels the task that waits within `wait_for`, and only there."""

    def __init__(self) -> None:
        self._waiting: asyncio.Task[None] | None = None
        self._is_cut = False

    @property
    def is_waiting(self) -> bool:
        return self._waiting is not None

    def cut(self) -> None:
        """End the wait, if there is one: between two steps the task is somebody else's."""
        if self._waiting is not None and not self._is_cut:
            self._is_cut = True
            self._waiting.cancel()

    async def wait_for(self, step: Awaitable[T]) -> T:
        """Return the step's result.

        :raises WaitCut: when the wait was ended.
        """
        self._waiting = task = asyncio.current_task()
        try:
            result = await step
            if self._is_cut:
                await asyncio.sleep(0)  # cut as the result came: the cancellation is met here, not later
        except asyncio.CancelledError:
            if not self._is_cut or task is None or task.uncancel() > 0:
                raise  # somebody else wants the whole task to end
            raise WaitCut from None
        finally:
            self._waiting = None
        return result
