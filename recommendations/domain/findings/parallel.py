"""Judge the parallel channels of one peer together: a sender may name any of them, and LND forwards through another.

The largest one stands for all, with their balances and flows in sum; advice names the others.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from recommendations.domain.facts import ChannelFacts, FailureFacts, FlowFacts, PrivateChannelFacts


def joined(channels: Iterable[ChannelFacts]) -> tuple[ChannelFacts, ...]:
    """Return one channel for each peer, in the order in which the peers appear.

    Announced channels are judged apart from others: senders choose among those they know.
    """
    by_peer: dict[tuple[str, bool], list[ChannelFacts]] = defaultdict(list)
    for channel in channels:
        by_peer[channel.peer.pubkey, channel.is_announced].append(channel)
    return tuple(_one(group) if len(group) > 1 else group[0] for group in by_peer.values())


def together(channel: ChannelFacts) -> str:
    """Return what to say of the channels that were judged with this one; "" where there are none."""
    if not channel.siblings:
        return ""
    others = ", ".join(channel.siblings)
    return f" Judged with your other channels with this peer ({others}): senders may use any, so give them one fee."


def _one(group: Sequence[ChannelFacts]) -> ChannelFacts:
    first, *others = sorted(group, key=lambda one: (one.bounds.is_hands_off, -one.capacity_sat, one.scid))
    privates = [one.private for one in (first, *others) if one.private is not None]
    return replace(
        first,
        siblings=tuple(one.scid for one in others),
        joint_capacity_sat=sum(one.capacity_sat for one in group),
        private=_private(privates) if len(privates) == len(group) else None,
    )


def _private(parts: Sequence[PrivateChannelFacts]) -> PrivateChannelFacts:
    flows, failures = [one.flow for one in parts], [one.failures for one in parts]
    return replace(
        parts[0],
        local_sat=_sum(one.local_sat for one in parts),
        remote_sat=_sum(one.remote_sat for one in parts),
        is_active=None if all(one.is_active is None for one in parts) else any(one.is_active for one in parts),
        flow=_flow([one for one in flows if one is not None]) if None not in flows else None,
        failures=_failures([one for one in failures if one is not None]) if None not in failures else None,
    )


def _flow(parts: Sequence[FlowFacts]) -> FlowFacts:
    latest = [one.latest_forward_at for one in parts if one.latest_forward_at is not None]
    amounts = [one.settled_amounts_p90_msat for one in parts if one.settled_amounts_p90_msat is not None]
    return replace(
        parts[0],
        out_sat=sum(one.out_sat for one in parts),
        in_sat=sum(one.in_sat for one in parts),
        out_count=sum(one.out_count for one in parts),
        in_count=sum(one.in_count for one in parts),
        fees_earned_msat=sum(one.fees_earned_msat for one in parts),
        fees_assisted_msat=sum(one.fees_assisted_msat for one in parts),
        out_14d_sat=sum(one.out_14d_sat for one in parts),
        in_14d_sat=sum(one.in_14d_sat for one in parts),
        latest_forward_at=max(latest, default=None),
        settled_amounts_p90_msat=max(amounts, default=None),
        fees_90d_msat=_sum(one.fees_90d_msat for one in parts),
    )


def _failures(parts: Sequence[FailureFacts]) -> FailureFacts:
    return FailureFacts(
        window_days=parts[0].window_days,
        short_count=sum(one.short_count for one in parts),
        short_7d_count=sum(one.short_7d_count for one in parts),
        short_sat=_sum(one.short_sat for one in parts),
        missed_fee_msat=_sum(one.missed_fee_msat for one in parts),
        priced_count=sum(one.priced_count for one in parts),
        other_count=sum(one.other_count for one in parts),
    )


def _sum(values: Iterable[int | None]) -> int | None:
    known = list(values)
    return None if None in known else sum(one for one in known if one is not None)
