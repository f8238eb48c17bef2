"""Rule 2: does a fee stand far outside the live network and our own channels? Only where its peer has no market.

Medians and quantiles only: the network's mean fee is in the millions of ppm. LIGHTNING 7.2.
"""

from dataclasses import replace
from statistics import median

from recommendations.domain.actions import Inspect, Look
from recommendations.domain.advice import (
    Category,
    Ease,
    Evidence,
    Finding,
    Impact,
    Severity,
    Thresholds,
    fee_label,
)
from recommendations.domain.facts import ChannelFacts, NodeFacts, PolicyFacts
from recommendations.domain.findings.draft import blank, looking
from recommendations.domain.findings.fee_advice import FeeCase, finding_of, own_fee, priced_peers
from recommendations.domain.findings.fee_guard import FeeStep, fee_step
from recommendations.domain.findings.flow import flow_of, is_quiet
from recommendations.domain.findings.rule import Need, Rule, ThresholdSpec, at_most, counted, insufficient, neediest
from recommendations.domain.findings.witness import Witness

CONFIDENCE_CHANNEL, CONFIDENCE_NODE = 0.35, 0.60
TOPICS = ("fee rate", "network fee percentiles", "median fee", "pricing a channel")


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return what the node's fees as a whole look like when extreme, then single channels far outside both."""
    priced = [pair for pair in priced_peers(facts) if pair[0].is_announced]
    quantiles = dict(facts.network.fee_quantiles_ppm)
    if not priced:
        return ()
    if not {75, 95} <= quantiles.keys():
        return insufficient(RULE, facts, Need.NETWORK)
    own_median = median(policy.fee_ppm for _, policy in priced)
    return (*_node(facts, priced, thresholds), *_outliers(facts, priced, quantiles, own_median, thresholds))


def _node(
    facts: NodeFacts, priced: list[tuple[ChannelFacts, PolicyFacts]], thresholds: Thresholds
) -> tuple[Finding, ...]:
    standing, network = facts.standing, facts.network
    percentile, own, live = standing.fee_percentile, standing.median_fee_ppm, network.median_fee_ppm
    if percentile is None or own is None or live is None or len(priced) < thresholds["min_channels"]:
        return ()
    if thresholds["low_percentile"] <= percentile <= thresholds["high_percentile"]:
        return ()
    return (_node_finding(facts, percentile, own, live, thresholds),)


def _node_finding(facts: NodeFacts, percentile: float, own: int, live: int, thresholds: Thresholds) -> Finding:
    witness, label = Witness(RULE.slug, facts), fee_label(own, median_ppm=live)
    side = "dearer" if percentile > thresholds["high_percentile"] else "cheaper"
    share = percentile if side == "dearer" else 100 - percentile
    named = "" if label is None else f" ({label.value} against the median)"
    return replace(
        blank(RULE, facts.pubkey, looking(hours=0.5, days=7)),
        title=f"Review your fees: the node is {side} than {share:.0f}% of the network",
        explanation=(
            f"Your median outgoing fee is {own:,} ppm, the live network's is {live:,} ppm{named}. That can be right for"
            " what your channels offer; check it against forwards per channel before changing many fees."
        ),
        evidence=(
            witness.public("median_fee_ppm", "our median outgoing fee", own, "ppm"),
            witness.public("fee_percentile", "its percentile among all nodes", percentile, "percentile", digits=0),
            witness.public(
                "share", f"nodes that are {'cheaper' if side == 'dearer' else 'dearer'}", share, "%", digits=0
            ),
            witness.network("network_median_ppm", "median fee of live channels", live, "ppm"),
        ),
        severity=Severity.LOW,
        confidence=CONFIDENCE_NODE,
        action=Inspect(facts.pubkey, Look.FEES),
        impact=Impact("fee percentile among all nodes", 25, 75, "percentile"),
        topics=TOPICS,
        threshold=f"percentile below {thresholds['low_percentile']:g} or above {thresholds['high_percentile']:g}",
    )


