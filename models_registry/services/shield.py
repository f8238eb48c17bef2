"""Finish what must not be cut short: the one write at the end of a turn, also when the reader hangs up."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def finish(work: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `work` to its end even when the surrounding task is cancelled; the cancellation goes on afterwards."""
    task = asyncio.ensure_future(work(*args, **kwargs))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with contextlib.suppress(asyncio.CancelledError):  # canceled again: the task still comes to its end
                await asyncio.wait({task})
        raise
