"""Take in files that a node's own commands printed, without any credential."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from recommendations.domain.errors import RecommendationsError
from recommendations.services.import_private import FilesReport, import_files

NO_USER = "There is no user {!r}. Private data belong to somebody who can sign in."


class Command(BaseCommand):
    help = (
        "Take in the JSON of lncli or lightning-cli, or a CSV of forwards, for one node of one user. "
        "Everything is stored, or nothing; the same files again add nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", type=Path, nargs="+", help="Files of one node; gzip and xz will do.")
        parser.add_argument("--node", default="", help="The node's key. Not needed beside the output of getinfo.")
        parser.add_argument("--user", required=True, help="Who may see these data: a user's name.")
        parser.add_argument("--dry-run", action="store_true", help="Do everything, then store nothing.")
        parser.add_argument("--json", action="store_true", help="Say nothing but one JSON object, at the end.")

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(NO_USER.format(options["user"]))
        try:
            contents = [(path.name, path.read_bytes()) for path in options["files"]]
            report = import_files(
                contents,
                pubkey=options["node"].strip().lower(),
                user=user,
                at=timezone.now(),
                dry_run=options["dry_run"],
            )
        except OSError as exc:
            raise CommandError(f"{exc.filename}: {exc.strerror}") from exc
        except RecommendationsError as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(json.dumps(report.as_json()) if options["json"] else _words(report))


def _words(report: FilesReport) -> str:
    done = "Would store" if report.dry_run else "Stored"
    return (
        f"{done} for {report.pubkey}: {report.channels:,} channels, {report.closed_channels:,} closed ones, "
        f"{report.new_forwards:,} new of {report.forwards:,} forwards, {report.failures:,} failed ones."
    )
