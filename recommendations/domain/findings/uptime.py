"""Rule 12: is the node itself reliable, and are its peers there? Judged only after 28 monitored days. LIGHTNING 7.12.

LND's own counters restart with the daemon, so the ratio must come from stored samples.
"""

from dataclasses import replace

from recommendations.domain.actions import ChannelRef, Inspect, Look, ManualStep
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
from recommendations.domain.findings.draft import Burden, blank, looking
from recommendations.domain.findings.rule import (
    Need,
    Rule,
    ThresholdSpec,
    at_most,
    counted,
    insufficient,
    neediest,
)
from recommendations.domain.findings.witness import Witness

CONFIDENCE_NODE, CONFIDENCE_PEER, CONFIDENCE_SHORT = 0.90, 0.80, 0.60
TOPICS_NODE = ("uptime", "node reliability", "force close", "monitoring", "backup power")
TOPICS_PEER = ("peer uptime", "offline peer", "channel health")
OWN_STEPS = "Find what took it down (power, disk, Tor, a crash), let it restart by itself, and watch it from outside."


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return the node's own uptime when short of the goal, then its least reliable peers."""
    if not facts.channels and facts.private is None:
        return ()
    own, peers = _own(facts, thresholds), _peers(facts, thresholds)
    if own is None and peers is None:
        return insufficient(RULE, facts, Need.UPTIME)
    return (*(own or ()), *(peers or ()))


def _own(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...] | None:
    private = facts.private
    if private is None or private.uptime_ratio is None or (private.monitored_days or 0) < thresholds["min_days"]:
        return None
    if private.uptime_ratio >= thresholds["own_goal"]:
        return ()
    return (_own_finding(facts, private.uptime_ratio, private.monitored_days or 0, thresholds),)


def _own_finding(facts: NodeFacts, ratio: float, days: float, thresholds: Thresholds) -> Finding:
    hours = (1 - ratio) * 30 * 24
    is_unsafe = ratio < thresholds["own_unsafe"]
    danger = (
        " Out of reach that long, it may miss the deadline of a pending payment, and a peer then closes the"
        " channel on-chain."
        if is_unsafe
        else ""
    )
    return replace(
        blank(RULE, facts.pubkey, Burden(Ease.MEDIUM, 3, RiskLevel.LOW, 1, Reversibility.REVERSIBLE)),
        title=f"Keep the node online: {ratio:.1%} uptime, goal {thresholds['own_goal']:.0%}",
        explanation=(
            f"Over {days:,.0f} days the node was reachable {ratio:.1%} of the time, about {hours:,.0f} hours offline"
            f" a month. Senders score failures and route around it.{danger}"
        ),
        evidence=_own_evidence(facts, ratio, days, hours),
        severity=_own_severity(ratio, thresholds),
        confidence=CONFIDENCE_NODE,
        action=ManualStep(facts.pubkey, OWN_STEPS),
        category=Category.SAFETY if is_unsafe else RULE.category,
        manual_step=OWN_STEPS,
        impact=Impact("uptime", thresholds["own_goal"], 1.0, "ratio"),
        topics=TOPICS_NODE,
        is_safety=is_unsafe,
        threshold=f"uptime below {thresholds['own_goal']:.0%} over at least {thresholds['min_days']:g} days",
        window_days=round(days),
    )


def _own_evidence(facts: NodeFacts, ratio: float, days: float, hours: float) -> tuple[Evidence, ...]:
    witness = Witness(RULE.slug, facts)
    return (
        witness.private("uptime_ratio", "our uptime", ratio, "ratio", digits=3),
        witness.private("monitored_days", "monitored", days, "days", digits=0),
        witness.private("offline_hours", "offline in 30 days", hours, "h", digits=0),
    )


def _own_severity(ratio: float, thresholds: Thresholds) -> Severity:
    if ratio < thresholds["own_unsafe"]:
        return Severity.CRITICAL
    return Severity.HIGH if ratio < thresholds["peer_poor"] else Severity.MEDIUM


def _peers(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...] | None:
    seen = [case for channel in facts.channels if (case := _watched(channel, thresholds)) is not None]
    if not seen:
        return None
    poor = sorted((case for case in seen if case[1] < thresholds["peer_warn"]), key=_poorest_first)
    kept, left_out = neediest(poor, thresholds)
    return counted((_peer(*case, facts, thresholds) for case in kept), left_out=left_out)


