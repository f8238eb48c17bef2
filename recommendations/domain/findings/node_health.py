"""Rule 23: six yes-or-no checks of a routing node, each with its number and what is short. LIGHTNING 7.23, Terminal.

A check whose facts are missing is neither passed nor failed.
"""

from dataclasses import dataclass, replace

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
from recommendations.domain.facts import ChannelFacts, NodeFacts, PeerFacts
from recommendations.domain.findings.draft import Burden, blank
from recommendations.domain.findings.rule import Need, Rule, ThresholdSpec
from recommendations.domain.findings.witness import Witness

CONFIDENCE = 0.75
# name, label, threshold wanted, unit, remedy
CHECKS = (
    ("online", "share of channels in use", "min_live_share", "ratio", "bring the idle channels back online"),
    ("channels", "live channels", "min_channels", "channels", "open more channels"),
    (
        "capacity",
        "live capacity",
        "min_capacity_sat",
        "sat",
        "add capacity: larger channels, peers that open to you",
    ),
    (
        "healthy_channels",
        "healthy channels (a week old, 1M sat, enabled)",
        "min_healthy",
        "channels",
        "let young channels age and make the next ones larger",
    ),
    ("stable", "uptime", "min_uptime", "ratio", "raise the uptime"),
    (
        "good_peers",
        "good peers (more than 10 channels, median 500,000 sat)",
        "min_good_peers",
        "peers",
        "connect to better connected peers",
    ),
)
TOPICS = ("node health", "routing node", "opening channels", "good peer", "getting started")


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `value` None = not known, so neither passed nor failed."""

    name: str
    label: str
    value: float | None
    wanted: float
    unit: str
    is_private: bool
    remedy: str

    @property
    def is_failed(self) -> bool:
        return self.value is not None and self.value < self.wanted


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return one finding that names the failed checks, or nothing when all known ones pass."""
    checks = checks_of(facts, thresholds)
    failed = [check for check in checks if check.is_failed]
    if not any(check.name != "stable" for check in failed):
        return ()  # uptime alone is rule 12's to tell
    return (_finding(facts, checks, failed),)


def checks_of(facts: NodeFacts, thresholds: Thresholds) -> tuple[Check, ...]:
    """Return the six checks with their present numbers."""
    values = _values(facts, thresholds)
    return tuple(
        Check(name, label, values[name], thresholds[wanted], unit, name == "stable", remedy)
        for name, label, wanted, unit, remedy in CHECKS
    )


def _values(facts: NodeFacts, thresholds: Thresholds) -> dict[str, float | None]:
    live, announced = facts.live_channels, facts.announced_channels
    return {
        "online": len(live) / len(announced) if announced else None,
        "channels": len(live),
        "capacity": sum(one.capacity_sat for one in live),
        "healthy_channels": sum(is_healthy(one, thresholds) for one in live),
        "stable": None if facts.private is None else facts.private.uptime_ratio,
        "good_peers": len({one.peer.pubkey for one in live if is_good_peer(one.peer, thresholds)}),
    }


def is_healthy(channel: ChannelFacts, thresholds: Thresholds) -> bool:
    own, peer = channel.own_policy, channel.peer_policy
    if own is None or own.is_disabled or peer is None or peer.is_disabled or channel.age_days is None:
        return False
    return channel.age_days >= thresholds["min_age_days"] and channel.capacity_sat >= thresholds["min_channel_sat"]


def is_good_peer(peer: PeerFacts, thresholds: Thresholds) -> bool:
    has_channels = peer.channel_count is not None and peer.channel_count > thresholds["peer_channels"]
    return has_channels and (peer.median_channel_sat or 0) >= thresholds["peer_median_sat"]


def _finding(facts: NodeFacts, checks: tuple[Check, ...], failed: list[Check]) -> Finding:
    known = [check for check in checks if check.value is not None]
    step = f"In this order: {'; '.join(check.remedy for check in failed)}."
    gaps = "; ".join(
        f"{check.label}: {_shown(check.value, check.unit)}, wanted {_shown(check.wanted, check.unit)}"
        for check in failed
    )
    passed = len(known) - len(failed)
    return replace(
        blank(RULE, facts.pubkey, _burden(failed)),
        title=f"Node health: {passed} of {len(known)} checks passed",
        explanation=f"{gaps[0].upper()}{gaps[1:]}.",
        evidence=_evidence(facts, checks, passed),
        severity=Severity.MEDIUM if len(failed) >= 3 else Severity.LOW,
        confidence=CONFIDENCE,
        action=ManualStep(facts.pubkey, step),
        manual_step=step,
        impact=Impact("checks passed", passed, len(known), "checks"),
        facts_needed=len(checks),
        facts_present=len(known),
        missing=tuple(check.label for check in checks if check.value is None),
        topics=TOPICS,
        threshold="; ".join(f"{check.label} at least {_shown(check.wanted, check.unit)}" for check in checks),
    )


def _burden(failed: list[Check]) -> Burden:
    needs_capital = any(check.name in {"channels", "capacity"} for check in failed)
    return Burden(Ease.HARD if needs_capital else Ease.MEDIUM, 4, RiskLevel.LOW, 30, Reversibility.COSTLY)


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return "unknown"
    return f"{value:.1%}" if unit == "ratio" else f"{value:,.0f}"


def _evidence(facts: NodeFacts, checks: tuple[Check, ...], passed: int) -> tuple[Evidence, ...]:
    witness = Witness(RULE.slug, facts)
    values = tuple(
        (witness.private if check.is_private else witness.public)(
            check.name, check.label, check.value, check.unit, digits=3
        )
        for check in checks
        if check.value is not None
    )
    count = sum(check.value is not None for check in checks)
    return (
        *values,
        witness.public("passed", "checks passed", passed, "checks"),
        witness.public("known", "checks that could be made", count, "checks"),
    )


RULE = Rule(
    slug="node_health",
    number=23,
    title="Node health checks",
    category=Category.CHANNELS,
    summary="Six checks: online, enough channels, capacity, healthy channels, stable, good peers.",
    thresholds=(
        ThresholdSpec("min_live_share", 0.9, "ratio", "Online: share of channels with a recent update"),
        ThresholdSpec("min_channels", 8, "channels", "Enough channels"),
        ThresholdSpec("min_capacity_sat", 20_000_000, "sat", "Good routing capacity"),
        ThresholdSpec("min_healthy", 5, "channels", "Many healthy channels"),
        ThresholdSpec("min_uptime", 0.98, "ratio", "Stable: the node's own uptime"),
        ThresholdSpec("min_good_peers", 5, "peers", "Many good peers"),
        ThresholdSpec("min_age_days", 7, "days", "A healthy channel is at least this old"),
        ThresholdSpec("min_channel_sat", 1_000_000, "sat", "A healthy channel is at least this large"),
        ThresholdSpec("peer_channels", 10, "channels", "A good peer has more channels"),
        ThresholdSpec("peer_median_sat", 500_000, "sat", "A good peer's median channel is at least this large"),
    ),
    needs=(Need.POLICIES,),
    find=find,
)
