"""Rule 21: channels too small to pay for their opening. For the next one, never a reason to close. LIGHTNING 7.21.

Live capacities (October 2025): p5/25/50/75/95 = 20k / 0.5M / 2M / 8M / 50M sat.
"""

from dataclasses import replace
from statistics import median

from recommendations.domain.actions import ManualStep
from recommendations.domain.advice import (
    Category,
    Ease,
    Evidence,
    Finding,
    Impact,
    Reversibility,
    RiskLevel,
    Severity,
    Thresholds,
)
from recommendations.domain.facts import ChannelFacts, NodeFacts
from recommendations.domain.findings.draft import Burden, blank
from recommendations.domain.findings.flow import flow_of, per_30_days
from recommendations.domain.findings.rule import Need, Rule, ThresholdSpec
from recommendations.domain.findings.witness import Witness
from recommendations.domain.findings.yields import onchain_cost_sat
from recommendations.domain.profit import CLOSE_VBYTES, OPEN_VBYTES

CONFIDENCE, CONFIDENCE_COUNTED = 0.55, 0.70
NAMED = 5
TOPICS = ("channel size", "opening channels", "on-chain cost", "consolidating channels")


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return one finding for the node when a notable share of its live channels is small."""
    live = facts.live_channels
    small = sorted((one for one in live if one.capacity_sat < thresholds["min_sat"]), key=lambda one: one.capacity_sat)
    if len(small) < thresholds["min_count"] or len(small) < len(live) * thresholds["min_share"]:
        return ()
    return (_finding(facts, small, len(live), thresholds),)


def smallest_paying_sat(facts: NodeFacts, *, horizon_days: float) -> tuple[int, int] | None:
    """Return (size, cost): the size whose fees repay opening and closing within the horizon, from our own turnover."""
    cost = onchain_cost_sat(facts, vbytes=OPEN_VBYTES + CLOSE_VBYTES)
    rates = [
        per_30_days(flow.fees_earned_msat, flow) / 1_000 / one.capacity_sat
        for one in facts.channels
        if (flow := flow_of(one)) is not None and flow.fees_earned_msat > 0 and one.capacity_sat > 0
    ]
    if cost is None or not rates:
        return None
    return round(cost / (median(rates) * horizon_days / 30)), cost


def _finding(facts: NodeFacts, small: list[ChannelFacts], live: int, thresholds: Thresholds) -> Finding:
    horizon = thresholds["horizon_days"]
    paying = smallest_paying_sat(facts, horizon_days=horizon)
    goal = int(max(thresholds["min_sat"], paying[0] if paying else 0, facts.network.median_channel_sat or 0))
    step = f"When one of them closes, or you open the next, use at least {goal:,} sat. Close none for its size alone."
    return replace(
        blank(RULE, facts.pubkey, Burden(Ease.HARD, 1, RiskLevel.MEDIUM, 60, Reversibility.COSTLY)),
        title=f"{len(small)} of {live} live channels are under {thresholds['min_sat']:,.0f} sat",
        explanation=(
            "Small channels fail larger payments and hardly earn back their two on-chain transactions."
            f"{_economics(paying, horizon)} Fewer, larger channels with the same peers serve better."
        ),
        evidence=_evidence(facts, small, live, goal, paying, thresholds),
        severity=Severity.LOW,
        confidence=CONFIDENCE if paying is None else CONFIDENCE_COUNTED,
        action=ManualStep(facts.pubkey, step),
        manual_step=step,
        impact=Impact("size of the next channel", goal, goal, "sat"),
        facts_needed=2,
        facts_present=1 + (paying is not None),
        missing=() if paying is not None else (Need.FORWARDS.value, "on-chain fee rate"),
        topics=TOPICS,
        threshold=(
            f"at least {thresholds['min_count']:g} live channels and {thresholds['min_share']:.0%} of them under"
            f" {thresholds['min_sat']:,.0f} sat"
        ),
    )


def _economics(paying: tuple[int, int] | None, horizon_days: float) -> str:
    if paying is None:
        return ""
    size, cost = paying
    return (
        f" At what your channels earn, opening and closing ({cost:,} sat) is earned back within {horizon_days:g} days"
        f" from {size:,} sat."
    )


def _evidence(
    facts: NodeFacts,
    small: list[ChannelFacts],
    live: int,
    goal: int,
    paying: tuple[int, int] | None,
    thresholds: Thresholds,
) -> tuple[Evidence, ...]:
    witness = Witness(RULE.slug, facts)
    named = tuple(
        witness.public(f"capacity_{one.scid}", f"capacity of {one.scid}", one.capacity_sat, "sat")
        for one in small[:NAMED]
    )
    counts = (
        witness.public("small_channels", "live channels under the bound", len(small), "channels"),
        witness.public("live_channels", "live channels", live, "channels"),
        witness.public("goal_sat", "size advised", goal, "sat"),
        witness.network("network_median_sat", "median live channel", facts.network.median_channel_sat, "sat"),
    )
    if paying is None:
        return (*counts, *named)
    economics = (
        witness.private(
            "paying_sat", f"size that repays itself in {thresholds['horizon_days']:g} days", paying[0], "sat"
        ),
        witness.private("onchain_cost_sat", "cost to open and close", paying[1], "sat"),
    )
    return (*counts, *economics, *named)


RULE = Rule(
    slug="channel_size",
    number=21,
    title="Channel size",
    category=Category.CHANNELS,
    summary="Counts live channels too small to earn back their opening, and computes the smallest size that does.",
    thresholds=(
        ThresholdSpec("min_sat", 500_000, "sat", "Smaller channels are sub-economic (lower quartile of the network)"),
        ThresholdSpec("min_count", 2, "channels", "Fewer small channels are no pattern"),
        ThresholdSpec("min_share", 0.2, "ratio", "A smaller share of small channels is no pattern"),
        ThresholdSpec("horizon_days", 180, "days", "Time in which opening and closing must be earned back"),
    ),
    needs=(Need.POLICIES,),
    find=find,
)
