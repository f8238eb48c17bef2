"""Rule 8: does refilling an empty sink pay for itself within 30 days, at a fee ceiling that can be met? LIGHTNING 7.8.

Ceiling = ratio x target fee - source fee x its sell-through; it must exceed what the peer charges to send to us.
"""

from dataclasses import dataclass, replace

from recommendations.domain.actions import ChannelRef, Rebalance
from recommendations.domain.advice import (
    Category,
    Ease,
    Evidence,
    Finding,
    GainRange,
    Reversibility,
    RiskLevel,
    Severity,
    Thresholds,
)
from recommendations.domain.facts import ChannelFacts, FlowFacts, NodeFacts, PolicyFacts, PrivateChannelFacts
from recommendations.domain.findings.draft import Burden, blank
from recommendations.domain.findings.fee_advice import priced_channels
from recommendations.domain.findings.flow import Role, flow_of, per_30_days, role_of
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

CONFIDENCE = 0.65
ROUND_SAT = 10_000
PAYBACK_DAYS = 30
TOPICS = ("circular rebalance", "rebalance cost", "rebalancing economics", "liquidity")
MOST_TRIED = 25  # sources come cheapest first: what none of these can feed with a profit, the dearer cannot either


@dataclass(frozen=True, slots=True)
class Side:
    """One channel that may give or take liquidity, with everything known of it."""

    channel: ChannelFacts
    policy: PolicyFacts
    private: PrivateChannelFacts
    flow: FlowFacts
    local_sat: int
    ratio: float

    @property
    def out_30d_sat(self) -> float:
        return per_30_days(self.flow.out_sat, self.flow)

    @property
    def sell_through(self) -> float:
        """Share of its local balance that sells in 30 days anyway: what taking it away would cost."""
        return min(1.0, self.out_30d_sat / self.local_sat) if self.local_sat > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Deal:
    """One refill with its economics, sat."""

    target: Side
    source: Side
    amount_sat: int
    ceiling_ppm: int
    peer_ppm: int
    probability: float

    @property
    def revenue_sat(self) -> float:
        return self.amount_sat * self.target.policy.fee_ppm * self.probability / 1e6

    @property
    def cost_sat(self) -> int:
        return max(round(self.amount_sat * self.ceiling_ppm / 1e6), 1)

    @property
    def least_cost_sat(self) -> float:
        return self.amount_sat * self.peer_ppm / 1e6

    @property
    def payback_days(self) -> float:
        return self.cost_sat * 30 / self.revenue_sat if self.revenue_sat > 0 else float("inf")


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """Return refills that pay for themselves, the most profitable first; each channel is used once."""
    if not facts.channels:
        return ()
    sides = [side for pair in priced_channels(facts) if (side := _side(*pair, thresholds)) is not None]
    if not sides:
        return insufficient(RULE, facts, *_missing(facts))
    targets = [side for side in sides if _wants_refill(side, thresholds)]
    sources = [side for side in sides if side.ratio > thresholds["source_ratio"]]
    targets.sort(key=lambda side: (-side.out_30d_sat * side.policy.fee_ppm, side.channel.scid))
    sources.sort(key=lambda side: (side.sell_through * side.policy.fee_ppm, -side.local_sat, side.channel.scid))
    deals = _deals(targets, sources, thresholds)
    deals.sort(key=lambda deal: (deal.cost_sat - deal.revenue_sat, deal.target.channel.scid))
    kept, left_out = neediest(deals, thresholds)
    return counted((_finding(deal, facts, thresholds) for deal in kept), left_out=left_out)


def _missing(facts: NodeFacts) -> tuple[str, ...]:
    privates = [channel.private for channel in facts.channels if channel.private is not None]
    has_balance = any(one.local_sat is not None for one in privates)
    has_flow = any(one.flow is not None for one in privates)
    lacking = tuple(need for need, has in ((Need.BALANCES, has_balance), (Need.FORWARDS, has_flow)) if not has)
    return lacking or (Need.POLICIES,)


def _side(channel: ChannelFacts, policy: PolicyFacts, thresholds: Thresholds) -> Side | None:
    private, flow = channel.private, flow_of(channel)
    if private is None or flow is None or private.local_sat is None or private.is_active is False:
        return None
    if channel.bounds.is_hands_off or not channel.is_announced:  # whether such a peer routes at all is not known
        return None
    is_flaky = private.uptime_ratio is not None and private.uptime_ratio < thresholds["min_uptime"]
    ratio = private.local_ratio
    return None if ratio is None or is_flaky else Side(channel, policy, private, flow, private.local_sat, ratio)


def _wants_refill(side: Side, thresholds: Thresholds) -> bool:
    role = role_of(side.flow, thresholds)
    return side.ratio < thresholds["target_ratio"] and role is not None and role is not Role.SOURCE


def _deals(targets: list[Side], sources: list[Side], thresholds: Thresholds) -> list[Deal]:
    deals, free = [], list(sources)
    for target in targets:
        deal = next(
            (found for source in free[:MOST_TRIED] if (found := _deal(target, source, thresholds)) is not None), None
        )
        if deal is not None:
            deals.append(deal)
            free.remove(deal.source)
    return deals


