"""Rule 7: a lopsided channel matters only when its role wants flow the way that is blocked. LIGHTNING 7.7.

A full source and a stocked sink are healthy. For the node as a whole: too little inbound, or too little outbound.
"""

from dataclasses import replace

from recommendations.domain.actions import Action, Intent, LoopIn, LoopOut, ManualStep
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
from recommendations.domain.facts import ChannelFacts, FlowFacts, NodeFacts
from recommendations.domain.findings.draft import Burden, blank
from recommendations.domain.findings.flow import Role, flow_of, per_30_days, ratio_of, role_of
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

CONFIDENCE, CONFIDENCE_NODE = 0.60, 0.55
ROUND_SAT = 100_000
MOST_SWAP_CHANNELS = 3
TOPICS = ("channel balance", "inbound liquidity", "outbound liquidity", "rebalancing", "submarine swap")


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return the node's own imbalance, then channels whose empty side blocks the flow their role wants."""
    if not facts.channels:
        return ()
    known = [(channel, ratio) for channel in facts.channels if (ratio := ratio_of(channel)) is not None]
    if not known:
        return insufficient(RULE, facts, Need.BALANCES, Need.FORWARDS)
    blocked = [
        (channel, ratio, flow, role)
        for channel, ratio in known
        if (flow := flow_of(channel)) is not None
        and (role := role_of(flow, thresholds)) is not None
        and channel.is_live
        and is_blocked(ratio, role, thresholds)
    ]
    blocked.sort(key=lambda case: (-abs(case[1] - 0.5), case[0].scid))
    kept, left_out = neediest(blocked, thresholds)
    found = counted((_channel(*case, facts, thresholds) for case in kept), left_out=left_out)
    lacking = () if any(flow_of(channel) for channel, _ in known) else insufficient(RULE, facts, Need.FORWARDS)
    return (*_node(facts, known, thresholds), *found, *lacking)


def is_blocked(ratio: float, role: Role, thresholds: Thresholds) -> bool:
    """Whether the balance stops the flow the role wants: out of a sink, both ways in a balanced channel."""
    if ratio < thresholds["low_ratio"]:
        return role is not Role.SOURCE
    return ratio > thresholds["high_ratio"] and role is Role.BALANCED


def _channel(
    channel: ChannelFacts, ratio: float, flow: FlowFacts, role: Role, facts: NodeFacts, thresholds: Thresholds
) -> Finding:
    is_low = ratio < 0.5
    verb = "Refill" if is_low else "Make room in"
    step = (
        f"{verb} {channel.scid} toward half: {'a circular rebalance in' if is_low else 'a circular rebalance out'},"
        f" or {'a lower fee on the channels that could feed it' if is_low else 'a lower outgoing fee on it'}."
    )
    return replace(
        blank(RULE, channel.scid, Burden(Ease.HARD, 1, RiskLevel.MEDIUM, 7, Reversibility.COSTLY)),
        title=f"{verb} channel {channel.scid}: {ratio:.0%} of the balance is ours",
        explanation=(
            f"It flows as a {role} channel ({flow.out_sat:,} sat out, {flow.in_sat:,} in over {flow.window_days} days),"
            f" so the empty side blocks payments it would otherwise carry."
        ),
        evidence=_evidence(channel, ratio, flow, facts),
        severity=Severity.MEDIUM,
        confidence=CONFIDENCE,
        action=ManualStep(channel.scid, step, Intent.REFILL if is_low else Intent.DRAIN),
        manual_step=step,
        gain=_gain(channel, ratio, flow) if is_low else None,
        impact=Impact("our share of the balance", thresholds["low_ratio"], thresholds["high_ratio"], "ratio"),
        topics=TOPICS,
        threshold=_threshold(thresholds),
        window_days=flow.window_days,
    )


def _evidence(channel: ChannelFacts, ratio: float, flow: FlowFacts, facts: NodeFacts) -> tuple[Evidence, ...]:
    witness = Witness(RULE.slug, facts, channel)
    return (
        witness.private("local_ratio", "our share of the balance", ratio, "ratio", digits=2),
        witness.private("out_sat", f"forwarded out in {flow.window_days} days", flow.out_sat, "sat"),
        witness.private("in_sat", f"forwarded in, {flow.window_days} days", flow.in_sat, "sat"),
    )


def _gain(channel: ChannelFacts, ratio: float, flow: FlowFacts) -> GainRange | None:
    """Return 0 to what a refill to half would sell at the present fee, before what it costs."""
    if channel.own_policy is None:
        return None
    amount, sold, ppm = (
        round((0.5 - ratio) * channel.capacity_sat),
        per_30_days(flow.out_sat, flow),
        channel.own_policy.fee_ppm,
    )
    high = round(min(amount, sold) * ppm / 1e6)
    words = (
        f"the smaller of {amount:,} sat (a refill to half) and {sold:,.0f} sat (sold in 30 days) x {ppm:,} ppm"
        f" = {high:,} sat, before the unknown cost of the refill; 0 sat where that cost eats it up"
    )
    return GainRange(0, high, words)


