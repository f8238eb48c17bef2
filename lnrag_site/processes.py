"""The programs that `start` runs beside itself: each in a session of its own, watched, and stopped in order.

Ctrl-C reaches the whole process group of a terminal at once; in sessions of their own the children hear it only from
`start`, which stops them one after the other and the database last.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of <sys/prctl.h>
SETTLED_S = 600.0  # a program that ran this long since its restart has earned another one
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded here: after a fork it may be too late


class Stopped(BaseException):
    """Somebody pressed Ctrl-C or asked us to end. Not an Exception: nobody on the way may swallow it."""


class ChildLost(Exception):
    """A program died twice. The message is for the operator."""


@dataclass(slots=True)
class Child:
    """One program: how it is started, and what became of it."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    patience_s: float
    is_vital: bool = True  # False: the others go on without it
    process: subprocess.Popen[bytes] | None = None
    restarted_at: float | None = None
    is_stopping: bool = False

    def start(self) -> None:
        """Start the program; what it says goes to the log. A signal meanwhile must not lose sight of it.

        :raises Stopped: when asked to before or meanwhile.
        """
        heed()
        with undisturbed(), self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - the words are ours
                self.command,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        heed()

    @property
    def is_started(self) -> bool:
        return self.process is not None

    @property
    def is_dead(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def revive(self, *, at: float) -> str:
        """Start a program that died again, once; return what to tell. One that is not vital is then left alone.

        :raises ChildLost: when a vital one died soon after its restart.
        """
        self._kill_group()
        if self.restarted_at is None or at - self.restarted_at >= SETTLED_S:
            self.restarted_at = at
            self.start()
            return f"The {self.name} stopped unexpectedly and was started again."
        twice = f"The {self.name} stopped twice. The reason is at the end of {self.log}."
        if self.is_vital:
            raise ChildLost(twice)
        self.process = None
        return f"{twice} Everything else goes on."

    def ask_to_stop(self) -> None:
        """Ask the program to end what it does, and itself."""
        if self.process is not None and not self.is_stopping:  # asked twice, django-q2 would stop twice
            self.is_stopping = True
            self.process.terminate()

    def stop(self) -> None:
        """Ask the program to end, wait, then end whatever is left of its session."""
        if self.process is None:
            return
        self.ask_to_stop()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(self.patience_s)
        self._kill_group()

    def _kill_group(self) -> None:
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class _Asked:
    """Whether somebody asked us to end, and whether now is a moment to interrupt."""

    to_stop = False
    may_interrupt = True


def raise_on_signals() -> None:
    """Turn Ctrl-C or a request to end into `Stopped`, here and now where possible, else at the next `heed`."""
    # Set explicitly: a shell starts background jobs with Ctrl-C ignored, and Python then installs no handler.
    _Asked.to_stop, _Asked.may_interrupt = False, True
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _note)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup asks to outlive the terminal
        signal.signal(signal.SIGHUP, _note)


def heed() -> None:
    """Stop if somebody asked for it. What a signal raises is lost when it arrives inside a destructor or a callback.

    :raises Stopped: when asked to.
    """
    if _Asked.to_stop:
        raise Stopped


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let no signal interrupt this block; what was asked meanwhile waits for the next `heed`."""
    before, _Asked.may_interrupt = _Asked.may_interrupt, False
    try:
        yield
    finally:
        _Asked.may_interrupt = before


def watch(children: tuple[Child, ...]) -> tuple[str, ...]:
    """Start children that died again; return a sentence about each.

    :raises ChildLost: when a vital one died twice.
    :raises Stopped: when asked to.
    """
    heed()
    return tuple(child.revive(at=time.monotonic()) for child in children if child.is_dead)


def _note(number: int, frame: object) -> None:
    _Asked.to_stop = True
    if _Asked.may_interrupt:
        _Asked.may_interrupt = False  # asked once is asked: the clean-up is not to be interrupted
        raise Stopped


def _die_with_parent() -> None:
    """In the child: even a killed `start` leaves nothing behind. Elsewhere than on Linux, the next start recovers."""
    if _libc is not None:
        _libc.prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM)
