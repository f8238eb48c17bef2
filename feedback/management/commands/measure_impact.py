"""Detect what was applied and measure what is due, now instead of by the timetable."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from feedback.queries import policy
from feedback.services.detect import detect_applied
from feedback.services.measure import due, measure_recommendation_impact
from feedback.services.pooling import pool_categories


class Command(BaseCommand):
    help = "Mark advice as applied where the node shows it, and measure applied advice whose days are over."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what is due, and change nothing")
        parser.add_argument("--json", action="store_true", help="the last line is one object")

    def handle(self, *args: Any, **options: Any) -> None:
        now, rules = timezone.now(), policy()
        detected = 0 if options["dry_run"] else detect_applied(at=now)
        told: dict[str, Any] = {"detected": detected, "due": {}, "verdicts": {}}
        for days in sorted({rules.measure_after_days, rules.follow_up_days}):
            keys = due(at=now, days_after=days)
            told["due"][str(days)] = len(keys)
            if options["dry_run"]:
                continue
            for key in keys:
                report = measure_recommendation_impact(key, days_after=days, at=now)
                told["verdicts"][report.verdict] = told["verdicts"].get(report.verdict, 0) + 1
            if keys:
                pool_categories(days_after=days, at=now)
        self.stdout.write(json.dumps(told) if options["json"] else _words(told))


def _words(told: dict[str, Any]) -> str:
    due_now = ", ".join(f"{count} after {days} days" for days, count in told["due"].items())
    verdicts = ", ".join(f"{count} {verdict}" for verdict, count in told["verdicts"].items()) or "nothing measured"
    return f"Detected as applied: {told['detected']}. Due: {due_now}. {verdicts}."
