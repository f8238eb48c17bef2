"""Rule 15: how much of the node hangs on few peers? HHI = 10,000 x the sum of squared capacity shares. LIGHTNING 7.15.

Of live nodes with at least 10 peers (October 2025) 13 % are above 1,500 and 3.6 % above 2,500.
"""

from dataclasses import replace

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
from recommendations.domain.facts import NodeFacts
from recommendations.domain.findings.draft import Burden, blank
from recommendations.domain.findings.rule import Need, Rule, ThresholdSpec
from recommendations.domain.findings.witness import Witness

CONFIDENCE = 0.80
FULL = 10_000
STEP = (
    "Open the next {count} channels with peers you do not have yet, and add nothing to your largest peer until its"
    " share has fallen. Close nothing for this alone."
)
TOPICS = ("peer concentration", "diversification", "opening channels", "choosing peers")


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return one finding when capacity is concentrated. Below five peers concentration says nothing."""
    standing = facts.standing
    peers = len({channel.peer.pubkey for channel in facts.announced_channels})
    if peers < thresholds["min_peers_share"] or standing.hhi is None or standing.largest_peer_share is None:
        return ()
    is_judged = peers >= thresholds["min_peers_hhi"]
    is_strong = standing.largest_peer_share > thresholds["largest_share"] or (
        is_judged and standing.hhi > thresholds["strong_hhi"]
    )
    if not is_strong and not (is_judged and standing.hhi > thresholds["warn_hhi"]):
        return ()
    return (_finding(facts, standing.hhi, standing.largest_peer_share, peers, thresholds, is_strong=is_strong),)


def hhi_after(hhi: float, *, capacity_sat: int, added_sat: int, channels: int) -> float:
    """Return the HHI once `channels` channels of `added_sat` each lead to as many new peers."""
    total = capacity_sat + channels * added_sat
    return (hhi * capacity_sat**2 + FULL * channels * added_sat**2) / total**2 if total else hhi


def _finding(
    facts: NodeFacts, hhi: float, share: float, peers: int, thresholds: Thresholds, *, is_strong: bool
) -> Finding:
    count = int(thresholds["new_channels"])
    size = facts.standing.median_channel_sat or facts.network.median_channel_sat or 0
    best = hhi_after(hhi, capacity_sat=facts.announced_sat, added_sat=size, channels=count)
    one = hhi_after(hhi, capacity_sat=facts.announced_sat, added_sat=size, channels=1)
    effective = FULL / hhi if hhi else 0.0
    step = STEP.format(count=count)
    return replace(
        blank(RULE, facts.pubkey, Burden(Ease.HARD, 2, RiskLevel.MEDIUM, 30, Reversibility.COSTLY)),
        title=f"Spread your capacity: one peer holds {share:.0%} of it",
        explanation=(
            f"{peers} peers, but by capacity they count like {effective:.1f} equal ones (HHI {hhi:,.0f}). When the"
            f" largest peer is offline or closes, {share:.0%} of the node stops routing. {count} new peers with"
            f" {size:,} sat each bring the HHI to {best:,.0f}."
        ),
        evidence=_evidence(facts, hhi, share, peers, size, count),
        severity=Severity.MEDIUM if is_strong else Severity.LOW,
        confidence=CONFIDENCE,
        action=ManualStep(facts.pubkey, step),
        manual_step=step,
        impact=Impact("HHI", min(best, one), max(best, one), "HHI"),
        topics=TOPICS,
        threshold=(
            f"HHI above {thresholds['warn_hhi']:g} (strong {thresholds['strong_hhi']:g}) with"
            f" {thresholds['min_peers_hhi']:g} peers, or one peer above {thresholds['largest_share']:.0%}"
        ),
    )


def _evidence(facts: NodeFacts, hhi: float, share: float, peers: int, size: int, count: int) -> tuple[Evidence, ...]:
    witness, effective = Witness(RULE.slug, facts), FULL / hhi if hhi else 0.0
    return (
        witness.public("hhi", "concentration (HHI, 0 to 10,000)", hhi, "HHI", digits=0),
        witness.public("largest_peer_share", "largest peer's share of capacity", share, "ratio", digits=2),
        witness.public("effective_peers", "equal peers it amounts to", effective, "peers", digits=1),
        witness.public("peers", "peers", peers, "peers"),
        witness.public("channel_sat", "size of a new channel (our median)", size, "sat"),
        witness.public("new_channels", "new channels assumed", count, "channels"),
    )


RULE = Rule(
    slug="concentration",
    number=15,
    title="Concentration",
    category=Category.PEERS,
    summary="Measures how much of the node's capacity hangs on few peers.",
    thresholds=(
        ThresholdSpec("warn_hhi", 1_500, "HHI", "Warn above it (13 % of nodes)"),
        ThresholdSpec("strong_hhi", 2_500, "HHI", "Strong above it (3.6 % of nodes)"),
        ThresholdSpec("largest_share", 0.35, "ratio", "Strong when one peer holds more"),
        ThresholdSpec("min_peers_hhi", 10, "peers", "With fewer peers the HHI is high by itself"),
        ThresholdSpec("min_peers_share", 5, "peers", "With fewer peers a large share is no finding"),
        ThresholdSpec("new_channels", 3, "channels", "New peers assumed in the computed effect"),
    ),
    needs=(Need.POLICIES,),
    find=find,
)
