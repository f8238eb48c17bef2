"""Replay past routing decisions against a policy: `manage.py replay_routing --policy thrifty --since 2026-01-01`."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from models_registry.services.replay import ReplayReport, replay_decisions

MOST = 10_000


class Command(BaseCommand):
    help = "Tell what a routing policy would have chosen in past decisions. Nothing is generated or changed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--policy", metavar="SLUG", help="Default: the active policy.")
        parser.add_argument("--since", metavar="WHEN", help="A date or a date with a time, such as 2026-01-31.")
        parser.add_argument("--limit", type=int, default=MOST, help=f"The latest so many decisions (default {MOST}).")
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["limit"] < 1:
            raise CommandError("--limit must be 1 or more.")
        since = _moment(options["since"]) if options["since"] else None
        report = replay_decisions(policy_slug=options["policy"], since=since, limit=options["limit"])
        if report is None:
            raise CommandError(f"There is no routing policy named {options['policy']}.")
        self.stdout.write(_as_json(report) if options["json"] else _as_text(report))


def _moment(text: str) -> datetime:
    try:
        day = parse_date(text)
        moment = parse_datetime(text) if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)
    except ValueError:  # such as the 30th of February
        moment = None
    if moment is None:
        raise CommandError(f"{text} is no date: write it as 2026-01-31 or 2026-01-31T12:00Z.")
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def _as_json(report: ReplayReport) -> str:
    cost_usd = float(report.cost_change_usd)
    return json.dumps({**asdict(report), "total": report.total, "cost_change_usd": cost_usd})


def _as_text(report: ReplayReport) -> str:
    if not report.total:
        return "There is no decision to replay."
    waits, total = report.mean_latency_change_ms, report.total
    lines = [
        f"Policy {report.policy} on {total} past decisions: {report.same} as before, {report.changed} otherwise.",
        f"Estimated cost {report.cost_change_usd:+.4f} $, "
        + ("expected latency unknown." if waits is None else f"expected latency {waits:+.0f} ms on average."),
        *(f"  {one.count:>6}  {one.before or 'nobody'} > {one.after or 'nobody'}" for one in report.changes),
    ]
    if report.unreadable:
        lines.append(f"{report.unreadable} decisions of another version were left out.")
    return "\n".join(lines)
