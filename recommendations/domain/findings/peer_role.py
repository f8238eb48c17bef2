"""Rule 5: sink, source or balanced, and does a sink sell its capacity faster than its price says? LIGHTNING 7.5."""

from collections import Counter
from dataclasses import replace

from recommendations.domain.actions import Inspect, Look
from recommendations.domain.advice import (
    Category,
    Evidence,
    Finding,
    Severity,
    Thresholds,
)
from recommendations.domain.facts import ChannelFacts, FlowFacts, NodeFacts, PolicyFacts
from recommendations.domain.findings.draft import blank, looking
from recommendations.domain.findings.fee_advice import FeeCase, finding_of, gain_of_raise, own_fee, priced_peers
from recommendations.domain.findings.fee_guard import FeeStep, fee_step
from recommendations.domain.findings.flow import Role, flow_of, per_30_days, role_of
from recommendations.domain.findings.rule import Need, Rule, ThresholdSpec, at_most, counted, insufficient, neediest
from recommendations.domain.findings.witness import Witness

CONFIDENCE = 0.60
TOPICS = ("sink and source peers", "channel flow", "demand", "fee rate")


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return sinks that sell more than their capacity in 30 days, then how the channels divide into roles."""
    flows = [(channel, flow) for channel in facts.channels if (flow := flow_of(channel)) is not None]
    if not flows:
        return insufficient(RULE, facts, Need.FORWARDS) if facts.channels else ()
    return (*_busy_sinks(facts, thresholds), *_overview(facts, flows, thresholds))


def _busy_sinks(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    moved = []
    for channel, policy in priced_peers(facts):
        flow = flow_of(channel)
        if flow is None or role_of(flow, thresholds) is not Role.SINK:
            continue
        turnover = net_turnover(channel, flow)
        wanted = policy.fee_ppm * (1 + thresholds["raise_percent"] / 100)
        step = fee_step(policy, wanted_ppm=wanted, at=facts.judged_at, thresholds=thresholds, bounds=channel.bounds)
        if turnover > thresholds["busy_turnover"] and step is not None:
            moved.append((channel, policy, flow, turnover, step))
    moved.sort(key=lambda case: -case[3])
    kept, left_out = neediest(moved, thresholds)
    found = (finding_of(RULE, _case(*case, facts, thresholds), facts, thresholds) for case in kept)
    return counted(found, left_out=left_out)


def net_turnover(channel: ChannelFacts, flow: FlowFacts) -> float:
    """Return (out - in) / capacity over 30 days."""
    capacity = channel.judged_capacity_sat
    return per_30_days(flow.out_sat - flow.in_sat, flow) / capacity if capacity > 0 else 0.0


def _case(
    channel: ChannelFacts,
    policy: PolicyFacts,
    flow: FlowFacts,
    turnover: float,
    step: FeeStep,
    facts: NodeFacts,
    thresholds: Thresholds,
) -> FeeCase:
    return FeeCase(
        channel=channel,
        policy=policy,
        step=step,
        why=(
            f"This peer is a sink: {flow.out_sat:,} sat left, {flow.in_sat:,} sat came in over {flow.window_days} days,"
            f" {turnover:.1f} times the capacity net. Demand is strong, so try"
            f" {thresholds['raise_percent']:g}% more and watch the flow for a week."
        ),
        evidence=_sink_evidence(channel, policy, flow, turnover, facts),
        severity=Severity.MEDIUM,
        confidence=CONFIDENCE,
        threshold=(
            f"out share at least {thresholds['sink_share']:.0%} and net outflow above {thresholds['busy_turnover']:g} x"
            f" capacity in 30 days; raised by {thresholds['raise_percent']:g}%"
        ),
        window_days=flow.window_days,
        gain=gain_of_raise(step, out_sat_30d=per_30_days(flow.out_sat, flow)),
        topics=TOPICS,
        days_to_effect=7,
    )


def _sink_evidence(
    channel: ChannelFacts, policy: PolicyFacts, flow: FlowFacts, turnover: float, facts: NodeFacts
) -> tuple[Evidence, ...]:
    witness = Witness(RULE.slug, facts, channel)
    return (
        own_fee(witness, policy),
        witness.private("out_sat", f"forwarded out in {flow.window_days} days", flow.out_sat, "sat"),
        witness.private("in_sat", f"forwarded in, {flow.window_days} days", flow.in_sat, "sat"),
        witness.private("net_turnover", "net outflow over capacity in 30 days", turnover, "x", digits=1),
    )


def _overview(
    facts: NodeFacts, flows: list[tuple[ChannelFacts, FlowFacts]], thresholds: Thresholds
) -> tuple[Finding, ...]:
    roles = Counter(role for _, flow in flows if (role := role_of(flow, thresholds)) is not None)
    known = sum(roles.values())
    if known < thresholds["min_channels"]:
        return ()
    largest, count = roles.most_common(1)[0]
    if largest is Role.BALANCED or count / known < thresholds["one_sided_share"]:
        return ()
    way = "out of" if largest is Role.SINK else "into"
    need = "sources (peers that send to you)" if largest is Role.SINK else "sinks (peers that buy from you)"
    return (
        replace(
            blank(RULE, facts.pubkey, looking(hours=0.5, days=30)),
            title=f"Most channels flow one way: {count} of {known} are {largest}s",
            explanation=(
                f"Traffic mostly goes {way} the node, so liquidity runs out on one side and every refill costs money."
                f" When you open the next channels, look for {need}."
            ),
            evidence=_counts(facts, roles, known),
            severity=Severity.LOW,
            confidence=CONFIDENCE,
            action=Inspect(facts.pubkey, Look.FORWARDS),
            category=Category.LIQUIDITY,
            topics=TOPICS,
            threshold=f"at least {thresholds['one_sided_share']:.0%} of channels with a role share one",
            window_days=max(flow.window_days for _, flow in flows),
        ),
    )


def _counts(facts: NodeFacts, roles: Counter[Role], known: int) -> tuple[Evidence, ...]:
    witness = Witness(RULE.slug, facts)
    parts = (witness.private(role.value, f"{role} channels", roles.get(role, 0), "channels") for role in Role)
    return (*parts, witness.private("with_role", "channels with enough forwards to tell", known, "channels"))


RULE = Rule(
    slug="peer_role",
    number=5,
    title="Peer role and flow",
    category=Category.FEES,
    summary="Tells sinks, sources and balanced channels apart by their forwards; tries a higher price on busy sinks.",
    thresholds=(
        ThresholdSpec("sink_share", 0.8, "ratio", "Share of outflow from which a channel is a sink"),
        ThresholdSpec("source_share", 0.2, "ratio", "Share of outflow up to which a channel is a source"),
        ThresholdSpec("min_forwards", 10, "forwards", "Fewer forwards in the window tell no role"),
        ThresholdSpec("busy_turnover", 1.0, "x", "Net outflow over capacity in 30 days above which a sink is busy"),
        ThresholdSpec("raise_percent", 15, "%", "Raise to try on a busy sink"),
        ThresholdSpec("min_channels", 5, "channels", "Fewer channels with a role tell nothing of the node"),
        ThresholdSpec("one_sided_share", 0.8, "ratio", "Share of one role from which the node is one-sided"),
        at_most(3),
    ),
    needs=(Need.FORWARDS,),
    find=find,
)
