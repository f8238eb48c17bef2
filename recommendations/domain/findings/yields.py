"""What this node's own channels earn: the reference for a channel that earns nothing, and the test before a close."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median, quantiles

from recommendations.domain.advice import GainRange
from recommendations.domain.facts import ChannelFacts, FlowFacts, NodeFacts
from recommendations.domain.findings.flow import flow_of, per_30_days

FEWEST_EARNERS = 4  # quartiles of fewer are an anecdote
OPEN_VBYTES = 154  # one P2WPKH input, funding output and change, about
CLOSE_VBYTES = 169  # mutual close to two P2WPKH outputs, about
CLOSE_HORIZON_DAYS = 180


@dataclass(frozen=True, slots=True)
class Earnings:
    """Quartiles of what earning channels bring, msat per sat of capacity in 30 days."""

    channels: int
    p25: float
    median: float
    p75: float

    def range_for(self, capacity_sat: int) -> tuple[int, int]:
        """Return what a channel of this size would earn, sat in 30 days, between the quartiles."""
        return round(self.p25 * capacity_sat / 1000), round(self.p75 * capacity_sat / 1000)


def rate_of(channel: ChannelFacts, flow: FlowFacts) -> float:
    """Return fees earned by forwards leaving through the channel, msat per sat of capacity in 30 days."""
    return per_30_days(flow.fees_earned_msat, flow) / channel.capacity_sat if channel.capacity_sat > 0 else 0.0


def earnings(facts: NodeFacts) -> Earnings | None:
    """Return the quartiles over channels that earn, or None when fewer than four do."""
    return earnings_of(rate_of(channel, flow) for channel, flow in _with_flow(facts) if flow.fees_earned_msat > 0)


def earnings_of(rates: Iterable[float]) -> Earnings | None:
    ordered = sorted(rates)
    if len(ordered) < FEWEST_EARNERS:
        return None
    p25, p50, p75 = quantiles(ordered, n=4, method="inclusive")
    return Earnings(len(ordered), p25, p50, p75)


def as_gain(reference: Earnings | None, capacity_sat: int) -> GainRange | None:
    """Return the gain if the channel came to earn like this node's others, or None without a reference."""
    if reference is None:
        return None
    low, high = reference.range_for(capacity_sat)
    words = (
        f"{capacity_sat:,} sat x what {reference.channels} earning channels of this node bring in 30 days, from the"
        f" lower quartile ({reference.p25:.4f} msat per sat) to the upper ({reference.p75:.4f} msat per sat):"
        f" {low:,} to {high:,} sat, if this channel comes to earn like them"
    )
    return GainRange(low, high, words)


@dataclass(frozen=True, slots=True)
class CloseTest:
    """Rule 11: what moving the capital elsewhere would earn in 180 days, less the on-chain cost of moving it."""

    gain_sat: int
    cost_sat: int
    computation: str


def close_test(channel: ChannelFacts, flow: FlowFacts, facts: NodeFacts) -> CloseTest | None:
    """Return the test, or None when on-chain fees or other channels' earnings are unknown."""
    rate_sat_vb = facts.network.onchain_fee_sat_vb
    others = [rate_of(other, its) for other, its in _with_flow(facts) if other.scid != channel.scid]
    if rate_sat_vb is None or len(others) < FEWEST_EARNERS:
        return None
    cost = round((OPEN_VBYTES + CLOSE_VBYTES) * rate_sat_vb)
    edge = median(others) - rate_of(channel, flow)
    gain = round(edge * channel.capacity_sat / 1000 * CLOSE_HORIZON_DAYS / 30) - cost
    words = (
        f"(median of {len(others)} other channels - own) = {edge:.4f} msat per sat in 30 days"
        f" x {channel.capacity_sat:,} sat x {CLOSE_HORIZON_DAYS} days,"
        f" less {cost:,} sat to close and open at {rate_sat_vb:g} sat/vB: {gain:,} sat"
    )
    return CloseTest(gain, cost, words)


def onchain_cost_sat(facts: NodeFacts, *, vbytes: int) -> int | None:
    rate = facts.network.onchain_fee_sat_vb
    return None if rate is None else round(rate * vbytes)


def _with_flow(facts: NodeFacts) -> Iterable[tuple[ChannelFacts, FlowFacts]]:
    return ((channel, flow) for channel in facts.channels if (flow := flow_of(channel)) is not None)
