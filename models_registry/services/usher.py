"""Lead waiting requests to slots: one line per model over all hosts and processes, and loads where they pay.

One task per event loop does all of it, in rounds: it wakes when somebody comes or leaves, when a host or another
process has news, and now and then while somebody waits.
"""

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from uuid import uuid4

from models_registry import metrics
from models_registry.domain.line import Waiting, in_order
from models_registry.domain.placement import (
    Seat,
    best_seat,
    line_wait_s,
    seats_worth_a_load,
)
from models_registry.domain.routing import normalized
from models_registry.services import lease
from models_registry.services.lines import Lines
from models_registry.services.loading import Loader, LoadFailed
from models_registry.services.pace import Pace
from models_registry.services.residency import Residency
from models_registry.services.roster import Roster, Said
from models_registry.services.seating import Seating
from models_registry.services.slots import KEEP_IDLE_S, Key, Slots
from models_registry.services.visits import Ask, Visit

logger = logging.getLogger(__name__)
TICK_S = 0.25  # while somebody waits: a process that died frees its slots without a word
SOON_S = 0.02  # news that came within one reading
GRACE_S = 1.0  # a request of another process that does not take what is free is passed by then
WITHOUT_HOST = frozenset({"echo"})  # they speak within this process: there is nothing to wait for


