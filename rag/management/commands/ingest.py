"""Take a folder of Markdown or text files, or one file, into a source of its own."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.text import slugify

from rag.domain.errors import RagError
from rag.management.terminal import ProgressBars, sentence
from rag.services.ingest import ingest_folder, upload_source


class Command(BaseCommand):
    help = "Take a folder (or file) of .md or .txt texts into the library. Run again, it follows changes and deletions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path)
        parser.add_argument("--source", default="", help="name of the source; default: the folder's name")
        parser.add_argument(
            "--public", action="store_true", help="readable without login; default: signed-in users only"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"].resolve()
        name = options["source"] or path.stem
        if not slugify(name):
            raise CommandError("Give the source a name of letters: --source NAME.")
        with ProgressBars(is_silent=options["json"] or options["verbosity"] == 0) as bars:
            try:
                source = upload_source(name, slug=slugify(name), is_public=options["public"])
                report = ingest_folder(path, source=source, at=timezone.now(), report=bars)
            except RagError as exc:
                raise CommandError(str(exc)) from exc
        self.stdout.write(json.dumps(asdict(report)) if options["json"] else sentence(report))
