"""Bring the built-in library up to date. Quick when nothing changed: one hash decides before the embedder loads."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from rag.domain.errors import RagError
from rag.management.terminal import ProgressBars, sentence
from rag.services.ingest import load_library


class Command(BaseCommand):
    help = "Load the articles that ship with lnrag into the library; does nothing when they are loaded already."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object as the last line")

    def handle(self, *args: Any, **options: Any) -> None:
        with ProgressBars(is_silent=options["json"] or options["verbosity"] == 0) as bars:
            try:
                report = load_library(at=timezone.now(), report=bars)
            except RagError as exc:
                raise CommandError(str(exc)) from exc
        self.stdout.write(json.dumps(asdict(report)) if options["json"] else sentence(report))
