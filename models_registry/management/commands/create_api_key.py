"""Make an API key and print it, once: `manage.py create_api_key --name laptop --user alice`."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from models_registry.services import keys

MOST = 2_147_483_647  # what the column holds


class Command(BaseCommand):
    help = "Make an API key for a program and print it. It cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="What the key is for.")
        parser.add_argument("--user", help="User name whose private data the key may read.")
        parser.add_argument("--tier", choices=keys.TIERS, default=keys.USUAL_TIER)
        parser.add_argument("--scope", action="append", choices=keys.SCOPES, default=[], help="None given: all.")
        parser.add_argument("--per-minute", type=_limit, metavar="N", help="Requests a minute. Not given: the tier's.")
        parser.add_argument("--per-hour", type=_limit, metavar="N", help="Requests an hour. Not given: the tier's.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        new = keys.create(
            options["name"],
            user=_user(options["user"]),
            tier=options["tier"],
            scopes=options["scope"],
            requests_per_minute=options["per_minute"],
            requests_per_hour=options["per_hour"],
        )
        if options["json"]:
            self.stdout.write(json.dumps({"key": new.text, "name": new.row.name, "tier": new.row.tier}))
        else:
            self.stdout.write(f"{new.text}\nKeep it safe: it cannot be shown again.")


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= MOST):
        raise ArgumentTypeError(f"{text!r} is no limit. Give a number from 1 to {MOST:,}; leave it out for the tier's.")
    return int(text)


def _user(name: str | None) -> Any:
    if name is None:
        return None
    user = get_user_model()._default_manager.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no user named {name}.")
    return user
