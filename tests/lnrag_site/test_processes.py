"""A request to stop is heeded wherever it arrives, and never cuts a clean-up short."""

import contextlib
import os
import signal
from collections.abc import Iterator

import pytest

from lnrag_site import processes


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    processes.raise_on_signals()
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_what_is_under_way(number):
    with pytest.raises(processes.Stopped):
        os.kill(os.getpid(), number)


def test_nothing_is_heeded_before_anybody_asked():
    processes.heed()


def test_a_signal_that_was_lost_in_a_destructor_is_heeded_at_the_next_step():
    class Careless:
        def __del__(self):
            with contextlib.suppress(processes.Stopped):  # what Python does with anything raised in here
                os.kill(os.getpid(), signal.SIGINT)

    careless = Careless()
    del careless

    with pytest.raises(processes.Stopped):
        processes.heed()


def test_an_undisturbed_block_runs_to_its_end():
    with processes.undisturbed():
        os.kill(os.getpid(), signal.SIGINT)
        reached = True

    assert reached
    with pytest.raises(processes.Stopped):
        processes.heed()


def test_the_second_signal_does_not_interrupt_the_clean_up():
    with pytest.raises(processes.Stopped):
        os.kill(os.getpid(), signal.SIGINT)

    os.kill(os.getpid(), signal.SIGINT)
