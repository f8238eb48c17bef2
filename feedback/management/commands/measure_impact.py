"""Detect what was applied and measure what is due, now instead of by the timetable."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from feedback.queries import policy
from feedback.services.detect import detect_applied
from feedback.services.measure import due, measure_due
from feedback.services.pooling import pool_categories


class Command(BaseCommand):
    help = "Mark advice as applied where the node shows it, and measure applied advice whose days are over."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what is due, and change nothing")
        parser.add_argument("--json", action="store_true", help="the last line is one object")

    def handle(self, *args: Any, **options: Any) -> None:
        now, rules = timezone.now(), policy()
        horizons = sorted({rules.measure_after_days, rules.follow_up_days})
        detected = 0 if options["dry_run"] else detect_applied(at=now)
        waiting = {str(days): len(due(at=now, days_after=days)) for days in horizons}
        verdicts = {} if options["dry_run"] else _measured(horizons, at=now)
        told = {"detected": detected, "due": waiting, "verdicts": verdicts}
        self.stdout.write(json.dumps(told) if options["json"] else _words(told))


def _measured(horizons: Sequence[int], *, at: datetime) -> dict[str, int]:
    """Measure and pool what is due; return how often each verdict was given."""
    verdicts: Counter[str] = Counter()
    for days in horizons:
        verdicts.update(report.verdict for report in measure_due(days_after=days, at=at))
        pool_categories(days_after=days, at=at)
    return dict(verdicts)


def _words(told: dict[str, Any]) -> str:
    due_now = ", ".join(f"{count} after {days} days" for days, count in told["due"].items())
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in told["verdicts"].items()) or "nothing measured"
    return f"Detected as applied: {told['detected']}. Due: {due_now}. {verdicts}."
