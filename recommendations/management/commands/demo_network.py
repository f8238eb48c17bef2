"""Make the demo network."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from recommendations.services.demo import DEFAULT_NODES, DEFAULT_SEED, load_demo
from recommendations.services.import_graph import DEMO


class Command(BaseCommand):
    help = "Make a seeded, synthetic network with a demo node that has private data. Does nothing when it is there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="The same seed makes the same network.")
        parser.add_argument("--nodes", type=int, default=DEFAULT_NODES, help="How many nodes besides the demo node.")
        parser.add_argument("--refresh", action="store_true", help="Remove the demo and make it anew, as of now.")
        parser.add_argument("--json", action="store_true", help="Write one JSON object instead of a sentence.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = load_demo(
                at=timezone.now(), seed=options["seed"], nodes=options["nodes"], refresh=options["refresh"]
            )
        except ValueError as exc:
            raise CommandError(str(exc)) from exc
        if options["json"]:
            self.stdout.write(json.dumps({**asdict(report), "network": DEMO, "is_synthetic": True}))
            return
        done = f"made in {report.seconds:.1f} s" if report.created else "already there"
        self.stdout.write(
            f"Demo network {done}: {report.nodes:,} nodes, {report.channels:,} channels, {report.forwards:,} forwards. "
            f"All of it is synthetic. The demo node is {report.pubkey}"
        )
