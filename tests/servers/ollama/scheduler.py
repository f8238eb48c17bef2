"""Keep models resident as Ollama's scheduler does: one load at a time, slots, eviction, reloads, expiry."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field

from tests.servers.ollama.catalog import InstalledModel
from tests.servers.ollama.options import LoadOptions
from tests.servers.ollama.records import Ledger, Load, LoadCause, Unload, UnloadCause
from tests.servers.ollama.refusals import BUSY, Refused

LONGEST_TIMER_S = 86_400.0 * 365  # asyncio need not count to Go's 292 years


@dataclass(slots=True)
class Limits:
    """The scheduler's settings, named after the environment of the real server."""

    num_parallel: int = 1  # OLLAMA_NUM_PARALLEL
    max_loaded: int = 3  # OLLAMA_MAX_LOADED_MODELS
    max_queue: int = 512  # OLLAMA_MAX_QUEUE: bounds only requests that need a load
    keep_alive_s: float = 300.0  # OLLAMA_KEEP_ALIVE
    cold_load_s: float = 0.0  # how long a load takes


@dataclass(slots=True)
class Runner:
    """One model in memory, or on its way there."""

    model: InstalledModel
    options: LoadOptions
    keep_alive_s: float
    slots: asyncio.Semaphore
    users: int = 0
    is_loading: bool = True
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    expires_at: float | None = None  # monotonic; None while in use
    timer: asyncio.TimerHandle | None = None

    def remaining_s(self, now: float) -> float:
        """Return the life left; a runner in use has all of it ahead."""
        return self.keep_alive_s if self.expires_at is None else self.expires_at - now


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to use a runner. `load_ns` is the time to obtain it: queueing and evictions included."""

    runner: Runner
    load_ns: int


class Scheduler:
    """The resident models. Lives in the server's event loop only."""

    def __init__(self, limits: Limits, ledger: Ledger) -> None:
        self.limits = limits
        self._ledger = ledger
        self._runners: dict[str, Runner] = {}
        self._one_load = asyncio.Lock()
        self._waiting_for_load = 0

    def resident(self) -> tuple[Runner, ...]:
        """Return the runners, the longest remaining life first."""
        now = time.monotonic()
        return tuple(sorted(self._runners.values(), key=lambda runner: -runner.remaining_s(now)))

    @asynccontextmanager
    async def lease(
        self, model: InstalledModel, options: LoadOptions, *, keep_alive_s: float | None, request: int
    ) -> AsyncIterator[Lease]:
        """Yield a loaded runner with a free slot.

        :raises Refused: 503 when too many requests wait for a load.
        """
        began_ns = time.monotonic_ns()
        runner = await self._obtain(model, options, keep_alive_s=keep_alive_s, request=request)
        load_ns = time.monotonic_ns() - began_ns
        try:
            async with runner.slots:
                yield Lease(runner, load_ns)
        finally:
            self._release(runner)

    async def touch(
        self, model: InstalledModel, options: LoadOptions, *, keep_alive_s: float | None, request: int
    ) -> None:
        """Load a model without speaking: a preload."""
        async with self.lease(model, options, keep_alive_s=keep_alive_s, request=request):
            return

    def unload(self, model: InstalledModel) -> None:
        """Drop a model at once, or when its last user is done."""
        runner = self._runners.get(model.name)
        if runner is None:
            return
        runner.keep_alive_s = 0.0
        if not runner.users and not runner.is_loading:
            self._drop(runner, UnloadCause.ASKED)

    async def _obtain(
        self, model: InstalledModel, options: LoadOptions, *, keep_alive_s: float | None, request: int
    ) -> Runner:
        # A hot model bypasses the queue, and with it the 503.
        runner = self._ready(model, options)
        if runner is None:
            runner = await self._queued(model, options, request=request)
        self._occupy(runner, keep_alive_s)
        return runner

    async def _queued(self, model: InstalledModel, options: LoadOptions, *, request: int) -> Runner:
        if self._waiting_for_load >= self.limits.max_queue:
            raise Refused(503, BUSY)
        self._waiting_for_load += 1
        try:
            async with self._one_load:
                return self._ready(model, options) or await self._load(model, options, request=request)
        finally:
            self._waiting_for_load -= 1

    def _ready(self, model: InstalledModel, options: LoadOptions) -> Runner | None:
        runner = self._runners.get(model.name)
        fits = runner is not None and not runner.is_loading and runner.options == options
        return runner if fits else None

    async def _load(self, model: InstalledModel, options: LoadOptions, *, request: int) -> Runner:
        cause = await self._make_room(model)
        load = Load(model.name, cause, asdict(options), request)
        runner = self._new_runner(model, options)
        self._ledger.add(load)
        self._runners[model.name] = runner
        try:
            await asyncio.sleep(self.limits.cold_load_s)
        except asyncio.CancelledError:  # the load belongs to the request that caused it
            load.aborted = True
            del self._runners[model.name]
            raise
        finally:
            load.finished_at = time.monotonic()
        runner.is_loading = False
        return runner

    def _new_runner(self, model: InstalledModel, options: LoadOptions) -> Runner:
        slots = 1 if model.only_embeds else self.limits.num_parallel
        return Runner(model, options, self.limits.keep_alive_s, asyncio.Semaphore(slots))

    async def _make_room(self, model: InstalledModel) -> LoadCause:
        stale = self._runners.get(model.name)
        if stale is not None and await self._drop_when_idle(stale, UnloadCause.RELOADED):
            return LoadCause.RELOAD
        while len(self._runners) >= self.limits.max_loaded:
            await self._drop_when_idle(self._victim(), UnloadCause.EVICTED)
        return LoadCause.COLD

    def _victim(self) -> Runner:
        # The shortest keep_alive first, an idle one before a busy one.
        by_life = sorted(self._runners.values(), key=lambda runner: runner.keep_alive_s)
        return next((runner for runner in by_life if not runner.users), by_life[0])

    async def _drop_when_idle(self, runner: Runner, cause: UnloadCause) -> bool:
        """Return whether it was still there to drop once its users had left."""
        while runner.users:
            await runner.idle.wait()
        if self._runners.get(runner.model.name) is not runner:
            return False
        self._drop(runner, cause)
        return True

    def _drop(self, runner: Runner, cause: UnloadCause) -> None:
        if runner.timer:
            runner.timer.cancel()
        del self._runners[runner.model.name]
        self._ledger.add(Unload(runner.model.name, cause))

    def _occupy(self, runner: Runner, keep_alive_s: float | None) -> None:
        if runner.timer:
            runner.timer.cancel()
        if keep_alive_s is not None:  # whoever asks last decides for all
            runner.keep_alive_s = keep_alive_s
        runner.users += 1
        runner.expires_at = None
        runner.idle.clear()

    def _release(self, runner: Runner) -> None:
        runner.users -= 1
        if runner.users:
            return
        runner.idle.set()
        if self._runners.get(runner.model.name) is not runner:
            return
        if runner.keep_alive_s == 0:
            self._drop(runner, UnloadCause.ASKED)
            return
        runner.expires_at = time.monotonic() + runner.keep_alive_s
        delay_s = min(runner.keep_alive_s, LONGEST_TIMER_S)
        runner.timer = asyncio.get_running_loop().call_later(delay_s, self._expire, runner)

    def _expire(self, runner: Runner) -> None:
        if not runner.users and self._runners.get(runner.model.name) is runner:
            self._drop(runner, UnloadCause.EXPIRED)
