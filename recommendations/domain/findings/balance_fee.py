"""Rule 3: price follows balance: dear when nearly empty, cheap when full, around the peer's market median.

Only where the channel flows and its role agrees; a sink that just filled up is stock, not a problem. LIGHTNING 7.3.
"""

from math import exp, log

from recommendations.domain.advice import (
    Category,
    Evidence,
    Finding,
    Severity,
    Thresholds,
)
from recommendations.domain.facts import ChannelFacts, FlowFacts, NodeFacts, PolicyFacts
from recommendations.domain.findings.fee_advice import FeeCase, finding_of, gain_of_raise, own_fee, priced_peers
from recommendations.domain.findings.fee_guard import FeeStep, fee_step
from recommendations.domain.findings.flow import Role, flow_of, per_30_days, ratio_of, role_of
from recommendations.domain.findings.rule import Need, Rule, ThresholdSpec, at_most, counted, insufficient, neediest
from recommendations.domain.findings.witness import Witness

CONFIDENCE = 0.55
SPREAD = log(50)  # CLBOSS: a factor of 7 at empty, 1 at half, 1/7 at full
TOPICS = ("balance driven fees", "fee rate", "liquidity", "channel balance")


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return channels whose fee points the other way than their balance, the most lopsided first."""
    missing = _missing(facts)
    if missing:
        return insufficient(RULE, facts, *missing) if facts.channels else ()
    moved = []
    for channel, policy in priced_peers(facts):
        ratio, flow = ratio_of(channel), flow_of(channel)
        if ratio is None or flow is None or channel.market.sample_size < thresholds["min_sample"]:
            continue
        step = _step(channel, policy, ratio, flow, facts, thresholds)
        if step is not None:
            moved.append((channel, policy, ratio, flow, step))
    moved.sort(key=lambda case: -abs(case[2] - 0.5))
    kept, left_out = neediest(moved, thresholds)
    found = (finding_of(RULE, _case(*case, facts, thresholds), facts, thresholds) for case in kept)
    return counted(found, left_out=left_out)


def _missing(facts: NodeFacts) -> tuple[str, ...]:
    has_balance = any(ratio_of(channel) is not None for channel in facts.channels)
    has_flow = any(flow_of(channel) is not None for channel in facts.channels)
    return tuple(need for need, has in ((Need.BALANCES, has_balance), (Need.FORWARDS, has_flow)) if not has)


def target_ppm(median_ppm: int, *, local_ratio: float) -> float:
    """Return median x e^(ln 50 x (0.5 - x)): x = 0 gives 7.07 times, 0.5 the median, 1 gives 0.14 times."""
    return median_ppm * exp(SPREAD * (0.5 - local_ratio))


def _step(
    channel: ChannelFacts,
    policy: PolicyFacts,
    ratio: float,
    flow: FlowFacts,
    facts: NodeFacts,
    thresholds: Thresholds,
) -> FeeStep | None:
    role, median_ppm = role_of(flow, thresholds), channel.market.median_ppm
    if role is None or median_ppm is None:
        return None
    wanted = target_ppm(median_ppm, local_ratio=ratio)
    is_raise = ratio < thresholds["low_ratio"] and role is not Role.SOURCE and wanted > policy.fee_ppm
    is_cut = ratio > thresholds["high_ratio"] and role is Role.BALANCED and wanted < policy.fee_ppm
    return (
        fee_step(policy, wanted_ppm=wanted, at=facts.judged_at, thresholds=thresholds, bounds=channel.bounds)
        if is_raise or is_cut
        else None
    )


def _case(
    channel: ChannelFacts,
    policy: PolicyFacts,
    ratio: float,
    flow: FlowFacts,
    step: FeeStep,
    facts: NodeFacts,
    thresholds: Thresholds,
) -> FeeCase:
    role, is_raise = role_of(flow, thresholds), step.change_ppm > 0
    side = "nearly empty" if is_raise else "nearly full"
    return FeeCase(
        channel=channel,
        policy=policy,
        step=step,
        why=(
            f"It is {side} on our side ({ratio:.0%}) and flows as a {role} channel. Around the market median of"
            f" {channel.market.median_ppm:,} ppm, one that follows the balance is {step.wanted_ppm:,} ppm."
        ),
        evidence=_evidence(channel, policy, ratio, flow, step, facts),
        severity=Severity.MEDIUM,
        confidence=CONFIDENCE,
        threshold=(
            f"local share below {thresholds['low_ratio']:.0%} in a sink or balanced channel,"
            f" or above {thresholds['high_ratio']:.0%} in a balanced one"
        ),
        window_days=flow.window_days,
        gain=gain_of_raise(step, out_sat_30d=per_30_days(flow.out_sat, flow)) if is_raise else None,
        topics=TOPICS,
    )


def _evidence(
    channel: ChannelFacts, policy: PolicyFacts, ratio: float, flow: FlowFacts, step: FeeStep, facts: NodeFacts
) -> tuple[Evidence, ...]:
    witness = Witness(RULE.slug, facts, channel)
    return (
        own_fee(witness, policy),
        witness.private("local_ratio", "our share of the balance", ratio, "ratio", digits=2),
        witness.public("market_median_ppm", "median fee into this peer", channel.market.median_ppm, "ppm"),
        witness.private("balance_fee_ppm", "fee that follows the balance", step.wanted_ppm, "ppm"),
        witness.private("out_sat", f"forwarded out in {flow.window_days} days", flow.out_sat, "sat"),
        witness.private("in_sat", f"forwarded in, {flow.window_days} days", flow.in_sat, "sat"),
    )


RULE = Rule(
    slug="balance_fee",
    number=3,
    title="Fee that follows the balance",
    category=Category.FEES,
    summary="Moves the fee of a lopsided, flowing channel toward what its balance asks for.",
    thresholds=(
        ThresholdSpec("low_ratio", 0.2, "ratio", "Below this share of the balance the fee may rise"),
        ThresholdSpec("high_ratio", 0.8, "ratio", "Above this share of the balance the fee may fall"),
        ThresholdSpec("min_sample", 8, "nodes", "Fewer other nodes are no market"),
        at_most(),
    ),
    needs=(Need.POLICIES, Need.MARKET, Need.BALANCES, Need.FORWARDS),
    find=find,
)
