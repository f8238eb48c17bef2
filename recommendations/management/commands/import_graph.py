"""Import a Lightning graph file as the newest state of a network."""

import contextlib
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.core.validators import validate_slug
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from recommendations.domain.errors import GraphError
from recommendations.services.import_graph import DEMO, MAINNET, ImportReport, import_graph
from recommendations.services.import_graph import Progress as Teller


class Command(BaseCommand):
    help = (
        "Import LND's describegraph or Core Lightning's listchannels and listnodes: plain, .gz or .xz. "
        "Everything is stored, or nothing. Importing the same file again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="The graph file.")
        parser.add_argument("--nodes", type=Path, help="Core Lightning's listnodes, when it is a file of its own.")
        parser.add_argument("--network", default=MAINNET, help="Which network it is of. Networks are never mixed.")
        parser.add_argument("--as-of", help="The graph's own time, ISO 8601. Default: its newest credible update.")
        parser.add_argument("--source-name", default="", help="What to call the source. Default: the file's name.")
        parser.add_argument("--dry-run", action="store_true", help="Do everything, then store nothing.")
        parser.add_argument("--json", action="store_true", help="Say nothing but one JSON object, at the end.")

    def handle(self, *args: Any, **options: Any) -> None:
        network, as_of = _network(options["network"]), _moment(options["as_of"])
        try:
            with _telling(self.stdout, is_quiet=options["json"]) as tell:
                report = import_graph(
                    options["file"],
                    at=timezone.now(),
                    nodes_path=options["nodes"],
                    network=network,
                    as_of=as_of,
                    source_name=options["source_name"],
                    dry_run=options["dry_run"],
                    progress=tell,
                )
        except GraphError as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(json.dumps(report.as_json()) if options["json"] else _words(report))


@contextlib.contextmanager
def _telling(stdout: OutputWrapper, *, is_quiet: bool) -> Iterator[Teller]:
    """Give a function that shows progress: a bar at a terminal, plain lines elsewhere, nothing when quiet."""
    if is_quiet:
        yield lambda percent, message: None
        return
    if not stdout.isatty():
        yield lambda percent, message: stdout.write(f"{percent:3d} % {message}")
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(), transient=True) as bar:
        task = bar.add_task("", total=100)
        yield lambda percent, message: bar.update(task, completed=percent, description=message)


def _network(slug: str) -> str:
    try:
        validate_slug(slug)
    except ValidationError as exc:
        raise CommandError(f"--network {slug!r}: expected letters, digits, hyphens and underscores.") from exc
    if slug == DEMO:
        raise CommandError("--network demo is kept for the synthetic network. Choose another name.")
    return slug


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise CommandError(f"--as-of {text!r}: expected a moment like 2025-10-19T04:00:00Z.") from exc
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _words(report: ImportReport) -> str:
    counts = (
        f"{report.nodes:,} nodes, {report.channels:,} channels ({report.live_channels:,} live), "
        f"{report.capacity_sat / 1e8:,.2f} BTC, as of {report.as_of:%Y-%m-%d %H:%M} UTC"
    )
    if report.dry_run:
        return f"Dry run, nothing stored. {report.network} would hold {counts}."
    if not report.created:
        return f"Already imported, nothing changed. {report.network} holds {counts}."
    changes = (
        f"{report.opened_channels:,} channels opened, {report.closed_channels:,} closed, "
        f"{report.changed_policies:,} policies changed; {report.replaced_characters:,} characters replaced"
    )
    return f"Imported in {report.seconds:.1f} s: {report.network} holds {counts}. {changes}."
