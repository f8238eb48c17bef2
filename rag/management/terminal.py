"""How an ingestion, or a re-index, shows itself on a terminal."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from rag.domain.ingesting import IngestReport

STEPS = {
    "read": "Reading",
    "store": "Reading and cutting",
    "embed": "Embedding passages",
    "index": "Building the index",
    "check": "Measuring what it misses",
}


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
    failed = f" {report.failed} failed." if report.failed else ""
    if not report.has_changed and not report.embedded:
        return f"{report.source}: {report.documents} documents, nothing changed.{failed}"
    work = f"{report.embedded} passages embedded in {report.seconds:.1f} s"
    return f"{report.source}: {report.documents} documents ({_changes(report)}); {work}.{failed}"


def preview_sentence(report: IngestReport) -> str:
    """Return what an ingestion would do, in one line."""
    failed = f" {report.failed} would fail." if report.failed else ""
    return f"{report.source}: {report.documents} documents ({_changes(report)}). Nothing was stored.{failed}"


def failure_lines(report: IngestReport, *, most: int = 50) -> list[str]:
    """Return one line per file that failed: its name, and what to do."""
    lines = [f"  {item.uid}: {item.message}" for item in report.failures[:most]]
    rest = len(report.failures) - most
    return [*lines, f"  and {rest} more: see the dead letters in the admin"] if rest > 0 else lines


def _changes(report: IngestReport) -> str:
    told = [f"{report.created} new", f"{report.updated} changed", f"{report.deleted} removed"]
    told += [f"{report.renamed} renamed"] if report.renamed else []
    told += [f"{report.flagged} with suspicious wording"] if report.flagged else []
    return ", ".join(told)
