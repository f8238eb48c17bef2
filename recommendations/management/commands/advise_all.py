"""Advise on every node of a network's newest snapshot."""

import contextlib
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from recommendations.domain.errors import NetworkNotFound
from recommendations.models import BulkRun
from recommendations.services import bulk


class Command(BaseCommand):
    help = (
        "Advise on every node of a network by rules and public facts, here and now. A run that was interrupted, by "
        "Ctrl-C too, goes on where it stopped. Nobody's inbox is filled: it shows nodes its reader asked about."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--network", help="Default: the default network.")
        parser.add_argument("--json", action="store_true", help="Say nothing but one JSON object, at the end.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = bulk.start(options["network"], at=timezone.now())
        except NetworkNotFound as exc:
            raise CommandError(str(exc)) from exc
        with _telling(self.stdout, is_quiet=options["json"]) as tell:
            bulk.run_slice(run.pk, slice_s=None, progress=tell)
        run.refresh_from_db()
        if run.state == BulkRun.State.FAILED:
            raise CommandError(run.message)
        self.stdout.write(json.dumps(_report(run)) if options["json"] else _words(run))


@contextlib.contextmanager
def _telling(stdout: OutputWrapper, *, is_quiet: bool) -> Iterator[bulk.Progress]:
    """Give a function that shows progress: a bar at a terminal, plain lines elsewhere, nothing when quiet."""
    if is_quiet:
        yield lambda done, of: None
        return
    if not stdout.isatty():
        yield lambda done, of: stdout.write(f"{done:,} of {of:,} nodes")
        return
    columns = (TextColumn("Advising"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(), transient=True) as bars:
        task = bars.add_task("")
        yield lambda done, of: bars.update(task, completed=done, total=of)


def _report(run: BulkRun) -> dict[str, Any]:
    return {
        "run_id": str(run.pk),
        "network": run.snapshot.network.slug,
        "as_of": run.snapshot.as_of.isoformat(),
        "state": run.state,
        "nodes": run.done,
        "recommendations": run.items,
        "seconds": round(run.seconds or 0.0, 1),
    }


def _words(run: BulkRun) -> str:
    return (
        f"{run.items:,} recommendations for {run.done:,} nodes of {run.snapshot.network.slug}, in {run.seconds:.1f} s."
    )
