"""Fill an embedding space, build its index, and search in it if asked. Interrupted, it goes on where it was."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from models_registry.domain.errors import ModelError
from rag.domain.errors import RagError
from rag.domain.spaces import IndexKind
from rag.management.terminal import ProgressBars
from rag.models import IndexVersion
from rag.queries.spaces import Survey, survey
from rag.services import build_space, spaces


class Command(BaseCommand):
    help = "Embed what has no vector and build the index, of the space that is searched or of another model's."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--model", metavar="TAG", help="A host's embedding model, or auto for the built-in one.")
        parser.add_argument("--activate", action="store_true", help="Search in it as soon as it is complete.")
        parser.add_argument("--force-kind", choices=[kind.value for kind in IndexKind], help="Instead of by size.")
        parser.add_argument("--afresh", action="store_true", help="Build the index also when there is one.")
        parser.add_argument("--dry-run", action="store_true", help="Say what there is to do, and stop.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object as the last line.")

    def handle(self, *args: Any, **options: Any) -> None:
        forced = options["force_kind"] or ""
        row = spaces.find_space(options["model"])
        if not options["dry_run"]:
            row = self._build(row or spaces.plan_space(options["model"] or "auto", at=timezone.now()), options)
        found = survey(row, model=options["model"] or "auto", forced=forced)
        self.stdout.write(json.dumps(found.as_json()) if options["json"] else _words(found))

    def _build(self, row: IndexVersion, options: dict[str, Any]) -> IndexVersion:
        if options["force_kind"]:
            spaces.force_kind(row, options["force_kind"])
        with ProgressBars(is_silent=options["json"] or options["verbosity"] == 0) as bars:
            row = build_space.carry_out(row, watcher=bars, afresh=options["afresh"])
        if row.state != IndexVersion.State.READY or row.message:
            raise CommandError(f"{row}: {row.message} Run the command again to go on.")
        if options["activate"]:
            self._activate(row)
        return row

    def _activate(self, row: IndexVersion) -> None:
        try:
            spaces.activate(row, at=timezone.now())
        except (ModelError, RagError) as exc:
            raise CommandError(str(exc)) from exc


def _words(found: Survey) -> str:
    index = "exact scan" if found.kind == IndexKind.EXACT else f"{found.kind} index"
    wanted = "" if found.kind == found.wanted_kind else f" (its size calls for {found.wanted_kind})"
    recall = "" if found.recall is None else f", recall@10 {found.recall:.3f}"
    lacking = f"{found.lacking:,} without a vector" if found.lacking else "complete"
    aside = f", {found.quarantined:,} refused by the model" if found.quarantined else ""
    searched = "searched" if found.is_active else "not searched"
    name = found.slug or f"A space by {found.model}, not planned yet"
    return f"{name}: {found.vectors:,} vectors, {lacking}{aside}, {index}{wanted}{recall}, {searched}."
