"""Rule 1: is our fee into a peer out of line with what others charge into it, and does the flow agree?

Without private flow the comparison alone is shown, at low confidence. LIGHTNING 7.1, after CLBOSS and Amboss.
"""

from recommendations.domain.advice import Category, Ease, Evidence, Finding, GainRange, Impact, Severity, Thresholds
from recommendations.domain.facts import ChannelFacts, NodeFacts, PolicyFacts
from recommendations.domain.findings.fee_advice import FeeCase, finding_of, gain_of_raise, own_fee, priced_peers
from recommendations.domain.findings.fee_guard import FeeStep, fee_step
from recommendations.domain.findings.flow import flow_of, is_quiet, per_30_days, ratio_of
from recommendations.domain.findings.rule import Need, Rule, ThresholdSpec, at_most, counted, insufficient, neediest
from recommendations.domain.findings.witness import Witness
from recommendations.domain.findings.yields import Earnings, as_gain, earnings

WITH_FLOW, WITH_BALANCE, PUBLIC_CUT, PUBLIC_RAISE = 0.75, 0.50, 0.40, 0.30
TOPICS = ("fee rate", "peer market", "routing fees", "pricing a channel")


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return channels priced far from their peer's market, the farthest first."""
    compared = [pair for pair in priced_peers(facts) if _has_market(pair[0], thresholds)]
    if not compared:
        return insufficient(RULE, facts, Need.MARKET) if facts.channels else ()
    moved = [
        (channel, policy, step) for channel, policy in compared if (step := _step(channel, policy, facts, thresholds))
    ]
    moved.sort(key=lambda case: (-abs((case[0].market.own_percentile or 0.0) - 50), -case[0].capacity_sat))
    kept, left_out = neediest(moved, thresholds)
    reference = earnings(facts) if kept else None
    found = (finding_of(RULE, _case(*case, facts, thresholds, reference), facts, thresholds) for case in kept)
    return counted(found, left_out=left_out)


def _has_market(channel: ChannelFacts, thresholds: Thresholds) -> bool:
    market = channel.market
    known = market.median_ppm is not None and market.own_percentile is not None
    return known and market.sample_size >= thresholds["min_sample"]


def _step(channel: ChannelFacts, policy: PolicyFacts, facts: NodeFacts, thresholds: Thresholds) -> FeeStep | None:
    percentile, median = channel.market.own_percentile, channel.market.median_ppm
    if percentile is None or median is None:
        return None
    is_dear = percentile > thresholds["high_percentile"] and _may_lower(channel, thresholds)
    is_cheap = percentile < thresholds["low_percentile"] and _may_raise(channel, thresholds)
    if not (is_dear or is_cheap) or (median > policy.fee_ppm) != is_cheap:
        return None
    return fee_step(policy, wanted_ppm=median, at=facts.judged_at, thresholds=thresholds, bounds=channel.bounds)


def _may_lower(channel: ChannelFacts, thresholds: Thresholds) -> bool:
    """Whether what is known of balance and flow allows a cut: full and quiet. Unknown does not forbid."""
    ratio, flow = ratio_of(channel), flow_of(channel)
    return (ratio is None or ratio > thresholds["full_ratio"]) and (flow is None or is_quiet(flow))


def _may_raise(channel: ChannelFacts, thresholds: Thresholds) -> bool:
    ratio, flow = ratio_of(channel), flow_of(channel)
    is_leaving = flow is None or flow.out_14d_sat > flow.in_14d_sat
    return (ratio is None or ratio < thresholds["low_ratio"]) and is_leaving


def _case(
    channel: ChannelFacts,
    policy: PolicyFacts,
    step: FeeStep,
    facts: NodeFacts,
    thresholds: Thresholds,
    reference: Earnings | None,
) -> FeeCase:
    ratio, flow = ratio_of(channel), flow_of(channel)
    known = (ratio is not None) + (flow is not None)
    return FeeCase(
        channel=channel,
        policy=policy,
        step=step,
        why=_why(channel, step, thresholds),
        evidence=_evidence(channel, policy, facts),
        severity=Severity.MEDIUM if known == 2 else Severity.LOW,
        confidence=_confidence(step, known),
        threshold=_threshold(step, thresholds),
        window_days=None if flow is None else flow.window_days,
        gain=_gain(channel, step, reference),
        impact=_impact(channel, step),
        facts_needed=4,
        facts_present=2 + known,
        missing=tuple(need.value for need, value in ((Need.BALANCES, ratio), (Need.FORWARDS, flow)) if value is None),
        topics=TOPICS,
        ease=Ease.EASY if known else Ease.MEDIUM,
        days_to_effect=3 if known else 14,
    )


def _confidence(step: FeeStep, known: int) -> float:
    """Seen from outside, a low fee is more often meant than a high one."""
    if known == 0:
        return PUBLIC_CUT if step.change_ppm < 0 else PUBLIC_RAISE
    return WITH_BALANCE if known == 1 else WITH_FLOW


