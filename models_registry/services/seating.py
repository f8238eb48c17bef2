"""What each host can offer a request now: slots, speed, memory, trouble. Reads what is known; asks nobody."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from models_registry.domain.placement import Household, Seat, estimated_load_s
from models_registry.services.loading import Loader
from models_registry.services.pace import Pace
from models_registry.services.residency import HostState, Residency
from models_registry.services.slots import Key, Slots
from models_registry.services.visits import Visit

LEAST_LEFT = 0.1  # of a generation that ought to be over


@dataclass(slots=True)
class Seating:
    """The hosts as seen from one line."""

    slots: Slots
    residency: Residency
    loader: Loader
    pace: Pace
    running: dict[Key, dict[int, Visit]] = field(default_factory=dict)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def is_known(self, visit: Visit) -> bool:
        """Return whether all its hosts were asked what they hold; those that were not are asked now."""
        hosts = [self.residency.host(candidate.endpoint) for candidate in visit.candidates.values()]
        for host in hosts:
            self.residency.refresh(host)
        return all(self.residency.is_known(host) for host in hosts)

    def seats(self, visit: Visit) -> list[Seat]:
        """Return its hosts; only kept slots count as free."""
        return [self._seat(visit, slug) for slug in visit.candidates]

    def openings(self, visit: Visit) -> list[Seat]:
        """Return its hosts; slots that may be had by asking count as free too."""
        return [replace(seat, free=seat.free or self._askable(visit, seat)) for seat in self.seats(visit)]

    def _askable(self, visit: Visit, seat: Seat) -> int:
        key = (seat.host, visit.model)
        if not seat.is_ready or self.slots.is_full(key, capacity=seat.slots):
            return 0
        return seat.slots - self.slots.running(key)

    def _seat(self, visit: Visit, slug: str) -> Seat:
        candidate, key = visit.candidates[slug], (slug, visit.model)
        host = self.residency.host(candidate.endpoint)
        slots = candidate.endpoint.admission.slots
        load_s = self._load_s(visit, host)
        is_others = load_s is None and self.loader.is_loading(host) and not self._has_room(host)
        return Seat(
            host=slug,
            slots=slots,
            # Fed on, a model would never become idle, and the host could not push it out for the one that loads.
            free=0 if load_s is not None or is_others else self.slots.idle(key),
            running_tokens=self._running_tokens(key, visit, slots=slots),
            tokens_per_s=self.pace.tokens_per_s(candidate, visit.model),
            load_s=estimated_load_s(candidate.load_s, candidate.size_bytes) if is_others else load_s,
            backlog_s=self._rest_of_load_s(host) if is_others else 0.0,
            penalty_s=self.residency.penalty_s(host),
        )

    def _load_s(self, visit: Visit, host: HostState) -> float | None:
        """Return the time until the model is in memory; None when it is, or when nobody knows: then it is asked."""
        if host.holds(visit.model) is not False:
            return None
        if self.loader.is_loading(host) and host.load is not None and host.load.model == visit.model:
            return self._rest_of_load_s(host)
        candidate = visit.candidates[host.endpoint.slug]
        return estimated_load_s(candidate.load_s, candidate.size_bytes) + self._rest_of_load_s(host)

    def _rest_of_load_s(self, host: HostState) -> float:
        if host.load is None:
            return 0.0
        return max(0.0, (host.load.expected_s or 0.0) - (self.loop.time() - host.load.since))

    def _has_room(self, host: HostState) -> bool:
        room = host.endpoint.admission.max_loaded
        return room is not None and len(host.resident or ()) < room

    def _running_tokens(self, key: Key, visit: Visit, *, slots: int) -> float:
        """Return what our generations there still have to say, and as much for those of others, whom we cannot see."""
        ours = self.running.get(key, {})
        now = self.loop.time()
        left = sum(self._left(other, now) for other in ours.values())
        others = slots - len(ours) if self.slots.is_full(key, capacity=slots) else 0
        return left + others * visit.ask.tokens / 2

    def _left(self, visit: Visit, now: float) -> float:
        candidate = visit.candidate
        speed = self.pace.tokens_per_s(candidate, visit.model) if candidate else None
        said = (speed or 0.0) * (now - (visit.placed_at or now))
        return max(visit.ask.tokens - said, visit.ask.tokens * LEAST_LEFT)

    def household(self, host: HostState, waiting: Mapping[str, float]) -> Household:
        """Return what the host holds and who waits for it. `waiting`: by model, the oldest wait in seconds."""
        return Household(
            resident=host.resident or frozenset(),
            max_loaded=host.endpoint.admission.max_loaded,
            since_switch_s=self.loop.time() - host.switched_at,
            collation_wait_s=host.endpoint.admission.collation_wait_s,
            waiting=waiting,
        )

    def loads_for(self, visits: Iterable[Visit]) -> dict[str, HostState]:
        """Return the hosts that bring in a model of these requests, by model."""
        wanted = {visit.model for visit in visits}
        return {
            host.load.model: host
            for host in self.residency
            if self.loader.is_loading(host) and host.load is not None and host.load.model in wanted
        }
