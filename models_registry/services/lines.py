"""The lines: who waits here for which model, in which order, over all processes, and what they are told."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from uuid import UUID

from models_registry.domain.errors import QueueFull, RateLimited, WaitTooLong
from models_registry.domain.line import Waiting, in_order, positions, turn_of
from models_registry.domain.placement import Seat, expected_wait_s, without_load
from models_registry.services.lease import Lease
from models_registry.services.roster import Entry, Roster
from models_registry.services.seating import Seating
from models_registry.services.visits import Outlook, Visit

GRACE_S = 1.0  # a request of another process that does not take what is free is passed by then
AT_LEAST_S = 1.0  # to come back sooner makes no sense


class Lines:
    """One line per model, as seen from one event loop."""

    def __init__(self, lease: Lease, roster: Roster, seating: Seating) -> None:
        self._lease = lease
        self._roster = roster
        self._seating = seating
        self._loop = asyncio.get_running_loop()
        self._visits: dict[str, list[Visit]] = defaultdict(list)
        self._gone: dict[UUID, str] = {}  # published requests that wait no longer, and their models
        self._blocked: dict[str, tuple[UUID, float]] = {}  # by model: the other's request that is first, since when
        self._counted_at = self._loop.time()

    def __bool__(self) -> bool:
        return bool(self._visits or self._gone)

    def __contains__(self, model: object) -> bool:
        return model in self._visits

    def models(self) -> tuple[str, ...]:
        """Return the models for which somebody waits here."""
        return tuple(self._visits)

    def of(self, model: str) -> tuple[Visit, ...]:
        """Return who waits here for this model, by arrival."""
        return tuple(self._visits.get(model, ()))

    def joined(self, model: str) -> tuple[Visit, ...]:
        """Return those of them who have their turn."""
        return tuple(visit for visit in self._visits.get(model, ()) if visit.is_joined)

    def line(self, model: str) -> list[Waiting]:
        """Return all requests with a turn, of all processes, in no order."""
        return [*(visit.waiting for visit in self.joined(model)), *self._roster.others(model)]

    def is_empty(self, model: str) -> bool:
        """Return whether nobody waits for this model, in any process, as far as is known."""
        return model not in self._visits and not self._roster.others(model)

    def add(self, visit: Visit) -> None:
        """Let a request wait."""
        self._visits[visit.model].append(visit)

    def fail_all(self, failure: Exception) -> None:
        """Send everybody away."""
        for visit in tuple(self.waiting()):
            self.forget(visit)
            visit.fail(failure)

    def forget(self, visit: Visit) -> None:
        line = self._visits.get(visit.model, [])
        if visit in line:
            line.remove(visit)
        if not line:
            self._visits.pop(visit.model, None)
        if visit.is_published:
            self._gone[visit.waiting.id] = visit.model

    def waiting(self) -> Iterator[Visit]:
        return (visit for line in tuple(self._visits.values()) for visit in tuple(line) if visit.is_waiting)

    def entitled(self, model: str) -> list[Visit]:
        """Return our requests before whom no other process's request has its turn, in order; then the newcomers."""
        ours = {visit.waiting.id: visit for visit in self.joined(model)}
        newcomers = [visit for visit in self.of(model) if not visit.is_joined]
        entitled: list[Visit] = []
        for waiting in in_order(self.line(model)):
            if waiting.is_ours:
                entitled.append(ours[waiting.id])
            elif not entitled and self._may_pass(model, waiting):
                continue
            else:
                return entitled
        return entitled + newcomers

    def _may_pass(self, model: str, other: Waiting) -> bool:
        """Return whether the first in line, of another process, had time enough to take what is free."""
        now = self._loop.time()
        head, since = self._blocked.get(model, (None, now))
        if head != other.id:
            self._blocked[model] = (other.id, now)
            return False
        return now - since > GRACE_S

    def note_freed(self, models: Iterable[str]) -> None:
        """Whoever is first in these lines has the grace to take what was freed."""
        for model in models:
            self._blocked.pop(model, None)

    def join(self, model: str) -> None:
        """Give those who found no slot their turn, and refuse those for whom there is no sense in waiting."""
        line = self.line(model)
        for visit in self.of(model):
            if not visit.is_joined and not self._seating.is_known(visit):
                continue  # its hosts were not asked yet what they hold
            if (refusal := self._overdue(visit) if visit.is_joined else self._refusal(visit, line)) is not None:
                self.forget(visit)
                visit.fail(refusal)
            elif not visit.is_joined:
                visit.waiting = replace(visit.waiting, turn=turn_of(visit.waiting.unit, line))
                visit.is_joined = True
                line.append(visit.waiting)

    def _refusal(self, visit: Visit, line: list[Waiting]) -> RateLimited | None:
        """Return why a newcomer had better not wait."""
        seats = self._seating.seats(visit)
        tokens = sum(waiting.tokens for waiting in line)
        expected_s = expected_wait_s(seats, tokens_ahead=tokens)
        in_line_s = expected_wait_s([without_load(seat) for seat in seats], tokens_ahead=tokens)
        retry_after_s = max(AT_LEAST_S, expected_s or 0.0)
        if len(line) >= visit.queue_limit:
            return QueueFull(f"{len(line)} requests wait for {visit.model}.", retry_after_s=retry_after_s)
        is_measured = all(seat.tokens_per_s is not None for seat in seats)  # nobody is sent away for a guess
        if is_measured and ((in_line_s or 0.0) > visit.max_wait_s or (expected_s or 0.0) > visit.deadline_s):
            return WaitTooLong(f"{visit.model} would be free too late.", retry_after_s=retry_after_s)
        return None

    def _overdue(self, visit: Visit) -> WaitTooLong | None:
        waited_s = self._loop.time() - visit.arrived_at
        if waited_s - visit.loading_s <= visit.max_wait_s and waited_s <= visit.deadline_s:
            return None
        expected_s = visit.outlook.expected_wait_s if visit.outlook else None
        return WaitTooLong(
            f"{visit.model} did not become free in time.", retry_after_s=max(AT_LEAST_S, expected_s or 0.0)
        )

    async def write_down(self) -> None:
        """Let the other processes see who waits here, and who does no longer."""
        gone, self._gone = self._gone, {}
        if gone:
            await self._roster.withdraw(gone.keys(), models=set(gone.values()))
        new = [visit for visit in self.waiting() if visit.is_joined and not visit.is_published]
        for visit in new:
            visit.is_published = True
        if new:
            await self._roster.publish([Entry(visit.model, visit.ask.purpose, visit.waiting) for visit in new])

    def publish_again(self) -> None:
        """The database is back: it, or whoever took us for dead, may have forgotten us."""
        for visit in self.waiting():
            visit.is_published = False

    def oldest_waits(self) -> dict[str, float]:
        """Return for how long the oldest request of each line has waited, over all processes, in seconds."""
        now_us = round(self._loop.time() * 1e6) + self._lease.clock_offset_us
        arrivals = {
            model: [
                one.arrived_us for one in (*(visit.waiting for visit in self.of(model)), *self._roster.others(model))
            ]
            for model in {*self._visits, *self._roster.models()}
        }
        return {model: max(0.0, (now_us - min(arrived)) / 1e6) for model, arrived in arrivals.items() if arrived}

    def count_loading(self) -> None:
        """Time spent waiting for a load is not counted as waiting in line."""
        now = self._loop.time()
        for visit in self.waiting():
            if visit.is_held_up:
                visit.loading_s += now - max(self._counted_at, visit.arrived_at)
        self._counted_at = now

    def tell(self, model: str) -> None:
        """Tell each request where it stands."""
        ours = {visit.waiting.id: visit for visit in self.joined(model)}
        line = self.line(model)
        places, ahead = positions(line), 0
        views: dict[frozenset[str], list[Seat]] = {}
        for waiting in in_order(line):
            if (visit := ours.get(waiting.id)) is not None:
                hosts = frozenset(visit.candidates)
                seats = views.get(hosts) or views.setdefault(hosts, self._seating.seats(visit))
                self._tell_one(visit, seats, position=places[waiting.id], tokens_ahead=ahead)
            ahead += waiting.tokens

    def _tell_one(self, visit: Visit, seats: list[Seat], *, position: int, tokens_ahead: int) -> None:
        expected_s = expected_wait_s(seats, tokens_ahead=tokens_ahead)
        host = self._seating.loads_for([visit]).get(visit.model)
        visit.is_held_up = host is not None and not any(seat.is_ready for seat in seats)
        if host is None or not visit.is_held_up or position > host.endpoint.admission.slots:
            visit.tell(Outlook(position, expected_s))
        else:
            visit.tell(Outlook(position, expected_s, load=host.load, host=host.endpoint.slug))