def _why(channel: ChannelFacts, step: FeeStep, thresholds: Thresholds) -> str:
    market = channel.market
    side = "above" if step.change_ppm < 0 else "below"
    words = (
        f"{market.sample_size:,} other nodes charge a median of {market.median_ppm:,} ppm into this peer; our"
        f" {step.current_ppm:,} ppm is at percentile {market.own_percentile:.0f}, {side} the market."
    )
    ratio, flow, is_cut = ratio_of(channel), flow_of(channel), step.change_ppm < 0
    if ratio is None and flow is None:
        return f"{words} Balance and forwards are unknown, so check first that the channel does not already flow well."
    balance = "" if ratio is None else f" {ratio:.0%} of the balance is ours."
    if flow is None:
        return f"{words}{balance} Forwards are unknown, so check first that the channel does not already flow well."
    return f"{words}{balance} {'Nothing was forwarded in 14 days.' if is_cut else 'It keeps flowing out.'}"


def _threshold(step: FeeStep, thresholds: Thresholds) -> str:
    sample = f"at least {thresholds['min_sample']:g} other nodes"
    if step.change_ppm < 0:
        flow = f"local share above {thresholds['full_ratio']:.0%} and no forward in 14 days where known"
        return f"percentile above {thresholds['high_percentile']:g} of {sample}; {flow}"
    flow = f"local share below {thresholds['low_ratio']:.0%} and net outflow in 14 days where known"
    return f"percentile below {thresholds['low_percentile']:g} of {sample}; {flow}"


def _evidence(channel: ChannelFacts, policy: PolicyFacts, facts: NodeFacts) -> tuple[Evidence, ...]:
    witness, market = Witness(RULE.slug, facts, channel), channel.market
    found = [
        own_fee(witness, policy),
        witness.public("market_median_ppm", "median fee others charge into this peer", market.median_ppm, "ppm"),
        witness.public("own_percentile", "our percentile among them", market.own_percentile, "percentile", digits=0),
        witness.public("market_size", "other nodes compared", market.sample_size, "nodes"),
    ]
    ratio, flow = ratio_of(channel), flow_of(channel)
    if ratio is not None:
        found.append(witness.private("local_ratio", "our share of the balance", ratio, "ratio", digits=2))
    if flow is not None:
        found.append(witness.private("out_14d_sat", "forwarded out in 14 days", flow.out_14d_sat, "sat"))
        found.append(witness.private("in_14d_sat", "forwarded in, 14 days", flow.in_14d_sat, "sat"))
    return tuple(found)


def _gain(channel: ChannelFacts, step: FeeStep, reference: Earnings | None) -> GainRange | None:
    flow = flow_of(channel)
    if flow is None:
        return None
    if step.change_ppm > 0:
        return gain_of_raise(step, out_sat_30d=per_30_days(flow.out_sat, flow))
    return as_gain(reference, channel.capacity_sat) if flow.fees_earned_msat == 0 else None


def _impact(channel: ChannelFacts, step: FeeStep) -> Impact | None:
    """Return where the fee will stand in the market, between the quartiles that are known."""
    market, before = channel.market, channel.market.own_percentile
    if market.p25_ppm is None or market.median_ppm is None or market.p75_ppm is None or before is None:
        return None
    marks = ((market.p25_ppm, 25.0), (market.median_ppm, 50.0), (market.p75_ppm, 75.0))
    low = max((mark for ppm, mark in marks if ppm <= step.new_ppm), default=0.0)
    high = min((mark for ppm, mark in marks if ppm >= step.new_ppm), default=100.0)
    if step.change_ppm < 0:
        low, high = min(low, before), min(high, before)
    else:
        low, high = max(low, before), max(high, before)
    return Impact("our fee's percentile in the market, afterwards", min(low, high), max(low, high), "percentile")


RULE = Rule(
    slug="fee_vs_market",
    number=1,
    title="Fee against the peer's market",
    category=Category.FEES,
    summary="Compares our fee into each peer with what its other neighbors charge, and with the channel's flow.",
    thresholds=(
        ThresholdSpec("min_sample", 8, "nodes", "Fewer other nodes are no market"),
        ThresholdSpec("high_percentile", 75, "percentile", "Above it the fee counts as dear"),
        ThresholdSpec("low_percentile", 25, "percentile", "Below it the fee counts as cheap"),
        ThresholdSpec(
            "full_ratio", 0.7, "ratio", "A dear fee is lowered only when our share of the balance is above this"
        ),
        ThresholdSpec(
            "low_ratio", 0.2, "ratio", "A cheap fee is raised only when our share of the balance is below this"
        ),
        at_most(),
    ),
    needs=(Need.POLICIES, Need.MARKET, Need.BALANCES, Need.FORWARDS),
    find=find,
)
