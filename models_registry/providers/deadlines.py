"""Hold a host to its time limits. One limit alone cannot tell a cold load from a hang."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

from models_registry.domain.chat import Timeouts
from models_registry.domain.errors import ProviderTimeout
from models_registry.providers.cutting import WaitCut, Waiter

T = TypeVar("T")


async def within(step: Awaitable[T], *, limit_s: float, what: str) -> T:
    """Return the step's result.

    :raises ProviderTimeout: when it takes longer than `limit_s` seconds.
    """
    try:
        async with asyncio.timeout(limit_s):
            return await step
    except TimeoutError as exc:
        raise _too_long(what, limit_s) from exc


def _too_long(what: str, limit_s: float) -> ProviderTimeout:
    return ProviderTimeout(f"{what} took longer than {limit_s:g} s.")


class StreamClock:
    """The limits of one answer: until its first line, between two lines, and in all."""

    def __init__(self, timeouts: Timeouts, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._timeouts = timeouts
        self._clock = clock
        self._started = clock()
        self._first_token_at: float | None = None

    @property
    def elapsed_s(self) -> float:
        return self._clock() - self._started

    @property
    def latency_ms(self) -> int:
        return round(self.elapsed_s * 1000)

    @property
    def first_token_ms(self) -> int | None:
        return None if self._first_token_at is None else round((self._first_token_at - self._started) * 1000)

    def note_token(self) -> None:
        """Remember the moment of the first token; later calls change nothing."""
        if self._first_token_at is None:
            self._first_token_at = self._clock()

    async def wait(self, step: Awaitable[T]) -> T:
        """Return the step's result within the limit in force now.

        :raises ProviderTimeout: naming the limit that was passed.
        """
        limit_s, what = self._limit()
        return await within(step, limit_s=limit_s, what=what)

    async def hold(self, lines: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
        """Yield the lines or events, each within the limit in force when it is awaited.

        :raises ProviderTimeout: naming the limit that was passed.
        """
        alarm = _Alarm()
        try:
            async with aclosing(lines):
                while (line := await self._next(lines, alarm)) is not None:
                    yield line
        finally:
            alarm.close()

    async def _next(self, lines: AsyncGenerator[T, None], alarm: "_Alarm") -> T | None:
        limit_s, what = self._limit()
        alarm.set(limit_s)
        try:
            return await alarm.waiter.wait_for(anext(lines, None))
        except WaitCut as exc:
            raise _too_long(what, limit_s) from exc

    def _limit(self) -> tuple[float, str]:
        left_s = self._timeouts.total_s - self.elapsed_s
        if self._first_token_at is None:
            step_s, what = self._timeouts.first_token_s - self.elapsed_s, "The first token"
        else:
            step_s, what = self._timeouts.idle_s, "The next piece"
        return (left_s, "The whole answer") if left_s < step_s else (step_s, what)


class _Alarm:
    """Ends the wait that goes on when its limit is reached. One timer serves many: it looks again when it rings."""

    def __init__(self) -> None:
        self.waiter = Waiter()
        self._loop = asyncio.get_running_loop()
        self._at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def set(self, limit_s: float) -> None:
        """Let the next wait last `limit_s` seconds."""
        self._at = self._loop.time() + limit_s
        if self._timer is None or self._timer.when() > self._at:
            self.close()
            self._timer = self._loop.call_at(self._at, self._ring)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        if not self.waiter.is_waiting:
            return
        if self._loop.time() < self._at:
            self._timer = self._loop.call_at(self._at, self._ring)
        else:
            self.waiter.cut()
