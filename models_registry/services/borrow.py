"""Borrow the database for one verb from async code, and give the connection back at once."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec, Protocol, TypeVar
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.db import connections

MOST_AT_ONCE = 16  # verbs per process; PostgreSQL's usual limit is a hundred connections for everybody
_QUEUES: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
_ASIDE = ThreadPoolExecutor(8, thread_name_prefix="borrow")  # more would only wait for each other, and the interpreter
T = TypeVar("T")
P = ParamSpec("P")


class Visit(Protocol):
    """Runs a verb that needs the database, and returns what it returns."""

    def __call__(self, verb: Callable[P, T], *given: P.args, **named: P.kwargs) -> Awaitable[T]: ...


async def borrowing_aside(verb: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Do the same in one of a few threads that are kept for it.

    Quicker for doors that Django's handler does not open: without its context, `borrowing` has one thread for them all.
    A transaction that a test holds open is not seen from there.
    """

    def then_give_back() -> T:
        try:
            return verb(*given, **named)
        finally:
            give_back()

    return await asyncio.get_running_loop().run_in_executor(_ASIDE, copy_context().run, then_give_back)


async def borrowing(verb: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Run a verb that needs the database in this request's thread, whose connection is closed afterwards.

    Channels' own helper keeps a connection of CONN_MAX_AGE, and closes it in the midst of a transaction.
    """

    def then_give_back() -> T:
        try:
            return verb(*given, **named)
        finally:
            give_back()

    async with _queue():
        return await sync_to_async(then_give_back)()


def _queue() -> asyncio.Semaphore:
    """Return this event loop's queue: a crowd that asks at once must not open more connections than there are."""
    return _QUEUES.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(MOST_AT_ONCE))


def give_back() -> None:
    """Close this thread's connections, but not within a transaction: the thread lives as long as its stream."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()
