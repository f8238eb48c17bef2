"""When a failing service is left alone, tried again and trusted again. Pure: a circuit goes in, another comes out.

                    failure_threshold failures in a row
      ┌────────┐ ─────────────────────────────────────────> ┌──────┐
      │ CLOSED │                                            │ OPEN │ <──┐
      └────────┘ <───────────┐                              └──────┘    │ a trial fails
          success_threshold  │                                 │        │
          trials succeed     │       after recovery_s the      │        │
                         ┌───┴───────┐  first one who asks     │        │
                         │ HALF_OPEN │ <───────────────────────┘        │
                         └───────────┘ ─────────────────────────────────┘

Opened by hand (`is_forced`) it stays open until somebody resets it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from models_registry.domain.errors import (
    AnswerCutOff,
    BreakerOpen,
    GenerationInterrupted,
    ModelError,
    ProviderUnavailable,
)

MOST_TRIALS = 3  # at once: enough to learn from, too few to hurt a host that just came back
TRIAL_EXPIRES_S = 300.0  # longer than a generation may take: by then the process that held the trial has died


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Limits:
    """How many failures in a row open it, how long it is left alone, how many successful trials close it."""

    failure_threshold: int = 5
    recovery_s: float = 60.0
    success_threshold: int = 2


@dataclass(frozen=True, slots=True)
class Circuit:
    """Where one breaker stands. `trials` holds when each trial under way was let through, oldest first."""

    state: BreakerState = BreakerState.CLOSED
    is_forced: bool = False
    failures: int = 0  # in a row, while closed
    successes: int = 0  # of trials, while half-open
    trials: tuple[datetime, ...] = ()
    opened_at: datetime | None = None


def breaker_name(endpoint_slug: str, model: str) -> str:
    """Return the name of the breaker of one model on one host."""
    return f"{endpoint_slug}/{model}"


def state_now(circuit: Circuit, *, limits: Limits, at: datetime) -> BreakerState:
    """Return how callers should take it: OPEN is left alone, HALF_OPEN (or open, but due) needs a trial first."""
    if circuit.state is BreakerState.OPEN and _is_due(circuit, limits=limits, at=at):
        return BreakerState.HALF_OPEN
    return circuit.state


def claim(circuit: Circuit, *, limits: Limits, at: datetime) -> tuple[Circuit, bool]:
    """Return the circuit after somebody asked to pass, and whether they may.

    Who passes a circuit that is not closed holds one of MOST_TRIALS slots, until `succeeded`, `failed`, `released`
    or TRIAL_EXPIRES_S.
    """
    state = state_now(circuit, limits=limits, at=at)
    if state is not BreakerState.HALF_OPEN:
        return circuit, state is BreakerState.CLOSED
    trials = _live(circuit.trials, at=at)
    is_let_through = len(trials) < MOST_TRIALS
    successes = circuit.successes if circuit.state is BreakerState.HALF_OPEN else 0
    held = (*trials, at) if is_let_through else trials
    return replace(circuit, state=state, successes=successes, trials=held), is_let_through


def succeeded(circuit: Circuit, *, limits: Limits, is_trial: bool) -> Circuit:
    """Return the circuit after a call that went well.

    Only trials speak for a half-open circuit: a call that began before it opened proves nothing about now.
    """
    if is_trial:
        circuit = released(circuit)
    if circuit.state is BreakerState.CLOSED:
        return replace(circuit, failures=0)
    if circuit.state is BreakerState.OPEN or not is_trial:
        return circuit
    if circuit.successes + 1 >= limits.success_threshold:
        return Circuit(trials=circuit.trials)
    return replace(circuit, successes=circuit.successes + 1)


def failed(circuit: Circuit, *, limits: Limits, is_trial: bool, at: datetime) -> Circuit:
    """Return the circuit after a failure that counts. A late failure does not keep an open circuit open longer."""
    if is_trial:
        circuit = released(circuit)
    if circuit.state is BreakerState.HALF_OPEN and is_trial:
        return _opened(circuit, at=at)
    if circuit.state is not BreakerState.CLOSED:
        return circuit
    if circuit.failures + 1 >= limits.failure_threshold:
        return _opened(circuit, at=at)
    return replace(circuit, failures=circuit.failures + 1)


def released(circuit: Circuit) -> Circuit:
    """Return the circuit after a trial that proved nothing: the caller hung up, or the request was at fault.

    The oldest slot goes, whoever held it: those that are left expire late rather than early, so that there are never
    more than MOST_TRIALS.
    """
    return replace(circuit, trials=circuit.trials[1:])


def forced_open(circuit: Circuit, *, at: datetime) -> Circuit:
    """Return the circuit opened by hand."""
    return replace(_opened(circuit, at=at), is_forced=True)


def counts(failure: BaseException) -> bool:
    """Return whether a failure speaks against the host (CB-08).

    Crashes, resets, time-outs and streams that just end do. What does not: a refused request (4xx), back-pressure
    (429, 503), a missing model, a caller who left, and an answer that is empty, unusable or as long as we allowed,
    for then the host did what it was asked, and another question may fare better.
    """
    if isinstance(failure, GenerationInterrupted):
        return failure.__cause__ is not None and counts(failure.__cause__)
    if isinstance(failure, AnswerCutOff):
        return not failure.is_at_limit
    if isinstance(failure, ModelError):
        return isinstance(failure, ProviderUnavailable) and not isinstance(failure, BreakerOpen)
    return isinstance(failure, OSError | EOFError)  # TimeoutError and ConnectionError are OSErrors


def _opened(circuit: Circuit, *, at: datetime) -> Circuit:
    """Trials that are still under way keep their slots: the next half-open phase must count them."""
    return Circuit(state=BreakerState.OPEN, trials=circuit.trials, opened_at=at)


def _is_due(circuit: Circuit, *, limits: Limits, at: datetime) -> bool:
    waited_s = limits.recovery_s if circuit.opened_at is None else (at - circuit.opened_at).total_seconds()
    return not circuit.is_forced and waited_s >= limits.recovery_s


def _live(trials: Sequence[datetime], *, at: datetime) -> tuple[datetime, ...]:
    return tuple(begun for begun in trials if at - begun < timedelta(seconds=TRIAL_EXPIRES_S))
