"""Measure a call to a service: as a decorator or around a block, sync or async (MO-05)."""

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from functools import wraps
from inspect import iscoroutinefunction
from types import TracebackType
from typing import Any, ParamSpec, TypeVar, cast

from models_registry import metrics

P = ParamSpec("P")
T = TypeVar("T")


class instrumented(AbstractContextManager[None], AbstractAsyncContextManager[None]):  # noqa: N801 - reads as a verb
    """Counts a call and its time, and a failure by its code.

    `@instrumented("sparkseer_api", "node")` on a function, or `with instrumented(…):`, `async with instrumented(…):`.
    """

    def __init__(self, service: str, endpoint: str, *, clock: Callable[[], float] = time.perf_counter) -> None:
        self._service = service
        self._endpoint = endpoint
        self._clock = clock
        self._began = 0.0

    def __call__(self, call: Callable[P, T]) -> Callable[P, T]:
        """Return the call, measured each time in an object of its own."""
        if iscoroutinefunction(call):

            @wraps(call)
            async def measured_async(*args: P.args, **kwargs: P.kwargs) -> Any:
                async with self._anew():
                    return await call(*args, **kwargs)

            return cast(Callable[P, T], measured_async)

        @wraps(call)
        def measured(*args: P.args, **kwargs: P.kwargs) -> T:
            with self._anew():
                return call(*args, **kwargs)

        return measured

    def __enter__(self) -> None:
        self._began = self._clock()

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        is_failure = isinstance(failure, Exception)  # who is canceled or leaves says nothing of the service
        error_type = str(getattr(failure, "code", "") or type(failure).__name__) if is_failure else ""
        seconds = self._clock() - self._began
        metrics.note_external(self._service, self._endpoint, seconds=seconds, error_type=error_type)

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.__exit__(kind, failure, trace)

    def _anew(self) -> "instrumented":
        return instrumented(self._service, self._endpoint, clock=self._clock)
