"""Put what is asked most into the cache before it is asked for."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from recommendations.services import warm

COUNTED = ("warmed", "already_warm", "degraded", "failed")
DEGRADED = "Degraded: no model was there, so the built-in engine answered."


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
        warming = warm.warm_everything(nodes=options["nodes"], at=now, progress=tell)
        self._say(_words(warming), {"mode": "once", **_figures(warming)}, options)

    def _tell(self, done: int, of: int) -> None:
        self.stdout.write(f"{done} of {of} nodes")

    def _say(self, words: str, report: dict[str, Any], options: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(report) if options["json"] else words)


def _figures(warming: warm.Warming) -> dict[str, Any]:
    nodes = {f"nodes_{name}": getattr(warming.nodes, name) for name in COUNTED}
    questions = {f"questions_{name}": getattr(warming.questions, name) for name in COUNTED}
    return {"seconds": warming.run.seconds, **nodes, **questions, "degraded": warming.degraded}


def _words(warming: warm.Warming) -> str:
    nodes, questions = warming.nodes, warming.questions
    told = f"{_counts('nodes warmed', nodes)}; common questions: {_counts('warmed', questions)}."
    words = f"{told} {warming.run.seconds:.1f} s."
    return f"{words} {DEGRADED}" if warming.degraded else words


def _counts(what: str, report: Any) -> str:
    warm_already = f"{report.already_warm} were warm"
    return f"{report.warmed} {what}, {warm_already}, {report.degraded} degraded, {report.failed} failed"