def _deal(target: Side, source: Side, thresholds: Thresholds) -> Deal | None:
    remote = target.channel.peer_policy
    if remote is None or remote.is_disabled or target.channel.peer.pubkey == source.channel.peer.pubkey:
        return None
    room = min((0.5 - target.ratio) * target.channel.capacity_sat, (source.ratio - 0.5) * source.channel.capacity_sat)
    amount = int(room) // ROUND_SAT * ROUND_SAT
    if amount < thresholds["min_amount_sat"]:
        return None
    wished = thresholds["cost_ratio"] * target.policy.fee_ppm - source.policy.fee_ppm * source.sell_through
    ceiling = int(min(wished, thresholds["most_cost_ppm"]))
    deal = Deal(target, source, amount, ceiling, remote.fee_ppm, min(1.0, target.out_30d_sat / amount))
    is_worth_it = deal.revenue_sat - deal.cost_sat > 0 and deal.payback_days < PAYBACK_DAYS
    return deal if ceiling > remote.fee_ppm and is_worth_it else None


def _finding(deal: Deal, facts: NodeFacts, thresholds: Thresholds) -> Finding:
    target, source = deal.target.channel, deal.source.channel
    action = Rebalance(ChannelRef.of(source), ChannelRef.of(target), deal.amount_sat, deal.cost_sat, deal.ceiling_ppm)
    return replace(
        blank(RULE, target.scid, Burden(Ease.MEDIUM, 0.5, RiskLevel.LOW, 7, Reversibility.COSTLY, deal.cost_sat)),
        title=f"Refill {target.scid} with {deal.amount_sat:,} sat from {source.scid}, at most {deal.ceiling_ppm:,} ppm",
        explanation=(
            f"{target.scid} sold {deal.target.flow.out_sat:,} sat in {deal.target.flow.window_days} days at"
            f" {deal.target.policy.fee_ppm:,} ppm and is down to {deal.target.ratio:.0%}; {source.scid} holds"
            f" {deal.source.ratio:.0%} and sells little. At the ceiling the refill costs {deal.cost_sat:,} sat and"
            f" is paid back in {deal.payback_days:.0f} days. If no route is that cheap, it simply fails and costs"
            " nothing."
        ),
        evidence=_evidence(deal, facts),
        severity=Severity.MEDIUM,
        confidence=CONFIDENCE,
        action=action,
        gain=_gain(deal),
        topics=TOPICS,
        threshold=(
            f"below {thresholds['target_ratio']:.0%} and selling; ceiling above the peer's own fee; paid back within"
            f" {PAYBACK_DAYS} days"
        ),
        window_days=deal.target.flow.window_days,
    )


def _evidence(deal: Deal, facts: NodeFacts) -> tuple[Evidence, ...]:
    near = Witness(RULE.slug, facts, deal.target.channel)
    return (
        near.public("target_ppm", "our fee on the channel to refill", deal.target.policy.fee_ppm, "ppm"),
        near.private("target_ratio", "our share of its balance", deal.target.ratio, "ratio", digits=2),
        near.private("target_out_sat", "forwarded out through it", deal.target.flow.out_sat, "sat"),
        near.public("peer_ppm", "what its peer charges to send to us", deal.peer_ppm, "ppm"),
        near.private(
            "source_ratio",
            f"our share of the balance of {deal.source.channel.scid}",
            deal.source.ratio,
            "ratio",
            digits=2,
        ),
        near.private(
            "source_sell_through", "share of it that sells in 30 days", deal.source.sell_through, "ratio", digits=2
        ),
        near.public("source_ppm", "our fee on it", deal.source.policy.fee_ppm, "ppm"),
        near.private("payback_days", "days until the ceiling is earned back", deal.payback_days, "days", digits=0),
        near.private("ceiling_ppm", "highest fee worth paying", deal.ceiling_ppm, "ppm"),
        near.private("amount_sat", "amount", deal.amount_sat, "sat"),
        near.private("cost_sat", "cost at that fee", deal.cost_sat, "sat"),
    )


def _gain(deal: Deal) -> GainRange:
    low, high = round(deal.revenue_sat - deal.cost_sat), round(deal.revenue_sat - deal.least_cost_sat)
    words = (
        f"{deal.amount_sat:,} sat x {deal.target.policy.fee_ppm:,} ppm x {deal.probability:.0%} (its last 30 days"
        f" sold {deal.target.out_30d_sat:,.0f} sat) = {deal.revenue_sat:,.0f} sat, less {deal.cost_sat:,} sat at the"
        f" ceiling or {deal.least_cost_sat:,.0f} sat at the peer's own {deal.peer_ppm:,} ppm"
    )
    return GainRange(low, high, words)


RULE = Rule(
    slug="rebalance",
    number=8,
    title="Rebalance economics",
    category=Category.LIQUIDITY,
    summary="Refills an empty, selling channel from an idle, full one when the fee ceiling is earned back.",
    thresholds=(
        ThresholdSpec("target_ratio", 0.25, "ratio", "Refill below this share of the balance"),
        ThresholdSpec("source_ratio", 0.7, "ratio", "Take from above this share of the balance"),
        ThresholdSpec("cost_ratio", 0.65, "ratio", "Most of our own fee that a refill may cost"),
        ThresholdSpec("most_cost_ppm", 5_000, "ppm", "Never pay more (0.5 %)"),
        ThresholdSpec("min_amount_sat", 100_000, "sat", "Smaller refills are not worth a try"),
        ThresholdSpec("min_uptime", 0.95, "ratio", "Peers below this connection share are left out"),
        at_most(),
    ),
    needs=(Need.POLICIES, Need.BALANCES, Need.FORWARDS),
    find=find,
)
