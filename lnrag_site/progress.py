"""What `start` says while it works: one line per step, with a spinner at a terminal and plain elsewhere."""

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

LEAST_SHOWN_S = 0.5


class Progress:
    """Lines for a person. `console` decides what its terminal can show."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show that `title` is being worked on, then that it is done and how long it took."""
        began = time.monotonic()
        waiting = self._console.status(title) if self._console.is_terminal else contextlib.nullcontext()
        with waiting:
            yield
        took_s = time.monotonic() - began
        self.say(f"  {title}" + (f" ({took_s:.1f} s)" if took_s >= LEAST_SHOWN_S else ""))

    def say(self, line: str, *, style: str = "") -> None:
        """Write one line as it is: never wrapped, so that a long link can be copied, never read as markup."""
        self._console.print(Text(line, style=style), soft_wrap=True, highlight=False)

    def fail(self, line: str) -> None:
        self.say(line, style="bold red")
