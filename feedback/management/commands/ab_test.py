"""Compare two ways of advising on one node, in interleaved pairs. Stores nothing."""

import asyncio
import json
from argparse import ArgumentParser
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

import numpy as np
from asgiref.sync import async_to_sync
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from feedback.services.compare import Comparison, Measure, arm_of, compare
from recommendations.domain.errors import RecommendationsError


class Command(BaseCommand):
    help = "Compare two ways of advising on a node: pairs, one quality function, a paired 95 % interval."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--node", required=True, help="the node's key")
        parser.add_argument("--iterations", type=int, default=100, help="pairs")
        parser.add_argument("--pause", type=float, default=1.0, help="seconds between two pairs")
        parser.add_argument("--a", default="rules", help="rules, v2, or rollout:variant")
        parser.add_argument("--b", default="v2", help="rules, v2, or rollout:variant")
        parser.add_argument("--seed", type=int, default=0, help="of the interval's resampling")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["iterations"] < 2 or options["pause"] < 0:
            raise CommandError("Give at least 2 iterations, and a pause of 0 or more seconds.")
        try:
            found = async_to_sync(compare)(
                options["node"],
                arms=(arm_of(options["a"]), arm_of(options["b"])),
                pairs=options["iterations"],
                at=timezone.now(),
                pause=_pause(options["pause"]),
                rng=np.random.default_rng(options["seed"]),
            )
        except (RecommendationsError, LookupError) as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(_as_json(found) if options["json"] else _as_text(found))


def _pause(seconds: float) -> Callable[[], Awaitable[None]]:
    return lambda: asyncio.sleep(seconds)


def _as_json(found: Comparison) -> str:
    measures = [{**asdict(one), "is_clear": one.is_clear} for one in found.measures]
    return json.dumps({**asdict(found), "measures": measures}, indent=2)


def _as_text(found: Comparison) -> str:
    first, second = found.arms
    lines = [f"{found.pairs} pairs: {first} against {second}"]
    lines += [_line(one) for one in found.measures]
    lines.append(f"failed      {found.failed[0]:.0%} and {found.failed[1]:.0%}")
    lines.append(f"by a model  {found.spoken[0]:.0%} and {found.spoken[1]:.0%}")
    return "\n".join(lines)


def _line(one: Measure) -> str:
    if one.first is None or one.second is None:
        return f"{one.name:11} unknown"
    means = f"{one.name:11} {one.first:.3f} and {one.second:.3f}"
    if one.interval is None:
        return means
    verdict = "a clear difference" if one.is_clear else "no clear difference"
    return f"{means}; difference {one.interval[0]:+.3f} to {one.interval[1]:+.3f} (95 %): {verdict}"
