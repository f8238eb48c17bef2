"""How a download shows itself on a terminal: one bar per model."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from models_registry.domain.hardware import GB, ShippedModel
from models_registry.domain.residency import PullProgress


class DownloadBars:
    """Bars that follow downloads; hidden when the output is no terminal or `is_silent`."""

    def __init__(self, *, is_silent: bool = False) -> None:
        console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),  # the host's words are a stranger's text
            BarColumn(),
            DownloadColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=is_silent or not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, model: ShippedModel, step: PullProgress) -> None:
        if model.tag not in self._tasks:
            self._tasks[model.tag] = self._bars.add_task(model.tag, total=model.download_gb * GB)
        self._bars.update(
            self._tasks[model.tag],
            description=f"{model.tag}: {step.status}"[:60],
            completed=step.completed_bytes,
            total=step.total_bytes,
        )

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bars.stop()
