"""How an ingestion shows itself on a terminal."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from rag.services.ingest import IngestReport

STEPS = {"store": "Reading and cutting", "embed": "Embedding passages"}


class ProgressBars:
    """One bar per step; hidden when the output is no terminal or `is_silent`."""

    def __init__(self, *, is_silent: bool = False) -> None:
        console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=is_silent or not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, step: str, done: int, of: int) -> None:
        if step not in self._tasks:
            self._tasks[step] = self._bars.add_task(STEPS.get(step, step), total=of)
        self._bars.update(self._tasks[step], completed=done, total=of)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bars.stop()


def sentence(report: IngestReport) -> str:
    """Return what an ingestion did, in one line."""
    if not report.has_changed and not report.embedded:
        return f"{report.source}: {report.documents} documents, nothing changed."
    changes = f"{report.created} new, {report.updated} changed, {report.deleted} removed"
    flagged = f", {report.flagged} with suspicious wording" if report.flagged else ""
    work = f"{report.embedded} passages embedded in {report.seconds:.1f} s"
    return f"{report.source}: {report.documents} documents ({changes}{flagged}); {work}."
