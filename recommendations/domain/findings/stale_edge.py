"""Rule 22: channels the network takes for dead, since no side updated its policy for 14 days. LIGHTNING 7.22, BOLT 7.

They are left out of every statistic. Also: channels that stand disabled by one side.
"""

from recommendations.domain.actions import Inspect, Look
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
from recommendations.domain.findings.rule import Need, Rule, ThresholdSpec
from recommendations.domain.findings.witness import Witness

CONFIDENCE = 0.85
NAMED = 5
TOPICS = ("stale channels", "zombie channels", "channel updates", "gossip", "disabled channel")


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return one finding for the node: how many of its channels nobody would route through, and which."""
    stale = [one for one in facts.channels if not one.is_live]
    disabled = [one for one in facts.channels if one.is_live and _is_disabled(one)]
    unusable = sorted([*stale, *disabled], key=lambda one: (-one.capacity_sat, one.scid))
    if not unusable or len(unusable) < len(facts.channels) * thresholds["min_share"]:
        return ()
    return (_finding(facts, unusable, len(stale), len(disabled), thresholds),)


def _is_disabled(channel: ChannelFacts) -> bool:
    return any(one is not None and one.is_disabled for one in (channel.own_policy, channel.peer_policy))


def _finding(
    facts: NodeFacts, unusable: list[ChannelFacts], stale: int, disabled: int, thresholds: Thresholds
) -> Finding:
    total, capacity = len(facts.channels), sum(one.capacity_sat for one in unusable)
    is_whole = stale == total
    words = (
        "No channel was updated for 14 days: the node looks offline or gone to everybody else."
        if is_whole
        else "Check whether the peers are still there and whether these channels were closed long ago."
    )
    return Finding(
        rule=RULE.slug,
        rule_number=RULE.number,
        category=RULE.category,
        severity=Severity.HIGH if is_whole else Severity.MEDIUM,
        target=facts.pubkey,
        title=f"{len(unusable)} of {total} channels route nothing: {stale} without updates, {disabled} disabled",
        explanation=(
            f"{capacity:,} sat stand in channels that senders skip: an edge without a policy update for 14 days is"
            f" dropped from routing, a disabled side refuses payments. {words}"
        ),
        evidence=_evidence(facts, unusable, stale, disabled, capacity),
        confidence=CONFIDENCE,
        action=Inspect(facts.pubkey, Look.CHANNELS),
        impact=Impact("channels that can route", total - len(unusable), total, "channels"),
        ease=Ease.EASY,
        effort_hours=0.5,
        risk=RiskLevel.MINIMAL,
        cost_sat=0,
        days_to_effect=1,
        reversibility=Reversibility.NOTHING_CHANGES,
        topics=TOPICS,
        threshold=f"at least {thresholds['min_share']:.0%} of the channels without an update in 14 days or disabled",
        window_days=14,
    )


def _evidence(
    facts: NodeFacts, unusable: list[ChannelFacts], stale: int, disabled: int, capacity: int
) -> tuple[Evidence, ...]:
    witness = Witness(RULE.slug, facts)
    named = tuple(
        witness.public(f"capacity_{one.scid}", f"capacity of {one.scid}", one.capacity_sat, "sat")
        for one in unusable[:NAMED]
    )
    return (
        witness.public("stale_channels", "channels without an update in 14 days", stale, "channels"),
        witness.public("disabled_channels", "live channels that a side disabled", disabled, "channels"),
        witness.public("channels", "channels", len(facts.channels), "channels"),
        witness.public("unusable_channels", "channels that route nothing", len(unusable), "channels"),
        witness.public("unusable_sat", "their capacity", capacity, "sat"),
        *named,
    )


RULE = Rule(
    slug="stale_edge",
    number=22,
    title="Stale and disabled channels",
    category=Category.RELIABILITY,
    summary="Counts channels that nobody routes through: no update for 14 days, or disabled by a side.",
    thresholds=(ThresholdSpec("min_share", 0.1, "ratio", "A smaller share is normal churn"),),
    needs=(Need.POLICIES,),
    find=find,
)
