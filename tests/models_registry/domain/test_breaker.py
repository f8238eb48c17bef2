"""Every transition of a breaker is a row of a table; what must never happen is looked for at random."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_registry.domain import errors
from models_registry.domain.breaker import (
    MOST_TRIALS,
    TRIAL_EXPIRES_S,
    BreakerState,
    Circuit,
    Limits,
    breaker_name,
    claim,
    counts,
    failed,
    forced_open,
    released,
    state_now,
    succeeded,
)

AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
LIMITS = Limits(failure_threshold=3, recovery_s=60, success_threshold=2)
CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def opened(**more) -> Circuit:
    return Circuit(state=OPEN, opened_at=AT, **more)


def half_open(**more) -> Circuit:
    return Circuit(**{"state": HALF_OPEN, "opened_at": AT, "trials": (after(60),), **more})


@pytest.mark.parametrize(
    ("circuit", "at_s", "state", "is_let_through"),
    [
        (Circuit(), 0, CLOSED, True),
        (Circuit(failures=2), 0, CLOSED, True),
        (opened(), 0, OPEN, False),
        (opened(), 59.9, OPEN, False),
        (opened(), 60, HALF_OPEN, True),
        (opened(is_forced=True), 1e6, OPEN, False),
        (Circuit(state=OPEN), 0, HALF_OPEN, True),  # nobody knows since when: a trial will tell
        (half_open(), 61, HALF_OPEN, True),
        (half_open(trials=(after(60),) * MOST_TRIALS), 61, HALF_OPEN, False),
        (half_open(trials=(after(60),) * MOST_TRIALS), 60 + TRIAL_EXPIRES_S, HALF_OPEN, True),
        (opened(trials=(AT,) * MOST_TRIALS), 60, HALF_OPEN, False),  # those of the phase before are still under way
    ],
)
def test_who_may_pass_follows_the_table(circuit, at_s, state, is_let_through):
    found, may_pass = claim(circuit, limits=LIMITS, at=after(at_s))

    assert (found.state, may_pass) == (state, is_let_through)
    if may_pass and state is HALF_OPEN:
        assert found.trials[-1] == after(at_s)


@pytest.mark.parametrize(
    ("circuit", "is_trial", "expected"),
    [
        (Circuit(failures=2), False, Circuit()),
        (Circuit(failures=2, trials=(AT,)), True, Circuit()),
        (opened(), False, opened()),
        (opened(trials=(AT,)), True, opened()),
        (half_open(), True, half_open(trials=(), successes=1)),
        (half_open(successes=1), True, Circuit()),
        (half_open(successes=1), False, half_open(successes=1)),
        (half_open(successes=1, trials=(after(60), after(61))), True, Circuit(trials=(after(61),))),
    ],
)
def test_a_success_follows_the_table(circuit, is_trial, expected):
    assert succeeded(circuit, limits=LIMITS, is_trial=is_trial) == expected


@pytest.mark.parametrize(
    ("circuit", "is_trial", "expected"),
    [
        (Circuit(), False, Circuit(failures=1)),
        (Circuit(failures=1), False, Circuit(failures=2)),
        (Circuit(failures=2), False, Circuit(state=OPEN, opened_at=after(90))),
        (opened(), False, opened()),
        (opened(trials=(AT,)), True, opened()),
        (half_open(successes=1), True, Circuit(state=OPEN, opened_at=after(90))),
        (half_open(), False, half_open()),
        (
            half_open(trials=(after(60), after(61))),
            True,
            Circuit(state=OPEN, opened_at=after(90), trials=(after(61),)),
        ),
        (opened(is_forced=True), False, opened(is_forced=True)),
    ],
)
def test_a_failure_follows_the_table(circuit, is_trial, expected):
    assert failed(circuit, limits=LIMITS, is_trial=is_trial, at=after(90)) == expected


def test_a_success_in_between_keeps_it_closed():
    circuit = Circuit()
    for _ in range(50):
        circuit = failed(circuit, limits=LIMITS, is_trial=False, at=AT)
        circuit = failed(circuit, limits=LIMITS, is_trial=False, at=AT)
        circuit = succeeded(circuit, limits=LIMITS, is_trial=False)

    assert circuit == Circuit()


def test_a_trial_that_proved_nothing_gives_its_slot_back():
    full = half_open(trials=(after(60), after(61), after(62)))

    assert released(full).trials == (after(61), after(62))
    assert released(half_open(trials=())).trials == ()


def test_what_was_opened_by_hand_stays_open_whatever_happens():
    circuit = forced_open(Circuit(failures=1), at=AT)
    circuit = succeeded(circuit, limits=LIMITS, is_trial=True)
    circuit, may_pass = claim(circuit, limits=LIMITS, at=after(1e6))

    assert not may_pass
    assert circuit.is_forced
    assert state_now(circuit, limits=LIMITS, at=after(1e6)) is OPEN


def test_an_open_breaker_that_is_due_is_half_open_for_planning():
    assert state_now(opened(), limits=LIMITS, at=after(59)) is OPEN
    assert state_now(opened(), limits=LIMITS, at=after(60)) is HALF_OPEN
    assert state_now(Circuit(), limits=LIMITS, at=AT) is CLOSED


def test_a_name_is_host_and_model():
    assert breaker_name("gpu", "llama3:8b") == "gpu/llama3:8b"


def interrupted(cause: Exception) -> errors.GenerationInterrupted:
    failure = errors.GenerationInterrupted("it broke off")
    failure.__cause__ = cause
    return failure


JUDGED = [
    (errors.ProviderUnavailable("500, or reset"), True),
    (errors.ProviderTimeout("silent"), True),
    (errors.AnswerCutOff("the stream ended without `done`"), True),
    (errors.AnswerCutOff("the output limit", is_at_limit=True), False),
    (errors.BreakerOpen("it was not even asked"), False),
    (errors.RateLimited("429, 503"), False),
    (errors.QueueFull(), False),
    (errors.WaitTooLong(), False),
    (errors.QuotaExceeded(), False),
    (errors.LimiterUnavailable(), False),
    (errors.ScopeMissing(), False),
    (errors.KeyInvalid(), False),
    (errors.ModelNotInstalled("404"), False),
    (errors.ProviderRejected("400"), False),
    (errors.PromptTooLong(), False),
    (errors.AnswerInvalid(), False),
    (errors.AnswerEmpty(), False),
    (errors.GenerationCanceled(), False),
    (errors.NoModelAvailable(), False),
    (errors.ModelError(), False),
    (errors.GenerationInterrupted(), False),
    (errors.VariantInvalid("no such kind"), False),
    (errors.RolloutMoveNotAllowed("A draft is not held."), False),
    (interrupted(errors.ProviderTimeout()), True),
    (interrupted(errors.GenerationCanceled()), False),
    (ConnectionResetError(), True),
    (TimeoutError(), True),
    (ValueError(), False),
]


@pytest.mark.parametrize(("failure", "is_counted"), JUDGED, ids=lambda value: type(value).__name__)
def test_only_what_the_host_did_wrong_counts(failure, is_counted):
    assert counts(failure) is is_counted


def test_every_model_error_is_judged():
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ModelError)}

    assert kinds <= {type(failure) for failure, _ in JUDGED}


STEPS = st.lists(
    st.tuples(st.sampled_from(["ask", "succeed", "fail", "hang up", "die", "late", "wait"]), st.integers(0, 400)),
    max_size=60,
)


@given(STEPS)
def test_never_more_than_three_trials_live_and_no_dead_one_blocks_for_ever(steps):
    circuit, now = opened(), 0.0
    under_way: list[float] = []

    for step, number in steps:
        under_way = [begun for begun in under_way if now - begun < TRIAL_EXPIRES_S]
        if step == "wait":
            now += number
        elif step == "ask":
            before = state_now(circuit, limits=LIMITS, at=after(now))
            circuit, may_pass = claim(circuit, limits=LIMITS, at=after(now))
            if may_pass and before is not CLOSED:
                under_way.append(now)
        elif step == "late":
            circuit = failed(circuit, limits=LIMITS, is_trial=False, at=after(now))
        elif under_way:
            under_way.pop(number % len(under_way))
            circuit = ended(step, circuit, now)
        assert len(under_way) <= MOST_TRIALS or circuit.state is CLOSED
        assert len(circuit.trials) <= MOST_TRIALS
        assert circuit.failures < LIMITS.failure_threshold
        assert circuit.successes < LIMITS.success_threshold

    quiet = replace(circuit, is_forced=False)
    assert claim(quiet, limits=LIMITS, at=after(now + TRIAL_EXPIRES_S + LIMITS.recovery_s))[1]


def ended(step: str, circuit: Circuit, now: float) -> Circuit:
    """Return the circuit after a trial ended; whose process died tells nobody, and its slot must expire."""
    if step == "succeed":
        return succeeded(circuit, limits=LIMITS, is_trial=True)
    if step == "fail":
        return failed(circuit, limits=LIMITS, is_trial=True, at=after(now))
    return released(circuit) if step == "hang up" else circuit
