#!/usr/bin/env python
"""Run one management command, with the embedded PostgreSQL attached when DATABASE_URL is unset."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from lnrag_site import postgres

# `start` attaches by itself, after it has looked at the port.
WITHOUT_DATABASE = frozenset(
    (
        *("help", "version", "check", "diffsettings", "findstatic", "collectstatic", "makemessages", "compilemessages"),
        *("spectacular", "reset", "start"),
    )
)


def main(arguments: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lnrag_site.settings")
    try:
        if _needs_database(arguments[1:]):
            postgres.attach(settings.VAR_DIR)
        execute_from_command_line(arguments)
    except (ImproperlyConfigured, postgres.DatabaseUnavailable) as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return 0


def _needs_database(arguments: list[str]) -> bool:
    asks_for_help = {"-h", "--help", "--version"} & set(arguments)
    names_database = any(argument.startswith("--database") for argument in arguments)  # check --database default
    return bool(arguments) and not asks_for_help and (names_database or arguments[0] not in WITHOUT_DATABASE)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
