"""What a channel earned, what it cost, and what is left: net, per million sat and day, and in percent a year. Pure.

Net = fees earned by forwards that left through it - what rebalances into it cost - the window's share of opening and
closing it. That cost is spread over a year, or over the channel's age where that is longer: it is paid once, the fees
come every day. A cost that is not known is never taken for 0: then there is no net.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from recommendations.domain.facts import CostFacts, FlowFacts

OPEN_VBYTES = 154  # one P2WPKH input, funding output and change, about
CLOSE_VBYTES = 169  # mutual close to two P2WPKH outputs, about
LONG_DAYS = 90
SPREAD_DAYS = 365.0


@dataclass(frozen=True, slots=True)
class Profit:
    """One channel's result over `window_days`, msat. None where something it needs is not known."""

    window_days: int
    capacity_sat: int
    earned_30d_msat: int
    earned_msat: int
    rebalance_msat: int | None
    onchain_msat: int | None  # the window's share of opening (as booked, else estimated) and closing (estimated)

    @property
    def cost_msat(self) -> int | None:
        if self.rebalance_msat is None or self.onchain_msat is None:
            return None
        return self.rebalance_msat + self.onchain_msat

    @property
    def net_msat(self) -> int | None:
        return None if self.cost_msat is None else self.earned_msat - self.cost_msat

    @property
    def net_per_million_day_msat(self) -> float | None:
        """Net msat per day and million sat of capacity."""
        net = self.net_msat
        return None if net is None or self.capacity_sat <= 0 else net / self.window_days / self.capacity_sat * 1e6

    @property
    def return_percent_year(self) -> float | None:
        """Net in percent of the capacity, carried on for a year."""
        daily = self.net_per_million_day_msat
        return None if daily is None else daily * 365 / 1e9 * 100


@dataclass(frozen=True, slots=True)
class Totals:
    """A node's channels in sum. Costs and net are None as soon as those of one channel are not known."""

    channels: int
    window_days: int
    earned_30d_msat: int
    earned_msat: int
    rebalance_msat: int | None
    onchain_msat: int | None
    net_msat: int | None
    unknown_costs: int  # channels whose costs are not known in full
    return_percent_year: float | None


def profit_of(
    flow: FlowFacts | None,
    costs: CostFacts | None,
    *,
    capacity_sat: int,
    is_initiator: bool | None,
    age_days: float | None,
    sat_vb: float | None,
) -> Profit | None:
    """Return the result over 90 days where forwards and costs are known for as long, else over the forwards' window.

    :param is_initiator: who opened it pays the transactions; of a channel the peer opened they cost nothing.
    :param sat_vb: what a transaction costs now; None leaves the on-chain cost unknown.
    """
    if flow is None or flow.window_days <= 0:
        return None
    long_fees = flow.fees_90d_msat
    is_long = long_fees is not None and (costs is None or costs.window_days >= LONG_DAYS)
    window = LONG_DAYS if is_long else flow.window_days
    onchain = _onchain_msat(costs, is_initiator=is_initiator, sat_vb=sat_vb)
    spread = window / max(age_days or 0.0, SPREAD_DAYS)
    return Profit(
        window_days=window,
        capacity_sat=capacity_sat,
        earned_30d_msat=flow.fees_earned_msat,
        earned_msat=long_fees if is_long and long_fees is not None else flow.fees_earned_msat,
        rebalance_msat=_rebalance_msat(costs, window=window),
        onchain_msat=None if onchain is None else round(onchain * spread),
    )


def in_sum(profits: Iterable[Profit]) -> Totals | None:
    """Return the sum of channels that were judged over the same window, or None where there are none."""
    parts = list(profits)
    if not parts:
        return None
    window, capacity = parts[0].window_days, sum(one.capacity_sat for one in parts)
    unknown = sum(one.net_msat is None for one in parts)
    net = None if unknown else sum(one.net_msat or 0 for one in parts)
    return Totals(
        channels=len(parts),
        window_days=window,
        earned_30d_msat=sum(one.earned_30d_msat for one in parts),
        earned_msat=sum(one.earned_msat for one in parts),
        rebalance_msat=_sum(one.rebalance_msat for one in parts),
        onchain_msat=_sum(one.onchain_msat for one in parts),
        net_msat=net,
        unknown_costs=unknown,
        return_percent_year=None if net is None or capacity <= 0 else net / window * 365 / capacity / 1_000 * 100,
    )


def joined(profits: Iterable[Profit | None]) -> Profit | None:
    """Return the result of several channels as one; None as soon as one of them is not known."""
    parts = list(profits)
    known = [one for one in parts if one is not None]
    if not known or len(known) < len(parts):
        return None
    return Profit(
        window_days=known[0].window_days,
        capacity_sat=sum(one.capacity_sat for one in known),
        earned_30d_msat=sum(one.earned_30d_msat for one in known),
        earned_msat=sum(one.earned_msat for one in known),
        rebalance_msat=_sum(one.rebalance_msat for one in known),
        onchain_msat=_sum(one.onchain_msat for one in known),
    )


def _rebalance_msat(costs: CostFacts | None, *, window: int) -> int | None:
    if costs is None or costs.window_days < window:
        return None
    return costs.rebalance_msat if window == LONG_DAYS else costs.rebalance_30d_msat


def _onchain_msat(costs: CostFacts | None, *, is_initiator: bool | None, sat_vb: float | None) -> int | None:
    if is_initiator is False:
        return 0
    if is_initiator is None or sat_vb is None:
        return None
    booked = None if costs is None else costs.open_msat
    opened = round(OPEN_VBYTES * sat_vb * 1_000) if booked is None else booked
    return opened + round(CLOSE_VBYTES * sat_vb * 1_000)


def _sum(values: Iterable[int | None]) -> int | None:
    """Return the sum, or None as soon as one of them is not known: a part of the costs is no cost."""
    known = list(values)
    return None if None in known else sum(one for one in known if one is not None)
