"""Keep models resident as Ollama's scheduler does: one load at a time, slots, eviction, reloads, expiry."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field

from tests.servers.ollama.catalog import InstalledModel
from tests.servers.ollama.ledger import Ledger
from tests.servers.ollama.options import LoadOptions
from tests.servers.ollama.records import Load, LoadCause, Unload, UnloadCause, WaitCause
from tests.servers.ollama.refusals import BUSY, Refused

LONGEST_TIMER_S = 86_400.0 * 365  # asyncio need not count to Go's 292 years


@dataclass(slots=True)
class Limits:
    """The scheduler's settings, named after the environment of the real server. May be changed while it runs."""

    num_parallel: int = 1  # OLLAMA_NUM_PARALLEL
    max_loaded: int = 3  # OLLAMA_MAX_LOADED_MODELS
    max_queue: int = 512  # OLLAMA_MAX_QUEUE: bounds only requests that need a load
    keep_alive_s: float = 300.0  # OLLAMA_KEEP_ALIVE
    cold_load_s: float = 0.0  # how long any load takes
    load_bytes_per_s: float | None = None  # and how much longer a big model takes

    def load_s(self, model: InstalledModel) -> float:
        """Return how long this model takes to load."""
        if model.load_s is not None:
            return model.load_s
        return self.cold_load_s + (model.size / self.load_bytes_per_s if self.load_bytes_per_s else 0.0)


@dataclass(slots=True)
class Runner:
    """One model in memory, or on its way there."""

    model: InstalledModel
    options: LoadOptions
    keep_alive_s: float
    parallel: int
    slots: asyncio.Semaphore
    users: int = 0  # with or without a slot
    is_loading: bool = True
    adopts: bool = False  # placed by hand: the first request decides the options
    settled: asyncio.Event = field(default_factory=asyncio.Event)  # the load ended, well or badly
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    used_at: float = field(default_factory=time.monotonic)
    expires_at: float | None = None  # monotonic; None while in use
    timer: asyncio.TimerHandle | None = None

    def remaining_s(self, now: float) -> float:
        """Return the life left; a runner in use has all of it ahead."""
        return self.keep_alive_s if self.expires_at is None else self.expires_at - now


