"""Tell how often impact verdicts would be given where nothing was changed, on the operators' own history."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from feedback.domain.verdicts import CONFIDENCE, LEAST_WINDOWS, MOST_FALSE_ALARMS
from feedback.models import Calibration
from feedback.queries import known_histories
from feedback.queries.impact import CalibrationLine
from feedback.services.calibrate import calibrate


class Command(BaseCommand):
    help = (
        "Take windows of a node's own history in which a channel was left alone, judge them as if advice had been "
        "applied, and count the verdicts: each is a false alarm. Stored, and shown beside the verdicts."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--node", default="", help="key of one node; all nodes with forwards otherwise")
        parser.add_argument("--days-after", type=int, default=28, choices=(7, 28), help="horizon of the verdicts")
        parser.add_argument("--json", action="store_true", help="the last line is one object for each node")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = known_histories(options["node"])
        if not rows:
            raise CommandError("No node with known forwards. Connect a node or import its forwards first.")
        results = []
        for row in rows:
            found = calibrate(row, days_after=options["days_after"], at=timezone.now(), report=self._report)
            results.append(_told(row.node.pubkey, found))
        if options["json"]:
            self.stdout.write(json.dumps(results))
            return
        for told in results:
            self._tell(told)

    def _report(self, done: int, total: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"judged {done} of {total} windows", ending="\r")

    def _tell(self, told: dict[str, Any]) -> None:
        self.stdout.write(
            f"{told['node'][:12]}…, {told['windows']} windows without a change, {told['days_after']} days"
        )
        if told["share"] is None or told["windows"] < LEAST_WINDOWS:
            self.stdout.write(f"  too few to tell: at least {LEAST_WINDOWS} are needed")
            return
        self.stdout.write(
            f"  verdicts given: {told['share']:.1%} (nominal {1 - CONFIDENCE:.0%}, at most {MOST_FALSE_ALARMS:.0%}); "
            f"a plain Poisson test would have given {told['plain_share']:.1%}; dispersion {told['dispersion']:.1f}"
        )


def _told(pubkey: str, found: Calibration) -> dict[str, Any]:
    line = CalibrationLine(found)
    return {
        "node": pubkey,
        "days_after": found.days_after,
        "windows": found.windows,
        "flagged": found.flagged,
        "share": found.share,
        "plain_share": line.plain_share,
        "dispersion": found.dispersion,
        "is_calibrated": line.is_met if line.is_enough else None,
    }
