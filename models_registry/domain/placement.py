"""Where a request is served soonest, and when a host may change its model. Pure.

The expected wait of a request is the work ahead of it, divided by the measured speed of the hosts that hold the
model, plus the time to load it where it is not in memory (OLLAMA.md E.2).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

USUAL_TOKENS_PER_S = 20.0  # of a model not measured yet: a small one on a processor
USUAL_LOAD_S = 15.0
READ_BYTES_PER_S = 500e6  # a model file from a common SSD, when only its size is known
LOAD_OVERHEAD_S = 2.0


@dataclass(frozen=True, slots=True)
class Seat:
    """One host that can serve a model, now or after a load. Times in seconds."""

    host: str
    slots: int
    free: int = 0  # slots that can be had at once
    running_tokens: float = 0.0  # still to come from the generations that run there
    tokens_per_s: float | None = None  # of one generation, measured
    load_s: float | None = None  # None: the model is in memory, or the host has none to fill
    backlog_s: float = 0.0  # before a load could begin: others have their turn
    penalty_s: float = 0.0  # it failed a moment ago

    @property
    def is_ready(self) -> bool:
        return self.load_s is None

    @property
    def rate(self) -> float:
        """Return the tokens per second of all its slots together."""
        return (self.tokens_per_s or USUAL_TOKENS_PER_S) * max(1, self.slots)

    @property
    def until_loaded_s(self) -> float:
        return self.backlog_s + (self.load_s or 0.0) + self.penalty_s


def estimated_load_s(measured_s: float | None, size_bytes: int | None) -> float:
    """Return how long a cold load takes: as measured, else guessed from the size."""
    if measured_s is not None:
        return measured_s
    return LOAD_OVERHEAD_S + size_bytes / READ_BYTES_PER_S if size_bytes else USUAL_LOAD_S


def line_wait_s(seats: Collection[Seat], *, tokens_ahead: float) -> float | None:
    """Return the wait on the hosts that hold the model; None when no host does."""
    ready = [seat for seat in seats if seat.is_ready]
    if not ready:
        return None
    if not tokens_ahead and (free := [seat for seat in ready if seat.free]):
        return min(seat.penalty_s for seat in free)
    work = tokens_ahead + sum(seat.running_tokens for seat in ready)
    return work / sum(seat.rate for seat in ready) + min(seat.penalty_s for seat in ready)


def expected_wait_s(seats: Collection[Seat], *, tokens_ahead: float) -> float | None:
    """Return the smallest wait there is, loads counted; None when no host can serve the model."""
    staying = line_wait_s(seats, tokens_ahead=tokens_ahead)
    waits = [seat.until_loaded_s + tokens_ahead / seat.rate for seat in seats if not seat.is_ready]
    return min((wait for wait in (staying, *waits) if wait is not None), default=None)


def without_load(seat: Seat) -> Seat:
    """Return the seat as if loading took no time: a load is not counted as waiting in line."""
    return replace(seat, load_s=None if seat.load_s is None else 0.0)


def best_seat(seats: Sequence[Seat]) -> Seat | None:
    """Return the free seat with the least work beside it, or None when waiting for another one is quicker."""
    free = [seat for seat in seats if seat.is_ready and seat.free]
    if not free:
        return None
    best = min(free, key=lambda seat: (seat.penalty_s, seat.running_tokens / seat.rate, -seat.rate))
    others = line_wait_s([seat for seat in seats if seat.host != best.host], tokens_ahead=0)
    return None if others is not None and best.penalty_s > others else best


def seats_worth_a_load(seats: Collection[Seat], *, tokens_ahead: float) -> tuple[Seat, ...]:
    """Return the hosts where loading the model serves a request sooner than staying in line, the soonest first."""
    staying = line_wait_s(seats, tokens_ahead=tokens_ahead)
    cold = [seat for seat in seats if not seat.is_ready]
    worth = [seat for seat in cold if staying is None or seat.until_loaded_s < staying]
    return tuple(sorted(worth, key=lambda seat: (seat.until_loaded_s, -seat.rate)))


@dataclass(frozen=True, slots=True)
class Household:
    """What one host holds, and who waits for it. Times in seconds."""

    resident: frozenset[str]
    max_loaded: int | None
    since_switch_s: float
    collation_wait_s: float
    waiting: Mapping[str, float]  # model: for how long its oldest request has waited, in any process

    def has_room(self) -> bool:
        """Return whether one more model fits for sure."""
        return self.max_loaded is not None and len(self.resident) < self.max_loaded

    def defenders(self, model: str) -> tuple[str, ...]:
        """Return the models in memory for which somebody waits: loading another would push them out."""
        return tuple(sorted(held for held in self.resident if held != model and held in self.waiting))

    def may_load(self, model: str, *, is_served_elsewhere: bool) -> bool:
        """Return whether this model may be loaded now, though it may push another one out.

        While requests wait for a model in memory it keeps its turn, unless the other one has nobody else to serve it
        and its oldest request has waited longer than the collation wait, since the latest change of the host.
        """
        if model in self.resident or self.has_room() or not self.defenders(model):
            return True
        waited_s = min(self.waiting.get(model, 0.0), self.since_switch_s)
        return not is_served_elsewhere and waited_s > self.collation_wait_s