class Usher:
    """The admission of one event loop."""

    def __init__(self) -> None:
        held = lease.current()
        self.lease = held
        self.pace = Pace()
        self._loop = asyncio.get_running_loop()
        self._slots = Slots(held)
        self._residency = Residency(changed=self.wake)
        self._loader = Loader(held, self._residency, ended=self._load_ended)
        self._roster = Roster(held, told=self._told)
        self._seating = Seating(self._slots, self._residency, self._loader, self.pace)
        self._lines = Lines(held, self._roster, self._seating)
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        held.when(gained=self._regained, lost=self.wake)

    def enter(self, ask: Ask) -> Visit:
        """Let a request in: at once where a slot is kept ready, else into the line. Never blocks, never refuses."""
        now = self._loop.time()
        model = normalized(ask.candidates[0].model)
        arrived_us = round(now * 1e6) + self.lease.clock_offset_us
        waiting = Waiting(id=uuid4(), unit=ask.unit[:80], arrived_us=arrived_us, tokens=ask.tokens, turn=0)
        hosts = {candidate.endpoint.slug: candidate for candidate in reversed(ask.candidates)}
        visit = Visit(ask, model, waiting, now, self, dict(reversed(hosts.items())))
        if all(candidate.endpoint.kind in WITHOUT_HOST for candidate in ask.candidates):
            visit.place(ask.candidates[0], slot=None, at=now)
        elif not self._seated_at_once(visit):
            self._lines.add(visit)
            self.wake()
        return visit

    def left(self, visit: Visit, *, tokens: int | None, is_well: bool | None) -> None:
        """Take back what the request held."""
        if visit.slot is None or visit.candidate is None:
            self._lines.forget(visit)
            self.wake()
            return
        key = (visit.candidate.endpoint.slug, visit.model)
        self._seating.running[key].pop(visit.slot, None)
        self._slots.release(key, visit.slot)
        host = self._residency.host(visit.candidate.endpoint)
        if is_well is False:
            self._residency.note_failure(host)
            self._residency.refresh(host, at_once=True)
        elif is_well:
            self._residency.note_success(host)
            if tokens is not None:
                seconds = self._loop.time() - (visit.placed_at or visit.arrived_at)
                self.pace.note(*key, purpose=visit.ask.purpose, tokens=tokens, seconds=seconds)
        if self._task is None or not self._lines.is_empty(visit.model):
            self.wake()

    def wake(self) -> None:
        """Have a round soon."""
        self._wake.set()
        if self._task is None:
            self._task = self._loop.create_task(self._rounds())
            self._task.add_done_callback(self._ended)

    def _seated_at_once(self, visit: Visit) -> bool:
        if not self._lines.is_empty(visit.model) or not self._roster.is_fresh() or not self._seating.is_known(visit):
            return False
        seat = best_seat(self._seating.seats(visit))
        return seat is not None and self._take(visit, seat)

    def _take(self, visit: Visit, seat: Seat) -> bool:
        key = (seat.host, visit.model)
        number = self._slots.take_idle(key)
        if number is None:
            return False
        self._seating.running.setdefault(key, {})[number] = visit
        visit.place(visit.candidates[seat.host], slot=number, at=self._loop.time())
        metrics.QUEUE_WAIT.labels(purpose=visit.ask.purpose).observe(visit.queue_s)
        return True

    # Rounds

    async def _rounds(self) -> None:
        while True:
            self._wake.clear()
            await self._round()
            if not self._lines and not self._slots.has_idle():
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause_s()):
                    await self._wake.wait()

    def _pause_s(self) -> float:
        if not self._roster.is_settled():
            return SOON_S
        return TICK_S if self._lines else KEEP_IDLE_S / 2

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if task.cancelled():
            return
        if (failure := task.exception()) is not None:
            logger.error("Unable to lead requests to slots", exc_info=failure)
            self._lines.fail_all(RuntimeError("The queue broke down."))
        elif self._wake.is_set():
            self.wake()

    async def _round(self) -> None:
        await self.lease.ready()
        if not self._roster.is_fresh():
            await self._roster.read()
        self._lines.count_loading()
        for model in self._lines.models():
            await self._seat_line(model)
        await self._make_room_for_others()
        for model in self._lines.models():
            self._lines.join(model)
            self._load(model)
        await self._lines.write_down()
        for model in self._lines.models():
            self._lines.tell(model)

    # Seats

    async def _seat_line(self, model: str) -> None:
        """Lead as many as possible to slots, in order; locks are asked for together."""
        while plan := self._planned(model):
            wanted: dict[Key, int] = defaultdict(int)
            for _, seat in plan:
                wanted[seat.host, model] += 1
            for _, seat in plan:
                key = (seat.host, model)
                missing = wanted.pop(key, 0) - self._slots.idle(key)
                if missing > 0:
                    await self._slots.reserve(key, capacity=seat.slots, count=missing)
            if not self._placed(plan):
                return

    def _placed(self, plan: list[tuple[Visit, Seat]]) -> bool:
        is_any = False
        for visit, seat in plan:
            if visit.is_waiting and self._take(visit, seat):
                self._lines.forget(visit)
                is_any = True
        return is_any

    def _planned(self, model: str) -> list[tuple[Visit, Seat]]:
        """Return who may go where now, should the slots be had."""
        planned: dict[str, int] = defaultdict(int)
        work: dict[str, int] = defaultdict(int)
        plan: list[tuple[Visit, Seat]] = []
        in_vain: set[frozenset[str]] = set()  # hosts without a free slot: not looked at again for the whole line
        for visit in self._lines.entitled(model):
            hosts = frozenset(visit.candidates)
            if hosts in in_vain or not self._seating.is_known(visit):
                in_vain.add(hosts)
                continue
            seats = [_beside(seat, planned, work) for seat in self._seating.openings(visit)]
            if (seat := best_seat(seats)) is None:
                in_vain.add(hosts)
                continue
            planned[seat.host] += 1
            work[seat.host] += visit.ask.tokens
            plan.append((visit, seat))
        return plan

    async def _make_room_for_others(self) -> None:
        """Give back what was kept too long, and at once what others wait for."""
        wanted = self._slots.kept_for(self._roster.models())
        await self._slots.give_back({**self._slots.expired(), **wanted})
        if wanted:
            models = {model for _, model in wanted}
            self._lines.note_freed(models)
            await self._roster.say(Said.FREED, models)

    # Loads

    def _load(self, model: str) -> None:
        """Have the model loaded where that serves the first or the last in line sooner than staying."""
        joined = self._lines.joined(model)
        if not joined:
            return
        waiting, line = self._lines.oldest_waits(), in_order(self._lines.line(model))
        ends = {visit.waiting.id: visit for visit in joined if visit.waiting in (line[0], line[-1])}
        ends.setdefault(joined[0].waiting.id, joined[0])
        for visit in ends.values():
            ahead = 0 if visit is joined[0] else sum(other.tokens for other in line if other.id != visit.waiting.id)
            if self._load_for(visit, tokens_ahead=ahead, waiting=waiting):
                return

    def _load_for(self, visit: Visit, *, tokens_ahead: int, waiting: dict[str, float]) -> bool:
        seats = self._seating.seats(visit)
        is_served = line_wait_s(seats, tokens_ahead=0) is not None
        if visit.model in self._seating.loads_for([visit]):
            return True  # one more at a time
        for seat in seats_worth_a_load(seats, tokens_ahead=tokens_ahead):
            candidate = visit.candidates[seat.host]
            host = self._residency.host(candidate.endpoint)
            household = self._seating.household(host, waiting)
            if self._loader.is_loading(host) or not household.may_load(visit.model, is_served_elsewhere=is_served):
                continue
            self._loader.begin(candidate)
            return True
        return False

    # News

    def _regained(self) -> None:
        self._lines.publish_again()
        self.wake()

    def _told(self, said: Said, model: str) -> None:
        """Another process said something about a line."""
        if said is Said.FREED:
            self._slots.note_free(model)
            self._lines.note_freed((model,))
        if model in self._lines or (said is Said.JOINED and self._slots.has_idle()):
            self.wake()

    def _load_ended(self, failed: LoadFailed | None) -> None:
        """A load ended, here or elsewhere. A failed one is a failure of that host for all who wait for the model."""
        if failed is not None:
            for visit in self._lines.of(failed.model):
                candidate = visit.candidates.pop(failed.host, None)
                if candidate is not None:
                    visit.failures.append((candidate, failed.failure))
                if not visit.candidates:
                    self._lines.forget(visit)
                    visit.fail(failed.failure)
        self.wake()


def _beside(seat: Seat, planned: Mapping[str, int], work: Mapping[str, int]) -> Seat:
    """Return the seat as it will be when those planned before have sat down."""
    free = max(0, seat.free - planned.get(seat.host, 0))
    return replace(seat, free=free, running_tokens=seat.running_tokens + work.get(seat.host, 0))
