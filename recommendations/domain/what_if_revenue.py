"""What a supposed change would do to revenue in 30 days: a range, how it was reckoned, or why it cannot be. Pure.

How demand answers a price is not known. Both ends of the stated range of elasticity are reckoned: 0 (nobody minds) and
-1.5 (demand falls 1.5 % for each 1 % of price, and rises likewise, but to no more than MOST_GROWTH times).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from recommendations.domain.facts import FlowFacts, NodeFacts
from recommendations.domain.findings.fee_advice import ELASTICITY
from recommendations.domain.findings.flow import flow_of, per_30_days
from recommendations.domain.findings.yields import as_gain, earnings
from recommendations.domain.what_if import BalanceChange, Change, Closing, FeeChange, Opening, channel_of

MOST_GROWTH = 4.0  # a fee of 1 ppm instead of 1,000 would else promise 31,000 times the volume
NO_FORWARDS = "Unknown: nobody told lnrag what this channel forwards."
NO_VOLUME = "Unknown: nothing left through it in {days} days, so there is no volume to reckon with."
NO_REFERENCE = "Unknown: fewer than four channels of this node are known to earn, so there is nothing to go by."
NOT_EARNING = (
    "Not estimated: a balance earns nothing until it is forwarded. The findings show what the rules make of it."
)


@dataclass(frozen=True, slots=True)
class RevenueChange:
    """Sat in 30 days, more or less than now. Both None: not known; `computation` then says why."""

    words: str
    low_sat: int | None
    high_sat: int | None
    computation: str

    @property
    def is_known(self) -> bool:
        return self.low_sat is not None


def revenue_changes(facts: NodeFacts, changes: Sequence[Change]) -> tuple[RevenueChange, ...]:
    """Return what each change does by itself, judged on the facts as they are now."""
    return tuple(_of(facts, change) for change in changes)


def in_sum(parts: Sequence[RevenueChange]) -> tuple[int, int] | None:
    """Return lowest and highest sum of the known changes, or None when none is known."""
    lows = [part.low_sat for part in parts if part.low_sat is not None]
    highs = [part.high_sat for part in parts if part.high_sat is not None]
    return (sum(lows), sum(highs)) if lows else None


def _of(facts: NodeFacts, change: Change) -> RevenueChange:
    match change:
        case FeeChange():
            return _of_fee(facts, change)
        case BalanceChange():
            words = f"{change.local_ratio:.0%} of channel {change.channel} on our side"
            return RevenueChange(words, None, None, NOT_EARNING)
        case Closing():
            return _of_closing(facts, change)
        case Opening():
            return _of_opening(facts, change)


def _of_fee(facts: NodeFacts, change: FeeChange) -> RevenueChange:
    channel = channel_of(facts, change.channel)
    policy, flow = channel.own_policy, flow_of(channel)
    words = f"Another fee on channel {channel.scid}"
    if policy is None or flow is None:
        return RevenueChange(words, None, None, NO_FORWARDS)
    if flow.out_count == 0 or flow.out_sat <= 0:
        return RevenueChange(words, None, None, NO_VOLUME.format(days=flow.window_days))
    ppm = policy.fee_ppm if change.fee_ppm is None else change.fee_ppm
    base = policy.base_fee_msat if change.base_fee_msat is None else change.base_fee_msat
    now, then = _revenue(flow, policy.fee_ppm, policy.base_fee_msat), _revenue(flow, ppm, base)
    far = _far_end(now, then)
    low, high = sorted((round(then - now), round(far - now)))
    volume, count = per_30_days(flow.out_sat, flow), per_30_days(flow.out_count, flow)
    computation = (
        f"{volume:,.0f} sat left in {count:,.0f} forwards in 30 days: {now:,.0f} sat at {policy.fee_ppm:,} ppm and"
        f" {policy.base_fee_msat:,} msat, {then:,.0f} sat at {ppm:,} ppm and {base:,} msat if demand stays (elasticity"
        f" 0); {_far_words(now, then, far)}"
    )
    return RevenueChange(words, low, high, computation)


def _revenue(flow: FlowFacts, ppm: int, base_msat: int) -> float:
    """Return sat in 30 days of this flow at these terms."""
    return per_30_days(flow.out_sat, flow) * ppm / 1e6 + per_30_days(flow.out_count, flow) * base_msat / 1e3


def _far_end(now: float, then: float) -> float:
    """Return the revenue at the far elasticity; a free channel tells nothing of demand at a price: it may all go."""
    if now <= 0:
        return 0.0
    return then * min((then / now) ** ELASTICITY, MOST_GROWTH) if then > 0 else 0.0


def _far_words(now: float, then: float, far: float) -> str:
    if now <= 0:
        return "0 sat if all of it goes elsewhere: a free channel tells nothing of demand at a price"
    if then <= 0:
        return "a free channel earns nothing, whatever passes through it"
    capped = f", volume at most {MOST_GROWTH:g} times" if (then / now) ** ELASTICITY > MOST_GROWTH else ""
    return f"{far:,.0f} sat at elasticity {ELASTICITY}{capped}"


def _of_closing(facts: NodeFacts, change: Closing) -> RevenueChange:
    channel = channel_of(facts, change.channel)
    flow, words = flow_of(channel), f"Without channel {channel.scid}"
    if flow is None:
        return RevenueChange(words, None, None, NO_FORWARDS)
    out, assisted = (per_30_days(msat, flow) / 1000 for msat in (flow.fees_earned_msat, flow.fees_assisted_msat))
    lost = round(out + assisted)
    computation = (
        f"In 30 days {out:,.0f} sat were earned by forwards leaving through it, {assisted:,.0f} sat by forwards coming"
        " in through it. All of that is lost at worst; nothing if other channels carry the same payments. What the"
        " close costs on-chain is not counted."
    )
    return RevenueChange(words, -lost, 0, computation)


def _of_opening(facts: NodeFacts, change: Opening) -> RevenueChange:
    words = f"A channel of {change.size_sat:,} sat with {change.pubkey[:12]}…"
    gain = as_gain(earnings(facts), change.size_sat)
    if gain is None:
        return RevenueChange(words, None, None, NO_REFERENCE)
    return RevenueChange(words, 0, gain.high_sat, f"From 0 sat if it stays idle; else {gain.computation}.")
