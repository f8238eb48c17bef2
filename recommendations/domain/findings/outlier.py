"""Rule 10: which channel earns far less than its siblings? Below Q1 - k x IQR of fees per sat. LIGHTNING 7.10.

As faraday: exclusive quartiles, at least 28 monitored days each. It asks for a look, never for a close.
"""

from dataclasses import replace
from statistics import quantiles

from recommendations.domain.actions import ChannelRef, Inspect, Look
from recommendations.domain.advice import (
    Category,
    Evidence,
    Finding,
    Impact,
    Severity,
    Thresholds,
)
from recommendations.domain.facts import ChannelFacts, FlowFacts, NodeFacts
from recommendations.domain.findings.draft import blank, looking
from recommendations.domain.findings.flow import flow_of, per_30_days
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

CONFIDENCE, CONFIDENCE_STRONG = 0.55, 0.70
TOPICS = ("channel profitability", "outlier channels", "channel review")


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return channels that earn far below the rest, the lowest first."""
    if not facts.channels:
        return ()
    watched = [(channel, flow, earned(channel, flow)) for channel, flow in _monitored(facts, thresholds)]
    if len(watched) < thresholds["min_channels"]:
        lacking = f"{thresholds['min_channels']:g} channels monitored for {thresholds['min_days']:g} days"
        return insufficient(RULE, facts, f"forwards of at least {lacking}; there are {len(watched)}")
    first, _, third = quantiles([rate for _, _, rate in watched], n=4, method="exclusive")
    fence = first - thresholds["warn_factor"] * (third - first)
    low = sorted((case for case in watched if case[2] < fence), key=lambda case: (case[2], case[0].scid))
    kept, left_out = neediest(low, thresholds)
    return counted((_finding(*case, first, third, facts, thresholds) for case in kept), left_out=left_out)


def _monitored(facts: NodeFacts, thresholds: Thresholds) -> list[tuple[ChannelFacts, FlowFacts]]:
    found = []
    for channel in facts.channels:
        private, flow = channel.private, flow_of(channel)
        if private is None or flow is None or private.monitored_days is None:
            continue
        if private.monitored_days >= thresholds["min_days"] and flow.window_days >= thresholds["min_days"]:
            found.append((channel, flow))
    return found


def earned(channel: ChannelFacts, flow: FlowFacts) -> float:
    """Return own and assisted fees, half each so that no fee counts twice, msat per million sat and 30 days."""
    total = (flow.fees_earned_msat + flow.fees_assisted_msat) / 2
    return per_30_days(total, flow) / channel.capacity_sat * 1e6 if channel.capacity_sat > 0 else 0.0


def _finding(
    channel: ChannelFacts,
    flow: FlowFacts,
    rate: float,
    first: float,
    third: float,
    facts: NodeFacts,
    thresholds: Thresholds,
) -> Finding:
    is_strong = rate < first - thresholds["strong_factor"] * (third - first)
    return replace(
        blank(RULE, channel.scid, looking(hours=0.3, days=7)),
        title=f"Look at channel {channel.scid}: it earns far less than your others",
        explanation=(
            f"Per million sat it brings {rate:,.0f} msat in 30 days; the middle half of your channels bring"
            f" {first:,.0f} to {third:,.0f} msat. Check its fee, its balance and whether the peer routes at all."
        ),
        evidence=_evidence(channel, rate, first, third, facts),
        severity=Severity.MEDIUM if is_strong else Severity.LOW,
        confidence=CONFIDENCE_STRONG if is_strong else CONFIDENCE,
        action=Inspect(channel.scid, Look.CHANNEL, ChannelRef.of(channel)),
        impact=Impact("fees per million sat in 30 days", first, third, "msat"),
        topics=TOPICS,
        threshold=f"below Q1 - {thresholds['warn_factor']:g} x IQR ({thresholds['strong_factor']:g} is strong)",
        window_days=flow.window_days,
    )


def _evidence(channel: ChannelFacts, rate: float, first: float, third: float, facts: NodeFacts) -> tuple[Evidence, ...]:
    witness = Witness(RULE.slug, facts, channel)
    return (
        witness.private("earned", "fees per million sat in 30 days", rate, "msat", digits=0),
        witness.private("first_quartile", "lower quartile of your channels", first, "msat", digits=0),
        witness.private("third_quartile", "upper quartile of your channels", third, "msat", digits=0),
        witness.public("capacity_sat", "capacity", channel.capacity_sat, "sat"),
    )


RULE = Rule(
    slug="outlier",
    number=10,
    title="Outlier channel",
    category=Category.CHANNELS,
    summary="Finds channels whose fees per sat and day fall below the quartile fence of the node's own channels.",
    thresholds=(
        ThresholdSpec("strong_factor", 3.0, "x IQR", "Below Q1 minus this many IQR is strong evidence"),
        ThresholdSpec("warn_factor", 1.5, "x IQR", "Below Q1 minus this many IQR is worth a look"),
        ThresholdSpec("min_channels", 5, "channels", "Fewer monitored channels have no quartiles"),
        ThresholdSpec("min_days", 28, "days", "Channels monitored shorter are left out"),
        at_most(3),
    ),
    needs=(Need.FORWARDS, Need.UPTIME),
    find=find,
)