def _watched(channel: ChannelFacts, thresholds: Thresholds) -> tuple[ChannelFacts, float, float] | None:
    """Return the channel with its ratio and days, when monitored for long enough, or absent beyond doubt."""
    private = channel.private
    if private is None or private.uptime_ratio is None or private.monitored_days is None:
        return None
    is_gone = private.uptime_ratio < thresholds["peer_gone"] and private.monitored_days >= thresholds["gone_days"]
    is_long = private.monitored_days >= thresholds["min_days"]
    return (channel, private.uptime_ratio, private.monitored_days) if is_gone or is_long else None


def _peer(channel: ChannelFacts, ratio: float, days: float, facts: NodeFacts, thresholds: Thresholds) -> Finding:
    witness = Witness(RULE.slug, facts, channel)
    return replace(
        blank(RULE, channel.scid, looking(hours=0.3, days=3)),
        title=f"Check the peer of channel {channel.scid}: connected {ratio:.1%} of the time",
        explanation=(
            f"Over {days:,.0f} days the peer was connected {ratio:.1%} of the time. While it is away the"
            f" {channel.capacity_sat:,} sat of this channel route nothing. {_peer_advice(channel, ratio, thresholds)}"
        ),
        evidence=(
            witness.private("uptime_ratio", "peer connected", ratio, "ratio", digits=3),
            witness.private("monitored_days", "monitored", days, "days", digits=0),
            witness.public("capacity_sat", "capacity", channel.capacity_sat, "sat"),
        ),
        severity=_peer_severity(channel, ratio, thresholds),
        confidence=CONFIDENCE_PEER if days >= thresholds["min_days"] else CONFIDENCE_SHORT,
        action=Inspect(channel.scid, Look.PEERS, ChannelRef.of(channel)),
        impact=Impact("peer connected", thresholds["peer_warn"], 1.0, "ratio"),
        topics=TOPICS_PEER,
        threshold=f"connected less than {thresholds['peer_warn']:.0%} over at least {thresholds['min_days']:g} days",
        window_days=round(days),
    )


def _poorest_first(case: tuple[ChannelFacts, float, float]) -> tuple[bool, float, str]:
    """Sort key: peers that nodes route through come before those that may be wallets."""
    return _may_sleep(case[0]), case[1], case[0].scid


def _may_sleep(channel: ChannelFacts) -> bool:
    return not channel.is_announced and not channel.awaits_graph


def _peer_severity(channel: ChannelFacts, ratio: float, thresholds: Thresholds) -> Severity:
    if _may_sleep(channel):
        return Severity.LOW
    if ratio < thresholds["peer_gone"]:
        return Severity.HIGH
    return Severity.MEDIUM if ratio < thresholds["peer_poor"] else Severity.LOW


def _peer_advice(channel: ChannelFacts, ratio: float, thresholds: Thresholds) -> str:
    if _may_sleep(channel):
        return "A wallet that is not always online is ordinary; if it should be a node, write to its operator."
    if ratio < thresholds["peer_gone"]:
        return "It is gone most of the time: write to its operator; without an answer, plan a mutual close."
    if ratio < thresholds["peer_poor"]:
        return "Write to its operator, and put no more liquidity into it."
    return "Reconnect with its other address, if it announces one."


RULE = Rule(
    slug="uptime",
    number=12,
    title="Uptime",
    category=Category.RELIABILITY,
    summary="Judges the node's own uptime and its peers' connection from monitored days.",
    thresholds=(
        ThresholdSpec("min_days", 28, "days", "Shorter monitoring is not judged"),
        ThresholdSpec("own_goal", 0.98, "ratio", "Goal for the node itself"),
        ThresholdSpec("own_unsafe", 0.90, "ratio", "Below it funds in pending payments are at risk"),
        ThresholdSpec("peer_warn", 0.99, "ratio", "Warn when a peer is connected less"),
        ThresholdSpec("peer_poor", 0.95, "ratio", "A peer connected less is poor"),
        ThresholdSpec("peer_gone", 0.25, "ratio", "A peer connected less is as good as gone"),
        ThresholdSpec("gone_days", 3, "days", "Monitoring after which a gone peer is named"),
        at_most(),
    ),
    needs=(Need.UPTIME,),
    find=find,
)
