"""A request to stop is heeded wherever it arrives, and never cuts a clean-up short."""

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

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


def child_that_dies(log: Path, *, is_vital: bool = True) -> processes.Child:
    return processes.Child("short one", (sys.executable, "-c", ""), {}, log, 1.0, is_vital=is_vital)


def died(child: processes.Child) -> processes.Child:
    assert child.process is not None
    child.process.wait(30)
    return child


def test_a_child_that_others_can_do_without_is_left_alone_when_it_dies_twice(tmp_path):
    child = child_that_dies(tmp_path / "log", is_vital=False)
    child.start()

    first, second, third = [processes.watch((died(child),)) for _ in range(2)] + [processes.watch((child,))]

    assert first == ("The short one stopped unexpectedly and was started again.",)
    assert second[0].startswith("The short one stopped twice.")
    assert (third, child.is_started) == ((), False)
    child.stop()


def test_a_vital_child_that_dies_twice_ends_everything(tmp_path):
    child = child_that_dies(tmp_path / "log")
    child.start()
    processes.watch((died(child),))

    with pytest.raises(processes.ChildLost, match="stopped twice"):
        processes.watch((died(child),))
