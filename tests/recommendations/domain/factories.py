"""Small factories of facts: a healthy, ordinary node unless told otherwise. Only what a test names differs."""

from typing import Any

from recommendations.domain.advice import Thresholds
from recommendations.domain.facts import NodeFacts
from recommendations.domain.findings.catalog import default_thresholds, examine
from recommendations.domain.findings.rule import Rule
from recommendations.domain.scenario_parts import (
    AT,
    OWN_KEY,
    QUANTILES,
    candidate,
    channel,
    flow,
    key,
    market,
    network,
    node,
    operated,
    peer,
    point,
    policy,
    private,
    private_node,
    silent,
    standing,
)

__all__ = [
    "AT",
    "OWN_KEY",
    "QUANTILES",
    "candidate",
    "channel",
    "findings_of",
    "flow",
    "found",
    "key",
    "market",
    "network",
    "node",
    "numbers",
    "operated",
    "peer",
    "point",
    "policy",
    "private",
    "private_node",
    "silent",
    "standing",
]


def numbers(rule: str, **changes: float) -> Thresholds:
    """One rule's complete thresholds, shared numbers included, with some changed."""
    shipped = default_thresholds()
    shared = {**shipped["fee_guard"].values}
    shared |= {name: shipped["peer_role"].values[name] for name in ("sink_share", "source_share", "min_forwards")}
    shared |= shipped["close_test"].values
    return Thresholds(rule, {**shared, **shipped[rule].values, **changes})


def found(rule: Rule, facts: NodeFacts, **changes: float) -> tuple[Any, ...]:
    """What one rule finds, with some thresholds changed. Any: a test knows which action and gain to expect."""
    return rule.find(facts, numbers(rule.slug, **changes))


def findings_of(facts: NodeFacts, rule: str) -> tuple[Any, ...]:
    return tuple(one for one in examine(facts).findings if one.rule == rule)
