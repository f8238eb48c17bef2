"""Rule 17: whom to open a channel with next? The list comes scored from the graph; here it is filtered and sized.

Measured on October 2025, such a list of 20 holds 19 % of the channels that nodes really opened the next week
(Adamic-Adar: 12 %; `bench_candidates`): a starting point, hence the modest confidence. LIGHTNING 7.17.
"""

from dataclasses import replace

from recommendations.domain.actions import OpenChannel
from recommendations.domain.advice import (
    Category,
    Ease,
    Evidence,
    Finding,
    GainRange,
    Impact,
    Reversibility,
    RiskLevel,
    Severity,
    Thresholds,
)
from recommendations.domain.facts import CandidateFacts, NodeFacts
from recommendations.domain.findings.concentration import hhi_after
from recommendations.domain.findings.draft import Burden, blank
from recommendations.domain.findings.rule import Need, Rule, ThresholdSpec, at_most, counted, insufficient, neediest
from recommendations.domain.findings.witness import Witness
from recommendations.domain.findings.yields import (
    Earnings,
    as_gain,
    earnings,
    onchain_cost_sat,
)
from recommendations.domain.profit import OPEN_VBYTES

CONFIDENCE = 0.45
ROUND_SAT = 100_000
TOPICS = ("choosing peers", "opening channels", "channel size", "good peer")


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return the best candidates, in the order of their score."""
    if not facts.candidates:
        return insufficient(RULE, facts, Need.CANDIDATES)
    uptime = None if facts.private is None else facts.private.uptime_ratio
    if uptime is not None and uptime < thresholds["min_own_uptime"]:
        return ()  # more capital on an unreliable node is more at risk
    peers = {channel.peer.pubkey for channel in facts.channels} | {facts.pubkey}
    good = [one for one in facts.candidates if one.pubkey not in peers and _is_good(one, thresholds)]
    good.sort(key=lambda one: (-one.score, one.pubkey))
    kept, left_out = neediest(good, thresholds)
    reference = earnings(facts) if kept else None
    return counted((_finding(one, facts, thresholds, reference) for one in kept), left_out=left_out)


def _is_good(one: CandidateFacts, thresholds: Thresholds) -> bool:
    median = one.median_channel_sat
    is_large = median is not None and median >= thresholds["min_median_sat"]
    return one.channel_count >= thresholds["min_channels"] and is_large


def size_for(one: CandidateFacts, facts: NodeFacts, thresholds: Thresholds) -> int:
    """Return a size like our own channels and theirs, the smaller of both, within the bounds."""
    own = facts.standing.median_channel_sat or facts.network.median_channel_sat or thresholds["min_size_sat"]
    wanted = min(own, one.median_channel_sat or own)
    bounded = min(max(wanted, thresholds["min_size_sat"]), thresholds["max_size_sat"])
    return int(bounded) // ROUND_SAT * ROUND_SAT


def _finding(one: CandidateFacts, facts: NodeFacts, thresholds: Thresholds, reference: Earnings | None) -> Finding:
    size, rate = size_for(one, facts, thresholds), facts.network.onchain_fee_sat_vb
    cost = onchain_cost_sat(facts, vbytes=OPEN_VBYTES)
    action = OpenChannel(one.pubkey, size, None if rate is None else max(round(rate), 1), cost)
    return replace(
        blank(RULE, one.pubkey, Burden(Ease.MEDIUM, 1, RiskLevel.MEDIUM, 30, Reversibility.COSTLY, cost)),
        title=f"Open a channel of {size:,} sat with {one.pubkey[:12]}…",
        explanation=f"{_reason(one)} Ask around how it behaves before you commit coins.",
        evidence=_evidence(one, size, facts),
        severity=Severity.LOW,
        confidence=CONFIDENCE,
        action=action,
        gain=_gain(reference, size),
        impact=_impact(facts, size),
        missing=() if rate is not None else ("on-chain fee rate",),
        topics=TOPICS,
        threshold=(
            f"at least {thresholds['min_channels']:g} channels with a median of"
            f" {thresholds['min_median_sat']:,.0f} sat; updated within 14 days; not a peer yet"
        ),
    )


def _reason(one: CandidateFacts) -> str:
    """Return why this node, in words and numbers: its size, its fees, what we share, and what our neighborhood did."""
    fee = "" if one.median_fee_ppm is None else f", charges {one.median_fee_ppm:,} ppm (median)"
    words = f"It has {one.channel_count:,} channels with a median of {one.median_channel_sat:,} sat{fee}"
    words += f" and shares {one.shared_peers:,} of your peers, but is none of them."
    if not one.recent_openers:
        return words
    nodes = "node" if one.recent_openers == 1 else "nodes"
    return (
        f"{words} {one.recent_openers:,} {nodes} of your neighborhood opened a channel with it in the latest 30 days."
    )


def _evidence(one: CandidateFacts, size_sat: int, facts: NodeFacts) -> tuple[Evidence, ...]:
    witness = Witness(RULE.slug, facts, about=one.pubkey)
    return (
        witness.public("channel_count", "its channels", one.channel_count, "channels"),
        witness.public("median_channel_sat", "its median channel", one.median_channel_sat, "sat"),
        witness.public("shared_peers", "peers in common", one.shared_peers, "peers"),
        witness.public(
            "recent_openers", "your neighborhood's new channels with it", one.recent_openers, "nodes in 30 d"
        ),
        witness.public("score", "closeness score", one.score, ""),
        witness.public("median_fee_ppm", "its median fee", one.median_fee_ppm, "ppm"),
        witness.public("size_sat", "size of the channel", size_sat, "sat"),
    )


def _impact(facts: NodeFacts, size_sat: int) -> Impact | None:
    """Return what the channel does to concentration: the one effect that is certain."""
    before = facts.standing.hhi
    if before is None or not facts.channels:
        return None
    after = hhi_after(before, capacity_sat=facts.announced_sat, added_sat=size_sat, channels=1)
    return Impact("concentration (HHI) afterwards", round(after), round(after), "HHI")


def _gain(reference: Earnings | None, size_sat: int) -> GainRange | None:
    gain = as_gain(reference, size_sat)
    return (
        None if gain is None else GainRange(0, gain.high_sat, f"from 0 sat if it stays idle; else {gain.computation}")
    )


RULE = Rule(
    slug="peer_candidates",
    number=17,
    title="Peer candidates",
    category=Category.PEERS,
    summary="Proposes nodes to open a channel with: well connected, large enough, lately chosen by your neighborhood.",
    thresholds=(
        ThresholdSpec("min_channels", 10, "channels", "Candidates have at least this many"),
        ThresholdSpec("min_median_sat", 500_000, "sat", "Their median channel is at least this large"),
        ThresholdSpec("min_own_uptime", 0.95, "ratio", "No opening is proposed while the node itself is less reliable"),
        ThresholdSpec("min_size_sat", 1_000_000, "sat", "Never propose a smaller channel"),
        ThresholdSpec("max_size_sat", 16_700_000, "sat", "Never propose a larger channel"),
        at_most(3),
    ),
    needs=(Need.CANDIDATES,),
    find=find,
)
