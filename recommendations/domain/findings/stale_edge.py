"""Rule 22: channels the network takes for dead, since no side updated its policy for 14 days. LIGHTNING 7.22, BOLT 7.

They are left out of every statistic. Also: channels that stand disabled by one side.
"""

from dataclasses import replace

from recommendations.domain.actions import Inspect, Look
from recommendations.domain.advice import (
    Category,
    Evidence,
    Finding,
    Impact,
    Severity,
    Thresholds,
)
from recommendations.domain.facts import ChannelFacts, NodeFacts
from recommendations.domain.findings.draft import blank, looking
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
    own, peer = channel.own_policy, channel.peer_policy
    return (own is not None and own.is_disabled) or (peer is not None and peer.is_disabled)


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
    return replace(
        blank(RULE, facts.pubkey, looking(hours=0.5, days=1)),
        title=f"{len(unusable)} of {total} channels route nothing: {stale} without updates, {disabled} disabled",
        explanation=(
            f"{capacity:,} sat stand in channels that senders skip: an edge without a policy update for 14 days is"
            f" dropped from routing, a disabled side refuses payments. {words}"
        ),
        evidence=_evidence(facts, unusable, stale, disabled, capacity),
        severity=Severity.HIGH if is_whole else Severity.MEDIUM,
        confidence=CONFIDENCE,
        action=Inspect(facts.pubkey, Look.CHANNELS),
        impact=Impact("channels that can route", total - len(unusable), total, "channels"),
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
