"""Take a folder, a file, an archive or a web address into a source of its own. Run again, only what changed is read."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from rag.domain.errors import RagError
from rag.domain.ingesting import IngestReport
from rag.management.terminal import ProgressBars, failure_lines, preview_sentence, sentence
from rag.services.hand_in import Order, hand_in, preview, queue


class Command(BaseCommand):
    help = (
        "Take a folder, a file, an archive or a web address into the library: Markdown, text, HTML, JSON, PDF. "
        "Run again, it follows changes, renames and deletions. Exit code 1 when something failed, with --json too."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", help="folder, file, archive, or web address")
        parser.add_argument("--source", default="", help="slug or name of the source; default: that of folder or file")
        parser.add_argument("--name", default="", help="what a new source is called")
        parser.add_argument("--lang", default="", help="language of all documents, e.g. fr; default: detected for each")
        parser.add_argument(
            "--public", action="store_true", help="a new source is readable without login; default: after signing in"
        )
        parser.add_argument("--keep", action="store_true", help="remove nothing from the source, whatever is gone")
        parser.add_argument("--dry-run", action="store_true", help="store nothing, and say what would be done")
        parser.add_argument("--queue", action="store_true", help="leave the work to the job queue")
        parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        order = Order(
            options["path"],
            source=options["source"],
            name=options["name"],
            lang=options["lang"],
            is_public=options["public"],
            keeps=options["keep"],
        )
        try:
            if options["queue"]:
                self._queue(order, is_json=options["json"])
                return
            with ProgressBars(is_silent=options["json"] or options["verbosity"] == 0) as bars:
                take = preview if options["dry_run"] else hand_in
                report = take(order, at=timezone.now(), report=bars)
        except RagError as exc:
            raise CommandError(str(exc)) from exc
        self._tell(report, is_json=options["json"], is_dry=options["dry_run"])

    def _queue(self, order: Order, *, is_json: bool) -> None:
        row = queue(order, at=timezone.now())
        told = {"source": row.source.slug, "ingestion": str(row.pk), "state": row.state}
        self.stdout.write(json.dumps(told) if is_json else f"{row.source.slug}: queued as {row.pk}.")

    def _tell(self, report: IngestReport, *, is_json: bool, is_dry: bool) -> None:
        if is_json:
            self.stdout.write(json.dumps(asdict(report)))
        else:
            self.stdout.write("\n".join(failure_lines(report)), ending="\n" if report.failures else "")
            self.stdout.write(preview_sentence(report) if is_dry else sentence(report))
        if report.without_vectors:
            raise CommandError(f"Stored, but without vectors: {report.without_vectors}")
        if report.failed:
            raise CommandError(f"{report.failed} failed.", returncode=1)
