"""Delete everything this checkout has stored, after asking. An own database (DATABASE_URL) is left alone."""

import os
import shutil
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from lnrag_site import postgres

# Named one by one: LNRAG_VAR may be a folder that holds other things too.
STORED = (
    *("secret_key", "credential_key", "postgres_password", "postgres_home", "postgres.users", "postgres.lock"),
    *("postgres", "uploads", "models", "static", "metrics", "port", "lnrag.log", "lnrag.log.1"),
)


class Command(BaseCommand):
    help = "Delete the database, uploads, secrets and logs of this checkout."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--force", action="store_true", help="Do not ask.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["force"] and not _is_sure(settings.VAR_DIR):
            raise CommandError("Nothing was deleted.")
        try:
            postgres.delete(settings.VAR_DIR)
        except postgres.DatabaseUnavailable as exc:
            raise CommandError(str(exc)) from exc
        for name in STORED:
            _remove(settings.VAR_DIR / name)
        self.stdout.write("All data are deleted. `make run` begins anew.")
        if os.environ.get("DATABASE_URL"):
            self.stdout.write("The database of DATABASE_URL is yours and was not touched.")


def _is_sure(var_dir: Path) -> bool:
    if not sys.stdin.isatty():
        sys.stderr.write("There is no terminal to ask at; `make reset FORCE=1` does not ask.\n")
        return False
    return input(f"Delete the database, uploads, keys and logs under {var_dir}? Type yes: ").strip().lower() == "yes"


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
