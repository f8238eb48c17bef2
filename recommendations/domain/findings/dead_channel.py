"""Rule 9: old, connected, and silent. First a fee cut, which can be undone; a close only when its test pays (rule 11).

Channels the peer opened hold the peer's capital and cost us nothing: they are left out. LIGHTNING 7.9, 7.11.
"""

from dataclasses import replace
from datetime import timedelta

from recommendations.domain.actions import ChannelRef, CloseChannel, Inspect, Look
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
from recommendations.domain.facts import LOOK_BACK_DAYS, ChannelFacts, FlowFacts, NodeFacts
from recommendations.domain.findings.close_test import CloseTest, close_test
from recommendations.domain.findings.draft import Burden, blank, looking
from recommendations.domain.findings.fee_advice import FeeCase, finding_of
from recommendations.domain.findings.fee_guard import FeeStep, fee_step
from recommendations.domain.findings.flow import flow_of
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
from recommendations.domain.findings.yields import Earnings, as_gain, earnings, onchain_cost_sat
from recommendations.domain.profit import CLOSE_VBYTES

CONFIDENCE, CONFIDENCE_STRONG = 0.60, 0.75
TOPICS = ("dead channel", "closing channels", "capital allocation", "fee rate")


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return dead channels, the largest idle balance first."""
    if not facts.channels:
        return ()
    missing = _missing(facts)
    if missing:
        return insufficient(RULE, facts, *missing)
    dead = [(channel, flow) for channel in facts.channels if (flow := _dead(channel, facts, thresholds)) is not None]
    dead.sort(key=lambda case: (-_local(case[0]), case[0].scid))
    kept, left_out = neediest(dead, thresholds)
    reference = earnings(facts) if kept else None
    return counted((_finding(*case, facts, thresholds, reference) for case in kept), left_out=left_out)


def _missing(facts: NodeFacts) -> tuple[str, ...]:
    privates = [channel.private for channel in facts.channels if channel.private is not None]
    has_flow = any(one.flow is not None for one in privates)
    has_uptime = any(one.uptime_ratio is not None for one in privates)
    has_opener = any(one.is_initiator is not None for one in privates)
    kinds = ((Need.FORWARDS, has_flow), (Need.UPTIME, has_uptime), (Need.OPENER, has_opener))
    return tuple(need for need, has in kinds if not has)


def _dead(channel: ChannelFacts, facts: NodeFacts, thresholds: Thresholds) -> FlowFacts | None:
    private, flow = channel.private, flow_of(channel)
    if private is None or flow is None or silent_days(channel, flow, facts) < thresholds["silent_days"]:
        return None
    is_old = channel.age_days is not None and channel.age_days >= thresholds["min_age_days"]
    is_connected = private.uptime_ratio is not None and private.uptime_ratio >= thresholds["min_uptime"]
    # Not known who opened it: treated as ours only when said so, since closing is what follows.
    is_ours = private.is_initiator is True
    return flow if is_old and is_connected and is_ours and not _was_just_changed(channel, facts, thresholds) else None


def _was_just_changed(channel: ChannelFacts, facts: NodeFacts, thresholds: Thresholds) -> bool:
    changed = None if channel.own_policy is None else channel.own_policy.changed_at
    return changed is not None and facts.judged_at - changed < timedelta(days=thresholds["settle_days"])


def _local(channel: ChannelFacts) -> int:
    return (channel.private.local_sat or 0) if channel.private is not None else 0


def silent_days(channel: ChannelFacts, flow: FlowFacts, facts: NodeFacts) -> float:
    """Return for how long nothing was forwarded, as far as is known: the known past when no forward is on record."""
    if flow.latest_forward_at is None:
        known = min(flow.complete_days, float(LOOK_BACK_DAYS))
        return known if channel.age_days is None else min(known, channel.age_days)
    return (facts.judged_at - flow.latest_forward_at).total_seconds() / 86_400


def _finding(
    channel: ChannelFacts, flow: FlowFacts, facts: NodeFacts, thresholds: Thresholds, reference: Earnings | None
) -> Finding:
    days = silent_days(channel, flow, facts)
    step = _cheaper(channel, facts, thresholds)
    if step is not None:
        return _cut(channel, step, flow, days, facts, thresholds, reference)
    is_strong = days >= thresholds["strong_days"] and thresholds["close_confidence"] <= CONFIDENCE_STRONG
    is_for_routing = channel.is_announced  # another may be there for its peer's own payments: routing fees say nothing
    test = close_test(channel, flow, facts, thresholds) if is_strong and is_for_routing else None
    if test is not None and test.gain_sat > thresholds["close_margin_sat"]:
        return _close(channel, flow, days, test, facts, thresholds, reference)
    return _look(channel, flow, days, facts, thresholds, reference)


def _cheaper(channel: ChannelFacts, facts: NodeFacts, thresholds: Thresholds) -> FeeStep | None:
    """Return a fee cut worth trying: there is something to sell, and the market or our own past allows less."""
    policy, private = channel.own_policy, channel.private
    ratio = None if private is None else private.local_ratio
    if policy is None or policy.is_disabled or ratio is None or ratio < thresholds["stock_ratio"]:
        return None
    market = channel.market
    has_market = market.p25_ppm is not None and market.sample_size >= thresholds["min_sample"]
    goal = market.p25_ppm if has_market else policy.fee_ppm // 2
    if goal is None or goal >= policy.fee_ppm:
        return None
    return fee_step(policy, wanted_ppm=goal, at=facts.judged_at, thresholds=thresholds, bounds=channel.bounds)


def _evidence(
    channel: ChannelFacts, flow: FlowFacts, days: float, facts: NodeFacts, reference: Earnings | None
) -> tuple[Evidence, ...]:
    witness, private = Witness(RULE.slug, facts, channel), channel.private
    found = [
        witness.public("age_days", "age of the channel", channel.age_days, "days", digits=0),
        witness.private("silent_days", "days without a forward", days, "days", digits=0),
        witness.private("forwards", f"forwards in {flow.window_days} days", flow.out_count + flow.in_count, "forwards"),
    ]
    if private is not None:
        found.append(witness.private("uptime_ratio", "peer connected", private.uptime_ratio, "ratio"))
        found.append(witness.private("local_sat", "our idle balance", private.local_sat, "sat"))
    if reference is not None:
        lost = reference.median * _local(channel) / 1_000
        label = "what it would earn at this node's median rate in 30 days"
        found.append(witness.private("lost_yield_sat", label, lost, "sat", digits=0))
    if channel.own_policy is not None:
        found.append(witness.own("own_ppm", "our fee", channel.own_policy.fee_ppm, "ppm"))
    if channel.market.p25_ppm is not None:
        label = "lower quartile others charge into this peer"
        found.append(witness.public("market_p25_ppm", label, channel.market.p25_ppm, "ppm"))
    return tuple(found)


def _silence(days: float, facts_age: float | None) -> str:
    age = "" if facts_age is None else f" The channel is {facts_age:,.0f} days old and the peer is connected."
    return f"Nothing was forwarded either way in {days:,.0f} days.{age}"


def _cut(
    channel: ChannelFacts,
    step: FeeStep,
    flow: FlowFacts,
    days: float,
    facts: NodeFacts,
    thresholds: Thresholds,
    reference: Earnings | None,
) -> Finding:
    policy = channel.own_policy
    assert policy is not None, "a cut is only proposed where a policy is known"
    case = FeeCase(
        channel=channel,
        policy=policy,
        step=step,
        why=f"{_silence(days, channel.age_days)} Try a cheaper fee before anything that cannot be undone.",
        evidence=_evidence(channel, flow, days, facts, reference),
        severity=Severity.MEDIUM,
        confidence=_confidence(days, thresholds),
        threshold=_threshold(thresholds),
        window_days=flow.window_days,
        gain=as_gain(reference, channel.capacity_sat),
        impact=Impact("our fee afterwards", step.new_ppm, step.new_ppm, "ppm"),
        facts_needed=4,
        facts_present=4,
        topics=TOPICS,
        days_to_effect=14,
    )
    return finding_of(RULE, case, facts, thresholds)


def _close(
    channel: ChannelFacts,
    flow: FlowFacts,
    days: float,
    test: CloseTest,
    facts: NodeFacts,
    thresholds: Thresholds,
    reference: Earnings | None,
) -> Finding:
    per_30d = round(test.gain_sat * 30 / thresholds["close_horizon_days"])
    burden = Burden(Ease.MEDIUM, 1, RiskLevel.MEDIUM, 30, Reversibility.IRREVERSIBLE, test.cost_sat)
    return replace(
        blank(RULE, channel.scid, burden),
        title=f"Consider closing channel {channel.scid}: silent for {days:,.0f} days",
        explanation=(
            f"{_silence(days, channel.age_days)} There is no cheaper fee left to try. Moved to one like your median"
            " channel, the capital would earn its on-chain cost back. Keep it if you receive payments through it."
            " Ask the peer first; a mutual close needs both."
        ),
        evidence=_evidence(channel, flow, days, facts, reference),
        severity=Severity.LOW,
        confidence=CONFIDENCE_STRONG,
        action=_closing(channel, facts),
        gain=GainRange(0, max(per_30d, 0), test.computation),
        facts_needed=5,
        facts_present=5,
        topics=TOPICS,
        threshold=f"{_threshold(thresholds)}; silent {thresholds['strong_days']:g} days, close test positive",
        window_days=flow.window_days,
    )


def _closing(channel: ChannelFacts, facts: NodeFacts) -> CloseChannel:
    cost, rate = onchain_cost_sat(facts, vbytes=CLOSE_VBYTES), facts.network.onchain_fee_sat_vb
    return CloseChannel(ChannelRef.of(channel), None if rate is None else max(round(rate), 1), cost)


def _look(
    channel: ChannelFacts,
    flow: FlowFacts,
    days: float,
    facts: NodeFacts,
    thresholds: Thresholds,
    reference: Earnings | None,
) -> Finding:
    words = "Keep it for now: the fee is already low, or the cost and gain of closing cannot be told."
    return replace(
        blank(RULE, channel.scid, looking(hours=0.2, days=30)),
        title=f"Look at channel {channel.scid}: silent for {days:,.0f} days",
        explanation=f"{_silence(days, channel.age_days)} {words}",
        evidence=_evidence(channel, flow, days, facts, reference),
        severity=Severity.LOW,
        confidence=_confidence(days, thresholds),
        action=Inspect(channel.scid, Look.CHANNEL, ChannelRef.of(channel)),
        facts_needed=5,
        facts_present=4,
        missing=() if facts.network.onchain_fee_sat_vb is not None else ("on-chain fee rate",),
        topics=TOPICS,
        threshold=_threshold(thresholds),
        window_days=flow.window_days,
    )


def _confidence(days: float, thresholds: Thresholds) -> float:
    return CONFIDENCE_STRONG if days >= thresholds["strong_days"] else CONFIDENCE


def _threshold(thresholds: Thresholds) -> str:
    return (
        f"opened by us, at least {thresholds['min_age_days']:g} days old, connected {thresholds['min_uptime']:.0%},"
        f" no forward in {thresholds['silent_days']:g} days"
    )


RULE = Rule(
    slug="dead_channel",
    number=9,
    title="Dead channel",
    category=Category.CHANNELS,
    summary="Finds old, connected channels of ours that forward nothing; tries the fee first, closing last.",
    thresholds=(
        ThresholdSpec("min_age_days", 60, "days", "Younger channels get their time"),
        ThresholdSpec("silent_days", 30, "days", "Without a forward for this long a channel counts as dead"),
        ThresholdSpec("strong_days", 90, "days", "Silence this long is strong evidence"),
        ThresholdSpec("min_uptime", 0.95, "ratio", "A peer connected less has another problem (rule 12)"),
        ThresholdSpec("settle_days", 14, "days", "A fee changed more recently gets its time"),
        ThresholdSpec("stock_ratio", 0.3, "ratio", "A cut is tried only with this share of the balance to sell"),
        ThresholdSpec("min_sample", 8, "nodes", "Fewer other nodes are no market"),
        ThresholdSpec("close_confidence", 0.7, "0-1", "Closing is never advised below this confidence"),
        at_most(3),
    ),
    needs=(Need.POLICIES, Need.FORWARDS, Need.UPTIME, Need.OPENER),
    find=find,
)
