"""Measure the advice of this installation: on nodes an expert recognizes at a glance, or on a node of one's own."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asgiref.sync import async_to_sync
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from models_registry.domain.query_types import QueryType, parse_query_type
from recommendations.domain.advice import Engine
from recommendations.domain.errors import RecommendationsError
from recommendations.domain.scenario_nodes import SCENARIOS, Scenario, scenario_named
from recommendations.domain.scenario_parts import AT
from recommendations.domain.units import normalize_node_key
from recommendations.services.advise_facts import Context
from recommendations.services.snapshot import node_facts
from recommendations.services.try_scenarios import Report, Trial, try_node, try_scenario

MODES = ("all", "single", "scenario")
NAMES = tuple(name for one in SCENARIOS for name in (one.name, one.alias))


class Command(BaseCommand):
    help = "Measure advice: commands, ranges, schema, quality. Stores no advice; exits with 1 when ST-10 is missed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mode", choices=MODES, default="all", help="all scenarios, one of them, or one node")
        parser.add_argument("--type", default="", help="quick, detailed, strategic, …; without it, all with --mode all")
        parser.add_argument("--scenario", choices=NAMES, default="desequilibre", help="with --mode scenario")
        parser.add_argument("--node", default="", help="a node key, with --mode single")
        parser.add_argument("--engine", choices=[one.value for one in Engine], default="v2", help="rules: ask no model")
        parser.add_argument("--lang", choices=("en", "fr"), default="en")
        parser.add_argument("--output", type=Path, help="write the report as JSON to this file")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = Report(tuple(self._trials(options)))
        except RecommendationsError as exc:
            raise CommandError(str(exc)) from exc
        text = json.dumps(report.as_dict(), indent=2, ensure_ascii=False)
        if options["output"]:
            options["output"].write_text(f"{text}\n", encoding="utf-8")
        self.stdout.write(text if options["json"] else _table(report))
        if report.misses:
            raise CommandError(f"Not reached: {'; '.join(report.misses)}", returncode=1)

    def _trials(self, options: dict[str, Any]) -> Iterator[Trial]:
        kinds = _kinds(options)
        if options["mode"] == "single":
            yield from self._single(options, kinds)
            return
        context = Context(lang=options["lang"], engine=Engine(options["engine"]), at=AT)
        scenarios = SCENARIOS if options["mode"] == "all" else (_scenario(options["scenario"]),)
        cases = [(one, kind) for one in scenarios for kind in kinds]
        for number, (one, kind) in enumerate(cases, start=1):
            self._tell(options, f"{number} of {len(cases)}: {one.name}, {kind}")
            yield async_to_sync(try_scenario)(one, kind, context)

    def _single(self, options: dict[str, Any], kinds: tuple[QueryType, ...]) -> Iterator[Trial]:
        key, now = normalize_node_key(options["node"]), timezone.now()
        if key is None:
            raise CommandError("Give a node key with --node: 66 hexadecimal digits that begin with 02 or 03.")
        facts = node_facts(key, at=now)
        context = Context(lang=options["lang"], engine=Engine(options["engine"]), at=now)
        for number, kind in enumerate(kinds, start=1):
            self._tell(options, f"{number} of {len(kinds)}: {key[:12]}…, {kind}")
            yield async_to_sync(try_node)(facts, kind, context)

    def _tell(self, options: dict[str, Any], words: str) -> None:
        if options["verbosity"]:
            self.stderr.write(words)


def _kinds(options: dict[str, Any]) -> tuple[QueryType, ...]:
    if options["type"]:
        return (parse_query_type(options["type"]),)
    return tuple(QueryType) if options["mode"] == "all" else (QueryType.DETAILED,)


def _scenario(name: str) -> Scenario:
    found = scenario_named(name)
    if found is None:
        raise CommandError(f"Unknown scenario: {name}.")
    return found


def _table(report: Report) -> str:
    head = (
        f"{'scenario':14} {'type':16} {'items':>5} {'command':>8} {'range':>6} {'schema':>7} {'quality':>8}  spoken by"
    )
    return "\n".join((head, *(_line(one) for one in report.trials), *_closing(report)))


def _line(one: Trial) -> str:
    quality = "-" if one.quality is None else f"{one.quality:.2f}"
    return (
        f"{one.scenario[:14]:14} {one.query_type:16} {one.count:5} {one.with_command:8} {one.quantified:6}"
        f" {one.in_schema:7} {quality:>8}  {one.model or 'rules'}"
    )


def _closing(report: Report) -> Iterator[str]:
    shares = ((name, "-" if value is None else f"{value:.3f}") for name, value in report.shares.items())
    yield ", ".join(f"{name} {value}" for name, value in shares)
    order = report.order
    yield (
        f"order (SC-07): of the first three, {order['wanted_by_score']} wanted by score and {order['wanted_unscored']}"
        f" as found; ratio {order['ratio']}, goal {order['goal']}"
    )