@dataclass(frozen=True, slots=True)
class Want:
    """What a request wants of the scheduler."""

    model: InstalledModel
    options: LoadOptions
    keep_alive_s: float | None
    request: int
    load_failure: Refused | None = None  # how a load ends, should one be needed


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
        self._pending = 0

    @property
    def pending(self) -> int:
        """Return how many requests stand in the queue that MAX_QUEUE bounds."""
        return self._pending

    def resident(self) -> tuple[Runner, ...]:
        """Return the runners, the longest remaining life first."""
        now = time.monotonic()
        return tuple(sorted(self._runners.values(), key=lambda runner: -runner.remaining_s(now)))

    @asynccontextmanager
    async def lease(self, want: Want) -> AsyncIterator[Lease]:
        """Yield a loaded runner with a free slot.

        :raises Refused: 503 when too many requests wait for a load; whatever the load ended with.
        """
        began_ns = time.monotonic_ns()
        runner = await self._obtain(want)
        load_ns = time.monotonic_ns() - began_ns
        try:
            await self._take_slot(runner, request=want.request)
            try:
                with self._ledger.counting("speaking", f"speaking {want.model.name}"):
                    yield Lease(runner, load_ns)
            finally:
                runner.slots.release()
        finally:
            self._release(runner)

    async def touch(self, want: Want) -> None:
        """Load a model without speaking: a preload needs no slot.

        :raises Refused: 503 when too many requests wait for a load; whatever the load ended with.
        """
        self._release(await self._obtain(want))

    def place(self, model: InstalledModel, options: LoadOptions) -> None:
        """Put a model into memory without a load, as if it had been there before. Only while nothing is served."""
        runner = self._new_runner(model, options)
        runner.is_loading, runner.adopts = False, True
        self._runners[model.name] = runner

    def unload(self, model: InstalledModel) -> None:
        """Drop a model at once, or when its last user is done."""
        runner = self._runners.get(model.name)
        if runner is None:
            return
        runner.keep_alive_s = 0.0
        if not runner.users and not runner.is_loading:
            self._drop(runner, UnloadCause.ASKED)

    async def _take_slot(self, runner: Runner, *, request: int) -> None:
        if not runner.slots.locked():
            await runner.slots.acquire()
            return
        with self._ledger.waiting(runner.model.name, WaitCause.SLOT, request=request):
            await runner.slots.acquire()

    async def _obtain(self, want: Want) -> Runner:
        runner = await self._ready(want) or await self._queued(want)
        self._occupy(runner, want.keep_alive_s)
        return runner

    async def _ready(self, want: Want) -> Runner | None:
        """Return the runner that is there or on its way: such a request bypasses the queue, and with it the 503."""
        while runner := self._fitting(want):
            if not runner.is_loading:
                return runner
            with self._ledger.waiting(want.model.name, WaitCause.SHARED_LOAD, request=want.request):
                await runner.settled.wait()
        return None

    def _fitting(self, want: Want) -> Runner | None:
        runner = self._runners.get(want.model.name)
        if runner is not None and runner.adopts:
            runner.options, runner.adopts = want.options, False
        return runner if runner is not None and runner.options == want.options else None

    async def _queued(self, want: Want) -> Runner:
        if self._pending >= self.limits.max_queue:
            raise Refused(503, BUSY)
        with self._ledger.waiting(want.model.name, WaitCause.LOAD, request=want.request):
            self._pending += 1
            try:
                await self._one_load.acquire()
            finally:
                self._pending -= 1
            try:
                return await self._ready(want) or await self._load(want)
            finally:
                self._one_load.release()

    async def _load(self, want: Want) -> Runner:
        cause = await self._make_room(want.model)
        load = Load(want.model.name, cause, asdict(want.options), want.request)
        runner = self._new_runner(want.model, want.options)
        self._ledger.add(load)
        self._runners[want.model.name] = runner
        try:
            await asyncio.sleep(self.limits.load_s(want.model))
            if want.load_failure:
                raise want.load_failure
        except BaseException as exc:  # the load belongs to the request that caused it
            load.aborted = isinstance(exc, asyncio.CancelledError)
            load.failed = not load.aborted
            del self._runners[want.model.name]
            raise
        finally:
            load.finished_at = time.monotonic()
            runner.is_loading = False
            runner.settled.set()
        return runner

    def _new_runner(self, model: InstalledModel, options: LoadOptions) -> Runner:
        parallel = 1 if model.has_one_slot else self.limits.num_parallel
        return Runner(model, options, self.limits.keep_alive_s, parallel, asyncio.Semaphore(parallel))

    async def _make_room(self, model: InstalledModel) -> LoadCause:
        stale = self._runners.get(model.name)
        if stale is not None and await self._drop_when_idle(stale, UnloadCause.RELOADED, made_room_for=model):
            return LoadCause.RELOAD
        while len(self._runners) >= self.limits.max_loaded:
            await self._drop_when_idle(self._victim(), UnloadCause.EVICTED, made_room_for=model)
        return LoadCause.COLD

    def _victim(self) -> Runner:
        # The shortest keep_alive first, then the one unused for longest; an idle one before a busy one.
        by_life = sorted(self._runners.values(), key=lambda runner: (runner.keep_alive_s, runner.used_at))
        return next((runner for runner in by_life if not runner.users), by_life[0])

    async def _drop_when_idle(self, runner: Runner, cause: UnloadCause, *, made_room_for: InstalledModel) -> bool:
        """Return whether it was still there to drop once its users had left."""
        while runner.users:
            await runner.idle.wait()
        if self._runners.get(runner.model.name) is not runner:
            return False
        self._drop(runner, cause, made_room_for=made_room_for.name)
        return True

    def _drop(self, runner: Runner, cause: UnloadCause, *, made_room_for: str = "") -> None:
        if runner.timer:
            runner.timer.cancel()
        del self._runners[runner.model.name]
        self._ledger.add(Unload(runner.model.name, cause, made_room_for=made_room_for))

    def _occupy(self, runner: Runner, keep_alive_s: float | None) -> None:
        if runner.timer:
            runner.timer.cancel()
        if keep_alive_s is not None:  # whoever asks last decides for all
            runner.keep_alive_s = keep_alive_s
        runner.users += 1
        runner.used_at = time.monotonic()
        runner.expires_at = None
        runner.idle.clear()

    def _release(self, runner: Runner) -> None:
        runner.users -= 1
        runner.used_at = time.monotonic()
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
