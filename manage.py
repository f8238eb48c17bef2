#!/usr/bin/env python
"""Run one management command, with the embedded PostgreSQL attached when DATABASE_URL is unset."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lnrag_site.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