def _threshold(thresholds: Thresholds) -> str:
    low, high = thresholds["low_ratio"], thresholds["high_ratio"]
    return f"local share below {low:.0%} unless a source, or above {high:.0%} in a balanced channel"


def _node(facts: NodeFacts, known: list[tuple[ChannelFacts, float]], thresholds: Thresholds) -> tuple[Finding, ...]:
    privates = [channel.private for channel, _ in known if channel.private is not None]
    local = sum(one.local_sat or 0 for one in privates)
    total = local + sum(one.remote_sat or 0 for one in privates)
    share = local / total if total else 0.5
    goal = thresholds["node_goal_ratio"]
    amount = (
        min(abs(local - round(goal * total)), round(thresholds["most_swap_share"] * total)) // ROUND_SAT * ROUND_SAT
    )
    is_inside = thresholds["node_low_ratio"] <= share <= thresholds["node_high_ratio"]
    if is_inside or amount < thresholds["least_swap_sat"]:
        return ()
    action = _swap(facts, known, amount, thresholds, is_out=share > 0.5)
    return (_node_finding(facts, local, total, amount, action, thresholds),)


def _swap(
    facts: NodeFacts, known: list[tuple[ChannelFacts, float]], amount: int, thresholds: Thresholds, *, is_out: bool
) -> Action:
    if not is_out:
        return LoopIn(facts.pubkey, amount)
    ways = (pair for pair in known if pair[0].is_announced)  # a swap has to leave through a peer that routes
    fullest = sorted(ways, key=lambda pair: (-_local(pair[0]), pair[0].scid))[:MOST_SWAP_CHANNELS]
    most_fee = round(amount * thresholds["swap_fee_percent"] / 100)
    return LoopOut(facts.pubkey, amount, tuple(channel.scid for channel, _ in fullest), most_fee)


def _local(channel: ChannelFacts) -> int:
    return (channel.private.local_sat or 0) if channel.private is not None else 0


def _node_finding(
    facts: NodeFacts, local: int, total: int, amount: int, action: Action, thresholds: Thresholds
) -> Finding:
    witness, share, is_out = Witness(RULE.slug, facts), local / total, isinstance(action, LoopOut)
    after = (local - amount if is_out else local + amount) / total
    lacking, sentence = (
        ("inbound", "Little can be received or forwarded in.")
        if is_out
        else ("outbound", "Little can be sent or forwarded.")
    )
    return replace(
        blank(RULE, facts.pubkey, Burden(Ease.MEDIUM, 1, RiskLevel.MEDIUM, 1, Reversibility.COSTLY)),
        title=f"Gain {lacking} liquidity: {share:.0%} of the node's balance is on our side",
        explanation=(
            f"{local:,} of {total:,} sat are ours. {sentence} A swap of {amount:,} sat moves the share to {after:.0%};"
            " opening or being opened a channel does the same without a swap fee. Compare the quote first."
        ),
        evidence=(
            witness.private("local_sat", "balance on our side", local, "sat"),
            witness.private("total_sat", "balance of all known channels", total, "sat"),
            witness.private("local_ratio", "our share", share, "ratio", digits=2),
            witness.private("after_ratio", "our share after the swap", after, "ratio", digits=2),
        ),
        severity=Severity.HIGH,
        confidence=CONFIDENCE_NODE,
        action=action,
        impact=Impact("our share of all balances", min(share, after), max(share, after), "ratio"),
        topics=TOPICS,
        threshold=f"our share below {thresholds['node_low_ratio']:.0%} or above {thresholds['node_high_ratio']:.0%}",
    )


RULE = Rule(
    slug="imbalance",
    number=7,
    title="Imbalance",
    category=Category.LIQUIDITY,
    summary="Finds channels whose empty side blocks the flow their role wants, and nodes short of inbound or outbound.",
    thresholds=(
        ThresholdSpec("low_ratio", 0.2, "ratio", "Below this share of the balance our side is empty"),
        ThresholdSpec("high_ratio", 0.8, "ratio", "Above this share of the balance the peer's side is empty"),
        ThresholdSpec("node_low_ratio", 0.15, "ratio", "The node as a whole is short of outbound below this"),
        ThresholdSpec("node_high_ratio", 0.85, "ratio", "The node as a whole is short of inbound above this"),
        ThresholdSpec("node_goal_ratio", 0.65, "ratio", "A swap aims at this share of the node's balance"),
        ThresholdSpec("most_swap_share", 0.2, "ratio", "Largest swap, as a share of all balances"),
        ThresholdSpec("least_swap_sat", 250_000, "sat", "Smaller swaps are not worth their fee"),
        ThresholdSpec("swap_fee_percent", 0.5, "%", "Highest routing fee of a swap, of its amount"),
        at_most(),
    ),
    needs=(Need.BALANCES, Need.FORWARDS),
    find=find,
)
