"""Keep a failing service from being asked: a decorator for any call, sync or async (CB-04)."""

import time
from collections.abc import Callable
from functools import wraps
from inspect import isawaitable, iscoroutinefunction
from typing import Any, Final, ParamSpec, TypeVar, cast

from django.utils import timezone

from models_registry.domain.errors import BreakerOpen, ModelError
from models_registry.services import breaker_calls
from models_registry.services.borrow import borrowing
from models_registry.services.breaker_calls import Passage
from models_registry.services.instrument import instrumented

P = ParamSpec("P")
T = TypeVar("T")
NO_FALLBACK: Final[Any] = object()  # None is a fallback like any other


def with_circuit_breaker(
    name: str, *, failures: tuple[type[Exception], ...], fallback: Any = NO_FALLBACK
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Return a decorator that asks the breaker `name` before each call and tells it how the call went.

    `failures` are the errors that speak against the service; they are raised on, as is any other. While the breaker is
    open the call is not made: `fallback` is returned, or called with the same arguments and its result returned.

    :raises BreakerOpen: (the decorated call) while it is open and there is no fallback.
    """

    def guarded(call: Callable[P, T]) -> Callable[P, T]:
        guard = _Guard(call, name, failures=failures, fallback=fallback)

        @wraps(call)
        async def guarded_async(*args: P.args, **kwargs: P.kwargs) -> Any:
            return await guard.call_async(*args, **kwargs)

        @wraps(call)
        def guarded_sync(*args: P.args, **kwargs: P.kwargs) -> Any:
            return guard.call_sync(*args, **kwargs)

        return cast(Callable[P, T], guarded_async if iscoroutinefunction(call) else guarded_sync)

    return guarded


class _Guard:
    """One guarded function: which breaker, which errors count, and what is said instead."""

    def __init__(
        self, call: Callable[..., Any], name: str, *, failures: tuple[type[Exception], ...], fallback: Any
    ) -> None:
        self._call = call
        self._name = name
        self._failures = failures
        self._fallback = fallback
        self._what = call.__name__.strip("_")

    def call_sync(self, *args: Any, **kwargs: Any) -> Any:
        passage = self._ask()
        if passage is None:
            return self._instead(*args, **kwargs)
        began = time.perf_counter()
        try:
            with instrumented(self._name, self._what):
                answer = self._call(*args, **kwargs)
        except BaseException as exc:
            self._note(passage, exc, began)
            raise
        self._note(passage, None, began)
        return answer

    async def call_async(self, *args: Any, **kwargs: Any) -> Any:
        passage = await borrowing(self._ask)
        if passage is None:
            found = self._instead(*args, **kwargs)
            return await found if isawaitable(found) else found
        began = time.perf_counter()
        try:
            async with instrumented(self._name, self._what):
                answer = await self._call(*args, **kwargs)
        except BaseException as exc:
            await borrowing(self._note, passage, exc, began)
            raise
        await borrowing(self._note, passage, None, began)
        return answer

    def _ask(self) -> Passage | None:
        return breaker_calls.ask(self._name, at=timezone.now())

    def _instead(self, *args: Any, **kwargs: Any) -> Any:
        if self._fallback is NO_FALLBACK:
            raise BreakerOpen(f"{self._name} failed too often lately and is left alone for a while.")
        return self._fallback(*args, **kwargs) if callable(self._fallback) else self._fallback

    def _note(self, passage: Passage, failure: BaseException | None, began: float) -> None:
        now, latency_ms = timezone.now(), round((time.perf_counter() - began) * 1000)
        if failure is None:
            breaker_calls.went_well(passage, latency_ms=latency_ms, at=now)
        elif isinstance(failure, ModelError):  # its kind decides, see domain/breaker.py
            breaker_calls.failed_with(passage, failure, latency_ms=latency_ms, at=now)
        elif isinstance(failure, self._failures):
            breaker_calls.went_wrong(passage, failure, latency_ms=latency_ms, at=now)
        else:
            breaker_calls.proved_nothing(passage, at=now)
