"""Facts as they would be if some things were otherwise: another fee, another balance, a channel less or more. Pure.

Only what follows for sure is changed: the market seen from a new fee, concentration, medians. Other channels keep their
balances, and nobody answers: how demand and peers would react is not known.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from recommendations.domain.errors import RecommendationsError
from recommendations.domain.facts import (
    ChannelFacts,
    NodeFacts,
    PeerFacts,
    PolicyFacts,
    PrivateChannelFacts,
    StandingFacts,
)
from recommendations.domain.market import market_facts

FULL_HHI = 10_000
MOST_CHANGES = 10
LEAST_SIZE_SAT, MOST_SIZE_SAT = 20_000, 1_000_000_000
MOST_PPM, MOST_BASE_MSAT = 1_000_000, 10_000_000
USUAL_TIME_LOCK = 80  # LND's first value
NEW = "0x0x"  # beginning of an id that no channel can have: it has no block


class WhatIfRefused(RecommendationsError):
    """A supposition that cannot be made on this node; `field` names what to change."""

    code = "what_if_refused"

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class FeeChange:
    """Another rate or base fee on a channel; None: as it is."""

    channel: str
    fee_ppm: int | None = None
    base_fee_msat: int | None = None


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """Another share of a channel on our side, 0 to 1."""

    channel: str
    local_ratio: float


@dataclass(frozen=True, slots=True)
class Closing:
    """The channel is gone."""

    channel: str


@dataclass(frozen=True, slots=True)
class Opening:
    """A channel more, opened by us; without a rate it has our median one."""

    pubkey: str
    size_sat: int
    fee_ppm: int | None = None


Change = FeeChange | BalanceChange | Closing | Opening


@dataclass(frozen=True, slots=True)
class Markets:
    """What the graph says of the peers that are asked about: ascending rates into each, ours left out."""

    rates_ppm: Mapping[str, Sequence[int]]
    newcomers: Mapping[str, PeerFacts]


def supposed(facts: NodeFacts, changes: Sequence[Change], *, markets: Markets) -> NodeFacts:
    """Return the facts with all changes made, in their order. Percentiles stay as they were measured.

    :raises WhatIfRefused: when a change does not fit the node.
    """
    changed = facts
    for number, change in enumerate(changes, start=1):
        changed = _made(changed, change, number, markets)
    if changed.channels == facts.channels:
        return facts
    return replace(
        changed,
        capacity_sat=sum(one.capacity_sat for one in changed.channels),
        standing=_standing(changed.channels, facts.standing),
    )


def channel_of(facts: NodeFacts, scid: str) -> ChannelFacts:
    """Return one channel of the node.

    :raises WhatIfRefused: when it has none of this id.
    """
    for channel in facts.channels:
        if channel.scid == scid:
            return channel
    raise WhatIfRefused(f"No channel {scid[:40]} of this node is known.", field="channel")


def is_new(scid: str) -> bool:
    """Tell whether an id is that of a supposed channel."""
    return scid.startswith(NEW)


def _made(facts: NodeFacts, change: Change, number: int, markets: Markets) -> NodeFacts:
    match change:
        case FeeChange():
            return _each(facts, change.channel, lambda channel: _priced(channel, change, markets))
        case BalanceChange():
            return _each(facts, change.channel, lambda channel: _balanced(channel, change.local_ratio))
        case Closing():
            channel_of(facts, change.channel)
            return replace(facts, channels=tuple(one for one in facts.channels if one.scid != change.channel))
        case Opening():
            return _opened(facts, change, number, markets)


def _each(facts: NodeFacts, scid: str, edit: Callable[[ChannelFacts], ChannelFacts]) -> NodeFacts:
    channel_of(facts, scid)
    return replace(facts, channels=tuple(edit(one) if one.scid == scid else one for one in facts.channels))


def _priced(channel: ChannelFacts, change: FeeChange, markets: Markets) -> ChannelFacts:
    policy = channel.own_policy
    if policy is None:
        raise WhatIfRefused("The present fee of this channel is not known.", field="channel")
    fee = policy.fee_ppm if change.fee_ppm is None else change.fee_ppm
    base = policy.base_fee_msat if change.base_fee_msat is None else change.base_fee_msat
    if not 0 <= fee <= MOST_PPM:
        raise WhatIfRefused(f"A rate is from 0 to {MOST_PPM:,} ppm.", field="fee_ppm")
    if not 0 <= base <= MOST_BASE_MSAT:
        raise WhatIfRefused(f"A base fee is from 0 to {MOST_BASE_MSAT:,} msat.", field="base_fee_msat")
    market = channel.market
    if fee != policy.fee_ppm and channel.is_announced:
        market = market_facts(markets.rates_ppm[channel.peer.pubkey], own_rate_ppm=None, own_ppm=fee)
    return replace(channel, own_policy=policy._replace(fee_ppm=fee, base_fee_msat=base), market=market)


def _balanced(channel: ChannelFacts, local_ratio: float) -> ChannelFacts:
    if not 0 <= local_ratio <= 1:
        raise WhatIfRefused("A share on our side is from 0 to 100 %.", field="local_ratio")
    private = channel.private or PrivateChannelFacts(None, None, None, None, None, None, None, None)
    known = private.local_sat is not None and private.remote_sat is not None
    whole = (private.local_sat or 0) + (private.remote_sat or 0) if known else channel.capacity_sat
    local = round(whole * local_ratio)
    return replace(channel, private=replace(private, local_sat=local, remote_sat=whole - local))


def _opened(facts: NodeFacts, change: Opening, number: int, markets: Markets) -> NodeFacts:
    if not LEAST_SIZE_SAT <= change.size_sat <= MOST_SIZE_SAT:
        raise WhatIfRefused(f"A channel holds from {LEAST_SIZE_SAT:,} to {MOST_SIZE_SAT:,} sat.", field="size_sat")
    if change.pubkey == facts.pubkey:
        raise WhatIfRefused("A node opens no channel to itself.", field="peer")
    own = facts.standing.median_fee_ppm if change.fee_ppm is None else change.fee_ppm
    fee = own if own is not None else facts.network.median_fee_ppm or 0
    is_private_known = facts.private is not None
    channel = ChannelFacts(
        scid=f"{NEW}{number}",
        chan_point=None,
        capacity_sat=change.size_sat,
        peer=markets.newcomers[change.pubkey],
        own_policy=PolicyFacts(0, fee, USUAL_TIME_LOCK, 1_000, change.size_sat * 990, False, facts.judged_at),
        peer_policy=None,
        age_days=0.0,
        is_live=True,
        market=market_facts(markets.rates_ppm[change.pubkey], own_rate_ppm=None, own_ppm=fee),
        private=_fresh(facts, change.size_sat) if is_private_known else None,
    )
    candidates = tuple(one for one in facts.candidates if one.pubkey != change.pubkey)
    return replace(facts, channels=(*facts.channels, channel), candidates=candidates)


def _fresh(facts: NodeFacts, size_sat: int) -> PrivateChannelFacts:
    """Return what is known of a channel just opened by us: all of it lies on our side, and nothing was forwarded."""
    return PrivateChannelFacts(size_sat, 0, True, True, None, 0.0, None, facts.judged_at)


def _standing(channels: Sequence[ChannelFacts], before: StandingFacts) -> StandingFacts:
    """Return what follows of these channels, measured as a whole network is (domain/measures.py)."""
    live = [channel for channel in channels if channel.is_live and channel.is_announced]
    by_peer: dict[str, int] = {}
    for channel in live:
        by_peer[channel.peer.pubkey] = by_peer.get(channel.peer.pubkey, 0) + channel.capacity_sat
    whole = sum(by_peer.values())
    largest = max(by_peer, key=lambda peer: by_peer[peer], default=None) if whole else None
    hhi = FULL_HHI * sum((held / whole) ** 2 for held in by_peer.values()) if whole else None
    fees = [one.own_policy.fee_ppm for one in live if one.own_policy and not one.own_policy.is_disabled]
    return replace(
        before,
        hhi=hhi,
        effective_peers=FULL_HHI / hhi if hhi else None,
        largest_peer_share=by_peer[largest] / whole if largest else None,
        largest_peer_pubkey=largest,
        median_fee_ppm=_middle(fees),
        median_channel_sat=_middle([one.capacity_sat for one in live]),
    )


def _middle(values: Sequence[int]) -> int | None:
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) // 2 if ordered else None
