"""Rule 11: would the capital earn more elsewhere, after what moving it costs? Every advice to close asks here first.

After CLBOSS's PeerJudge: gain = (median rate of the other channels - own rate) x capacity x horizon - close and open.
"""

from dataclasses import dataclass
from statistics import median

from recommendations.domain.advice import Category, Finding, Thresholds
from recommendations.domain.facts import ChannelFacts, FlowFacts, NodeFacts
from recommendations.domain.findings.rule import Need, Rule, ThresholdSpec
from recommendations.domain.findings.yields import FEWEST_EARNERS, onchain_cost_sat, rate_of, with_flow
from recommendations.domain.profit import CLOSE_VBYTES, OPEN_VBYTES


@dataclass(frozen=True, slots=True)
class CloseTest:
    """What moving the capital elsewhere would earn within the horizon, less the on-chain cost of moving it."""

    gain_sat: int
    cost_sat: int
    computation: str


def close_test(channel: ChannelFacts, flow: FlowFacts, facts: NodeFacts, thresholds: Thresholds) -> CloseTest | None:
    """Return the test, or None when on-chain fees or other channels' earnings are unknown."""
    cost = onchain_cost_sat(facts, vbytes=OPEN_VBYTES + CLOSE_VBYTES)
    others = [rate_of(other, its) for other, its in with_flow(facts) if other.scid != channel.scid]
    if cost is None or len(others) < FEWEST_EARNERS:
        return None
    days = thresholds["close_horizon_days"]
    edge = median(others) - rate_of(channel, flow)
    gain = round(edge * channel.capacity_sat / 1000 * days / 30) - cost
    words = (
        f"(median of {len(others)} other channels - own) = {edge:.4f} msat per sat in 30 days"
        f" x {channel.capacity_sat:,} sat x {days:g} days,"
        f" less {cost:,} sat to close and open at {facts.network.onchain_fee_sat_vb:g} sat/vB: {gain:,} sat"
    )
    return CloseTest(gain, cost, words)


def find(facts: NodeFacts, thresholds: Thresholds) -> tuple[Finding, ...]:
    """A test finds nothing by itself; it holds closes back."""
    return ()


RULE = Rule(
    slug="close_test",
    number=11,
    title="Close test",
    category=Category.CHANNELS,
    summary="Holds back a close that does not earn back what it and a new opening cost on chain.",
    thresholds=(
        ThresholdSpec("close_horizon_days", 180, "days", "Time in which the moved capital must earn the cost back"),
        ThresholdSpec("close_margin_sat", 0, "sat", "A close must gain more than this"),
    ),
    needs=(Need.FORWARDS, Need.ONCHAIN),
    find=find,
)
