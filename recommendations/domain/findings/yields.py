"""What this node's own channels earn, the reference for one that earns nothing, and what moving capital costs."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import quantiles

from recommendations.domain.advice import GainRange
from recommendations.domain.facts import ChannelFacts, FlowFacts, NodeFacts
from recommendations.domain.findings.flow import flow_of, per_30_days

FEWEST_EARNERS = 4  # quartiles of fewer are an anecdote


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
    return earnings_of(rate_of(channel, flow) for channel, flow in with_flow(facts) if flow.fees_earned_msat > 0)


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


def onchain_cost_sat(facts: NodeFacts, *, vbytes: int) -> int | None:
    rate = facts.network.onchain_fee_sat_vb
    return None if rate is None else round(rate * vbytes)


def with_flow(facts: NodeFacts) -> Iterable[tuple[ChannelFacts, FlowFacts]]:
    """Return the channels whose forwards are known, with them."""
    return ((channel, flow) for channel in facts.channels if (flow := flow_of(channel)) is not None)
