"""Put what is asked most into the cache before it is asked for."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from recommendations.models import WarmRun
from recommendations.services import warm

SHOWN = (
    *("seconds", "nodes_warmed", "nodes_already_warm", "nodes_failed"),
    *("questions_warmed", "questions_already_warm", "questions_failed"),
)


class Command(BaseCommand):
    help = (
        "Answer for the most viewed nodes, the connected ones, and the common questions, through the code that serves "
        "them, so that whoever asks next is answered at once. What it came to is kept as a row (admin, Warm runs)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mode", choices=("once", "daemon"), default="once", help="daemon: by the timetable.")
        parser.add_argument("--nodes", type=int, default=settings.CACHE_WARM_NODES, help="How many of the most viewed.")
        parser.add_argument("--interval", type=int, default=60, help="Minutes between two runs of the timetable.")
        parser.add_argument("--json", action="store_true", help="Say nothing but one JSON object, at the end.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["nodes"] < 1 or options["interval"] < 1:
            raise CommandError("--nodes and --interval are at least 1.")
        now = timezone.now()
        if options["mode"] == "daemon":
            minutes = options["interval"]
            warm.keep_warm(nodes=options["nodes"], interval_min=minutes, at=now)
            self._say(f"The timetable warms every {minutes} minutes from now on.", {"mode": "daemon"}, options)
            return
        tell = None if options["json"] else self._tell
        run = warm.warm_everything(nodes=options["nodes"], at=now, progress=tell)
        self._say(_words(run), {"mode": "once"} | {name: getattr(run, name) for name in SHOWN}, options)

    def _tell(self, done: int, of: int) -> None:
        self.stdout.write(f"{done} of {of} nodes")

    def _say(self, words: str, report: dict[str, Any], options: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(report) if options["json"] else words)


def _words(run: WarmRun) -> str:
    nodes = f"{run.nodes_warmed} nodes warmed, {run.nodes_already_warm} were warm, {run.nodes_failed} failed"
    questions = f"{run.questions_warmed} warmed, {run.questions_already_warm} were warm, {run.questions_failed} failed"
    return f"{nodes}; common questions: {questions}. {run.seconds:.1f} s."
