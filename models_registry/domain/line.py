"""Who is next among the requests that wait for one model: fair between units, weighted by tokens. Pure.

It is deficit round robin, computed when a request joins: every unit may have QUANTUM_TOKENS served per round, and each
request carries the turn at which its unit's account allows it. Turns are stored with the requests, so that all
processes agree on the order without a common memory. A newcomer joins the round after the current one, behind those
who came before it: a crowd of newcomers delays nobody for longer than one round.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

QUANTUM_TOKENS = 64  # a short answer: smaller ones share a round, bigger ones wait some rounds for their turn


@dataclass(frozen=True, slots=True)
class Waiting:
    """One request in a line. `arrived_us`: microseconds since 1970 by the database's clock."""

    id: UUID
    unit: str
    arrived_us: int
    tokens: int
    turn: int  # tokens of the unit's own account that come before it
    is_ours: bool = True  # it waits in this process

    @property
    def arrival(self) -> tuple[int, UUID]:
        return (self.arrived_us, self.id)


def turn_of(unit: str, line: Iterable[Waiting]) -> int:
    """Return the turn of a newcomer of this unit, in tokens."""
    standing = tuple(line)
    own = [waiting.turn + waiting.tokens for waiting in standing if waiting.unit == unit]
    current = min((waiting.turn // QUANTUM_TOKENS for waiting in standing), default=-1)
    return max(own) if own else (current + 1) * QUANTUM_TOKENS


def in_order(line: Iterable[Waiting]) -> tuple[Waiting, ...]:
    """Return the line as it is served: round by round, and by arrival within a round."""
    return tuple(sorted(line, key=lambda waiting: (waiting.turn // QUANTUM_TOKENS, *waiting.arrival)))


def positions(line: Sequence[Waiting]) -> dict[UUID, int]:
    """Return how many came before each request and still wait, plus one. It can only fall."""
    by_arrival = sorted(line, key=lambda waiting: waiting.arrival)
    return {waiting.id: place for place, waiting in enumerate(by_arrival, start=1)}
