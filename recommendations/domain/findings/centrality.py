"""Rule 16: is the node as well placed as it is large? Compares betweenness rank with capacity rank. LIGHTNING 7.16."""

from dataclasses import replace

from recommendations.domain.actions import ManualStep
from recommendations.domain.advice import (
    Category,
    Ease,
    Finding,
    Impact,
    Reversibility,
    RiskLevel,
    Severity,
    Thresholds,
)
from recommendations.domain.facts import NodeFacts
from recommendations.domain.findings.draft import Burden, blank
from recommendations.domain.findings.rule import Need, Rule, ThresholdSpec, insufficient
from recommendations.domain.findings.witness import Witness

CONFIDENCE = 0.55
STEP = "Prefer candidates that share few peers with you: a node beyond your neighborhood shortens more routes."
TOPICS = ("betweenness centrality", "routing position", "choosing peers")


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return one finding when the node's place in routes lags behind its size."""
    standing = facts.standing
    if len(facts.live_channels) < thresholds["min_channels"]:
        return ()
    if standing.betweenness_percentile is None or standing.capacity_percentile is None:
        return insufficient(RULE, facts, Need.CENTRALITY)
    gap = standing.capacity_percentile - standing.betweenness_percentile
    if gap < thresholds["gap"]:
        return ()
    return (_finding(facts, standing.capacity_percentile, standing.betweenness_percentile, gap, thresholds),)


def _finding(facts: NodeFacts, capacity: float, between: float, gap: float, thresholds: Thresholds) -> Finding:
    witness = Witness(RULE.slug, facts)
    return replace(
        blank(RULE, facts.pubkey, Burden(Ease.HARD, 2, RiskLevel.MEDIUM, 30, Reversibility.COSTLY)),
        title=f"Connect more widely: larger than {capacity:.0f}% of nodes, better placed than {between:.0f}%",
        explanation=(
            f"By capacity the node stands at percentile {capacity:.0f}, by betweenness (how many shortest routes"
            f" pass it) at {between:.0f}, {gap:.0f} points lower: its channels lead to nodes that others reach as"
            " well."
        ),
        evidence=(
            witness.public("capacity_percentile", "percentile by capacity", capacity, "percentile", digits=0),
            witness.public("betweenness_percentile", "percentile by betweenness", between, "percentile", digits=0),
            witness.public("gap", "difference", gap, "points", digits=0),
        ),
        severity=Severity.LOW,
        confidence=CONFIDENCE,
        action=ManualStep(facts.pubkey, STEP),
        manual_step=STEP,
        impact=Impact("percentile by betweenness", between, capacity, "percentile"),
        topics=TOPICS,
        threshold=f"betweenness at least {thresholds['gap']:g} points below capacity",
    )


RULE = Rule(
    slug="centrality",
    number=16,
    title="Centrality",
    category=Category.PEERS,
    summary="Compares the node's rank by exact betweenness with its rank by capacity.",
    thresholds=(
        ThresholdSpec("gap", 20, "points", "Betweenness this far behind capacity is worth a word"),
        ThresholdSpec("min_channels", 5, "channels", "Fewer live channels have no position to speak of"),
    ),
    needs=(Need.CENTRALITY,),
    find=find,
)
