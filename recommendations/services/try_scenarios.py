"""Measure advice on nodes an expert recognizes: commands, ranges, schema, quality, and whether the order helps (ST-10).

Reports what is true, whoever speaks; decides nothing about the product.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from models_registry.domain.query_types import QueryType
from recommendations.domain.contract import expected_impact, problem
from recommendations.domain.facts import NodeFacts
from recommendations.domain.findings.catalog import Examination
from recommendations.domain.recommendation import ScoredRecommendation
from recommendations.domain.scenario_nodes import Scenario
from recommendations.services.advise_facts import Context, Told, advise_facts

LEAST_COMMANDS, LEAST_QUANTIFIED, LEAST_SCHEMA, LEAST_QUALITY = 0.85, 0.90, 1.0, 0.85
TOP = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """What advice on one node came to. Counts are of items; `wanted_*` of the first TOP, None without a label."""

    scenario: str
    query_type: str
    model: str | None
    is_degraded: bool
    count: int
    with_command: int  # any checked line: what does it, or for a step by hand what to look at
    acting: int  # of the count, items that a command could carry out
    acting_with_command: int
    quantified: int
    in_schema: int
    quality: float | None
    least_quality: float
    wanted_by_score: int | None
    wanted_unscored: int | None
    problems: tuple[str, ...] = ()

    @property
    def is_good_enough(self) -> bool:
        return self.quality is None or self.quality >= self.least_quality


@dataclass(frozen=True, slots=True)
class Report:
    """All trials, and the shares over all their items. A share of nothing is None."""

    trials: tuple[Trial, ...]

    @property
    def shares(self) -> dict[str, float | None]:
        items = sum(one.count for one in self.trials)
        qualities = [one.quality for one in self.trials if one.quality is not None]
        return {
            "with_command": _share(sum(one.with_command for one in self.trials), items),
            "with_acting_command": _share(sum(one.acting_with_command for one in self.trials), items),
            "acting_with_command": _share(
                sum(one.acting_with_command for one in self.trials), sum(one.acting for one in self.trials)
            ),
            "quantified": _share(sum(one.quantified for one in self.trials), items),
            "in_schema": _share(sum(one.in_schema for one in self.trials), items),
            "mean_quality": round(sum(qualities) / len(qualities), 4) if qualities else None,
        }

    @property
    def order(self) -> dict[str, Any]:
        """SC-07: how many of the first three an expert would follow, by score and as the rules found them."""
        labeled = [one for one in self.trials if one.wanted_by_score is not None]
        by_score, unscored = (sum(getattr(one, name) or 0 for one in labeled) for name in _WANTED)
        ratio = round(by_score / unscored, 2) if unscored else None
        return {"wanted_by_score": by_score, "wanted_unscored": unscored, "ratio": ratio, "goal": 3.0}

    @property
    def misses(self) -> tuple[str, ...]:
        """What ST-10 asks for and was not reached, in words; () when all was."""
        shares = self.shares
        goals = (
            ("with_command", LEAST_COMMANDS),
            ("quantified", LEAST_QUANTIFIED),
            ("in_schema", LEAST_SCHEMA),
            ("mean_quality", LEAST_QUALITY),
        )
        found = [
            f"{name}: {value:.3f} is less than {goal:.2f}"
            for name, goal in goals
            if (value := shares[name]) is not None and value < goal
        ]
        poor = [one for one in self.trials if not one.is_good_enough]
        return (*found, *(f"{one.scenario}: quality {one.quality} is less than {one.least_quality}" for one in poor))

    def as_dict(self) -> dict[str, Any]:
        return {
            "trials": [asdict(one) for one in self.trials],
            "shares": self.shares,
            "order": self.order,
            "misses": list(self.misses),
        }


_WANTED = ("wanted_by_score", "wanted_unscored")


async def try_scenario(scenario: Scenario, query_type: QueryType, context: Context) -> Trial:
    """Return what advice on a scenario node came to."""
    return _trial(scenario.name, await advise_facts(scenario.build(), context, query_type), scenario)


async def try_node(facts: NodeFacts, query_type: QueryType, context: Context) -> Trial:
    """Return what advice on a real node came to; nobody labeled it."""
    return _trial(facts.alias or facts.pubkey[:12], await advise_facts(facts, context, query_type), None)


def _trial(name: str, told: Told, scenario: Scenario | None) -> Trial:
    items, result = told.items, told.result
    acting = [item for item in items if item.needs_command]
    problems = [broken for item in items if (broken := problem(item.to_payload()))]
    return Trial(
        scenario=name,
        query_type=told.prepared.request.query_type.value,
        model=result.model or None,
        is_degraded=result.is_degraded,
        count=len(items),
        with_command=sum(item.commands is not None and item.commands.has_checked_line for item in items),
        acting=len(acting),
        acting_with_command=sum(item.commands is not None and item.commands.is_checked for item in acting),
        quantified=sum(expected_impact(item) is not None for item in items),
        in_schema=len(items) - len(problems),
        quality=result.quality_score,
        least_quality=0.0 if scenario is None else scenario.least_quality,
        wanted_by_score=_wanted([item.rule for item in items], scenario),
        wanted_unscored=_wanted(list(_as_found(told.prepared.examination, items)), scenario),
        problems=tuple(problems),
    )


def _as_found(examination: Examination, items: Iterable[ScoredRecommendation]) -> Iterator[str]:
    """Yield the rules of the shown items in the order the rules found them."""
    shown = {item.finding_key for item in items}
    return (finding.rule for finding in examination.findings if finding.key in shown)


def _wanted(rules: Sequence[str], scenario: Scenario | None) -> int | None:
    return None if scenario is None or not rules else sum(rule in scenario.wanted for rule in rules[:TOP])


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
