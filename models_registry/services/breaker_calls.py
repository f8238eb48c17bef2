"""One guarded call, from asking whether it may pass to telling how it went. By name; never raises, never waits long.

When the breakers themselves cannot be read, everything may pass: they must not break what they guard.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import Error

from models_registry.domain.breaker import BreakerState, Circuit, Limits, claim, counts, failed, released, succeeded
from models_registry.domain.breaker_stats import Tally
from models_registry.models import Breaker
from models_registry.services import breaker_batch, breaker_rows
from models_registry.services.breaker_memory import held

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Passage:
    """The right to make one call. A trial holds a slot until it is told how it went."""

    name: str
    is_trial: bool = False
    service: str | None = None  # whose limits the breaker copies when it is new


def ask(name: str, *, at: datetime) -> Passage | None:
    """Return the right to make one call, or None when the service is left alone. Costs one query while it is well."""
    try:
        if name != held.name and _state(name, at=at) is BreakerState.CLOSED:
            return Passage(name)
        return ask_for_trial(Passage(name), at=at)
    except Error:
        logger.warning("models_registry.breaker.unread", extra={"breaker": name}, exc_info=True)
        return Passage(name)


def ask_for_trial(passage: Passage, *, at: datetime) -> Passage | None:
    """Claim one of the few slots of a breaker that is half-open; closed, it lets everybody pass.

    :raises django.db.Error: when its row cannot be read.
    """
    is_let_through: list[Passage] = []

    def turn(circuit: Circuit, limits: Limits) -> tuple[Circuit, Tally]:
        after, is_allowed = claim(circuit, limits=limits, at=at)
        if is_allowed:
            is_trial = after.state is not BreakerState.CLOSED
            is_let_through.append(Passage(passage.name, is_trial=is_trial, service=passage.service))
        return after, Tally() if is_allowed else Tally(rejected=1)

    _move(passage, turn, at=at, reason="it was left alone long enough: a trial")
    return is_let_through[0] if is_let_through else None


def went_well(passage: Passage, *, latency_ms: int, at: datetime) -> None:
    """Tell that the call was answered. Collected, and written before long; a trial's success is written at once."""
    tally = Tally(successes=1, total_ms=latency_ms)
    if passage.is_trial or passage.name == held.name:  # what is held in memory needs no collecting
        _tell(
            passage,
            lambda circuit, limits: succeeded(circuit, limits=limits, is_trial=passage.is_trial),
            tally,
            at=at,
            reason="enough trials went well",
        )
        return
    _collect(passage, tally, at=at)


def went_wrong(passage: Passage, failure: BaseException, *, latency_ms: int, at: datetime) -> None:
    """Tell that the call failed, in a way that counts."""
    _tell(
        passage,
        lambda circuit, limits: failed(circuit, limits=limits, is_trial=passage.is_trial, at=at),
        Tally(failures=1, total_ms=latency_ms),
        at=at,
        reason=code_of(failure),
    )


def proved_nothing(passage: Passage, *, at: datetime) -> None:
    """Tell that the call said nothing of the service: the caller left, or the request was at fault."""
    if passage.is_trial:
        _tell(passage, lambda circuit, _limits: released(circuit), Tally(neutral=1), at=at, reason="")
    else:
        _collect(passage, Tally(neutral=1), at=at)


def failed_with(passage: Passage, failure: BaseException, *, latency_ms: int, at: datetime) -> None:
    """Tell how a call failed; whether that speaks against the service is a matter of its kind (CB-08)."""
    if counts(failure):
        went_wrong(passage, failure, latency_ms=latency_ms, at=at)
    else:
        proved_nothing(passage, at=at)


def code_of(failure: BaseException) -> str:
    """Return a failure's code; its text may hold an address or a secret and is not kept."""
    return str(getattr(failure, "code", "") or type(failure).__name__)


def is_quick(passage: Passage) -> bool:
    """Return whether telling of a success touches memory only, so that an event loop may do it."""
    return bool(settings.WRITE_BEHIND_S) and not passage.is_trial


def _collect(passage: Passage, tally: Tally, *, at: datetime) -> None:
    breaker_batch.add(passage.name, tally, service=passage.service)
    if settings.WRITE_BEHIND_S:
        breaker_batch.soon()
    else:
        breaker_batch.flush(at=at)


def _tell(
    passage: Passage, turn: Callable[[Circuit, Limits], Circuit], tally: Tally, *, at: datetime, reason: str
) -> None:
    collected = breaker_batch.taken(passage.name)

    def whole_turn(circuit: Circuit, limits: Limits) -> tuple[Circuit, Tally]:
        return turn(breaker_batch.with_successes(circuit, limits, collected), limits), collected + tally

    try:
        _move(passage, whole_turn, at=at, reason=reason)
    except Error:
        logger.warning("models_registry.breaker.unwritten", extra={"breaker": passage.name}, exc_info=True)
        breaker_batch.add(passage.name, collected + tally, service=passage.service)


def _move(passage: Passage, turn: breaker_rows.Move, *, at: datetime, reason: str) -> None:
    if passage.name == held.name:
        held.move(turn, at=at, reason=reason)
        if settings.WRITE_BEHIND_S:
            breaker_batch.soon()
    else:
        breaker_rows.move(passage.name, turn, at=at, reason=reason, service=passage.service)


def _state(name: str, *, at: datetime) -> BreakerState:
    row = Breaker.objects.filter(name=name).first()
    return row.state_now(at=at) if row else BreakerState.CLOSED
