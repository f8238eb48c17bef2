"""Read a channel's forwards: which way it flows, how much, and whether there is enough to judge by."""

from enum import StrEnum

from recommendations.domain.advice import Thresholds
from recommendations.domain.facts import ChannelFacts, FlowFacts


class Role(StrEnum):
    SINK = "sink"
    SOURCE = "source"
    BALANCED = "balanced"


def flow_of(channel: ChannelFacts) -> FlowFacts | None:
    return None if channel.private is None else channel.private.flow


def ratio_of(channel: ChannelFacts) -> float | None:
    return None if channel.private is None else channel.private.local_ratio


def is_idle(flow: FlowFacts) -> bool:
    """Nothing settled either way in the window."""
    return flow.out_count + flow.in_count == 0 and flow.out_sat + flow.in_sat == 0


def is_quiet(flow: FlowFacts) -> bool:
    """Nothing settled either way in the last 14 days."""
    return flow.out_14d_sat + flow.in_14d_sat == 0


def out_share(flow: FlowFacts) -> float | None:
    total = flow.out_sat + flow.in_sat
    return flow.out_sat / total if total > 0 else None


def role_of(flow: FlowFacts, thresholds: Thresholds) -> Role | None:
    """Return which way the channel flows, or None below the minimum of forwards: two payments are no role."""
    share = out_share(flow)
    if share is None or flow.out_count + flow.in_count < thresholds["min_forwards"]:
        return None
    if share >= thresholds["sink_share"]:
        return Role.SINK
    return Role.SOURCE if share <= thresholds["source_share"] else Role.BALANCED


def per_30_days(amount: float, flow: FlowFacts) -> float:
    """Return an amount of the flow's window scaled to 30 days."""
    return amount * 30 / flow.window_days if flow.window_days > 0 else 0.0
