"""Write behind the caller's back: what happens often is collected in memory and written by one thread, all at once."""

import atexit
import logging
import os
import threading
import time
from collections.abc import Callable

from django.conf import settings

from models_registry.services.borrow import give_back

logger = logging.getLogger(__name__)


class Behind:
    """Calls `write` at most WRITE_BEHIND_S seconds after `soon`, in a thread of this process, and once more at exit."""

    def __init__(self, write: Callable[[], None], *, name: str) -> None:
        self._write = write
        self._name = name
        self._begin()
        os.register_at_fork(after_in_child=self._begin)  # a fork has our memory, but not our thread
        atexit.register(self._finish)

    def soon(self) -> None:
        """Have it written soon. Costs nothing but a flag; where nothing may wait, it is written before this returns."""
        if not settings.WRITE_BEHIND_S:
            self._write_now()
            return
        self._is_wanted.set()
        if self._thread is None or not self._thread.is_alive():
            self._start()

    def _write_now(self) -> None:
        """Write in another thread and wait for it: this one may be an event loop's, which has no connection."""
        thread = threading.Thread(target=self._write_safely, name=self._name)
        thread.start()
        thread.join()

    def _begin(self) -> None:
        self._is_wanted = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while self._is_wanted.wait():
            time.sleep(settings.WRITE_BEHIND_S)
            self._is_wanted.clear()
            self._write_safely()

    def _finish(self) -> None:
        if self._is_wanted.is_set():
            self._write_safely()

    def _write_safely(self) -> None:
        try:
            self._write()
        except Exception:  # a thread's own door: nobody is there to be told, and the next round must come
            logger.exception("Unable to write what was collected", extra={"writer": self._name})
        finally:
            give_back()
