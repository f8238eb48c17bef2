"""Print a link that signs an administrator in, once."""

import os
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from lnrag_site import links, ports


class Command(BaseCommand):
    help = "Print a one-time sign-in link."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", help="A user's name; default: the first administrator.")
        parser.add_argument("--port", help="Default: PORT, or the port of the latest start.")

    def handle(self, *args: Any, **options: Any) -> None:
        given = options["port"] or os.environ.get("PORT")
        try:
            port = ports.read_port(given) if given else ports.latest_port(settings.VAR_DIR)
            self.stdout.write(links.sign_in_link(port=port, username=options["user"]))
        except ports.PortUnusable as exc:
            raise CommandError(str(exc)) from exc
        except User.DoesNotExist as exc:
            raise CommandError("There is no such user. `make run` creates the first administrator.") from exc
        self.stdout.write(f"It works once, within {settings.SESAME_MAX_AGE // 60} minutes.")
