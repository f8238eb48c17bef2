"""What a rule is: a name, what it checks, its editable numbers, the facts it needs, and the function that looks."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from recommendations.domain.advice import Category, Finding, Reversibility, RiskLevel, Severity, Thresholds
from recommendations.domain.facts import NodeFacts

Case = TypeVar("Case")
BUILT_PER_SHOWN = 3  # some are dropped later because another rule's advice on the same channel goes first
AT_MOST = "at_most"
LEFT_OUT = "left_out"


class Need(StrEnum):
    """A kind of fact, in the words shown when it is missing."""

    POLICIES = "channel policies"
    MARKET = "fees that other nodes charge into the peer"
    NETWORK = "network fee quantiles"
    BALANCES = "local and remote balance per channel"
    FORWARDS = "settled forwards per channel, 30 days"
    OPENER = "who opened each channel"
    UPTIME = "connection history, at least 28 days"
    CANDIDATES = "peer candidates from the graph"
    FAILURES = "failed forwards per channel, at least 7 days"
    AGE = "age of the channels (block heights)"
    ONCHAIN = "on-chain fee samples of 14 days"
    CENTRALITY = "betweenness of the network (a background job computes it)"


@dataclass(frozen=True, slots=True)
class ThresholdSpec:
    name: str
    default: float
    unit: str
    help: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of LIGHTNING section 7. `find` is pure and returns findings, neediest first."""

    slug: str
    number: int
    title: str
    category: Category
    summary: str
    thresholds: tuple[ThresholdSpec, ...]
    needs: tuple[Need, ...]
    find: Callable[[NodeFacts, Thresholds], tuple[Finding, ...]]


def at_most(default: int = 5) -> ThresholdSpec:
    return ThresholdSpec(AT_MOST, default, "items", "How many items of this rule are shown; the rest is counted")


def insufficient(rule: Rule, facts: NodeFacts, *missing: str) -> tuple[Finding, ...]:
    """Return the one finding that says which facts this rule lacks on this node."""
    finding = Finding(
        rule=rule.slug,
        rule_number=rule.number,
        category=rule.category,
        severity=Severity.INFO,
        target=facts.pubkey,
        title=f"{rule.title}: insufficient data",
        explanation=f"This rule cannot judge yet. Missing: {'; '.join(missing)}.",
        evidence=(),
        confidence=0.0,
        risk=RiskLevel.MINIMAL,
        reversibility=Reversibility.NOTHING_CHANGES,
        facts_needed=len(rule.needs),
        facts_present=max(len(rule.needs) - len(missing), 0),
        missing=missing,
    )
    return (finding,)


def neediest(cases: Sequence[Case], thresholds: Thresholds) -> tuple[Sequence[Case], int]:
    """Return the first cases worth building of a list already ordered by need, and how many are left out."""
    kept = cases[: int(thresholds[AT_MOST]) * BUILT_PER_SHOWN]
    return kept, len(cases) - len(kept)


def counted(findings: Iterable[Finding], *, left_out: int) -> tuple[Finding, ...]:
    """Return the findings; the first also says how many like it were not built."""
    kept = tuple(findings)
    if not kept or not left_out:
        return kept
    first = replace(kept[0], params={**kept[0].params, LEFT_OUT: left_out})
    return (first, *kept[1:])