def _outliers(
    facts: NodeFacts,
    priced: list[tuple[ChannelFacts, PolicyFacts]],
    quantiles: dict[int, int],
    own_median: float,
    thresholds: Thresholds,
) -> tuple[Finding, ...]:
    bound = max(quantiles[95], own_median * thresholds["own_factor"])
    moved: list[tuple[ChannelFacts, PolicyFacts, FeeStep]] = []
    for channel, policy in priced:
        flow = flow_of(channel)
        if policy.fee_ppm <= bound or channel.market.sample_size >= thresholds["market_size"]:
            continue
        if flow is not None and not is_quiet(flow):
            continue  # it is dear and it sells: leave it
        step = fee_step(
            policy,
            wanted_ppm=max(quantiles[75], own_median),
            at=facts.judged_at,
            thresholds=thresholds,
            bounds=channel.bounds,
        )
        if step is not None:
            moved.append((channel, policy, step))
    moved.sort(key=lambda case: -case[1].fee_ppm)
    kept, left_out = neediest(moved, thresholds)
    cases = (_case(*case, facts, quantiles, own_median, thresholds) for case in kept)
    return counted((finding_of(RULE, case, facts, thresholds) for case in cases), left_out=left_out)


def _case(
    channel: ChannelFacts,
    policy: PolicyFacts,
    step: FeeStep,
    facts: NodeFacts,
    quantiles: dict[int, int],
    own_median: float,
    thresholds: Thresholds,
) -> FeeCase:
    has_flow = flow_of(channel) is not None
    return FeeCase(
        channel=channel,
        policy=policy,
        step=step,
        why=(
            f"{policy.fee_ppm:,} ppm is above the {quantiles[95]:,} ppm of the network's 95th percentile and far above"
            f" your own median of {own_median:,.0f} ppm. Too few nodes reach this peer to know its market: weak"
            " evidence, so keep the fee if the channel is meant to be dear."
        ),
        evidence=_evidence(channel, policy, facts, quantiles, own_median),
        severity=Severity.LOW,
        confidence=CONFIDENCE_CHANNEL,
        threshold=f"above the network's p95 and {thresholds['own_factor']:g} times our own median",
        impact=Impact("our fee afterwards", step.new_ppm, step.new_ppm, "ppm"),
        facts_needed=3,
        facts_present=2 + has_flow,
        missing=() if has_flow else (Need.FORWARDS.value,),
        topics=TOPICS,
        ease=Ease.MEDIUM,
        days_to_effect=14,
    )


def _evidence(
    channel: ChannelFacts, policy: PolicyFacts, facts: NodeFacts, quantiles: dict[int, int], own_median: float
) -> tuple[Evidence, ...]:
    witness = Witness(RULE.slug, facts, channel)
    return (
        own_fee(witness, policy),
        witness.network("p95_ppm", "95th percentile of live fees", quantiles[95], "ppm"),
        witness.network("p75_ppm", "75th percentile of live fees", quantiles[75], "ppm"),
        witness.public("own_median_ppm", "median of our own channels", own_median, "ppm", digits=0),
    )


RULE = Rule(
    slug="fee_vs_network",
    number=2,
    title="Fee against the network",
    category=Category.FEES,
    summary="Compares our median fee with the live network, and finds single fees far outside both.",
    thresholds=(
        ThresholdSpec("high_percentile", 90, "percentile", "Above it the node counts as dear"),
        ThresholdSpec("low_percentile", 10, "percentile", "Below it the node counts as cheap"),
        ThresholdSpec("min_channels", 3, "channels", "Fewer channels are no pricing policy"),
        ThresholdSpec("own_factor", 4, "x", "A single fee must also be this many times our own median"),
        ThresholdSpec("market_size", 8, "nodes", "With this many other nodes the peer's market decides (rule 1)"),
        at_most(3),
    ),
    needs=(Need.POLICIES, Need.NETWORK),
    find=find,
)
