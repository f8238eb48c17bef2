"""What is known of one node at one moment, as plain values. Unknown is None, never 0.

Every rule reads these values and nothing else, so a finding can be recomputed from its evidence. What a channel has of
each kind is a named tuple: a large node has ten thousand of them, and a dataclass takes five times as long to make.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

LOOK_BACK_DAYS = 120  # how far back the latest forward is looked for: rule 9 calls 90 idle days strong


class PolicyFacts(NamedTuple):
    """One direction's routing policy as announced."""

    base_fee_msat: int
    fee_ppm: int
    time_lock_delta: int
    min_htlc_msat: int | None
    max_htlc_msat: int | None
    is_disabled: bool
    updated_at: datetime | None
    inbound_base_fee_msat: int | None = None
    inbound_fee_ppm: int | None = None
    # When a value last changed, as snapshots show it. Not `updated_at`: LND re-signs unchanged policies every day
    # (71 % of the halves of 2025-10-19 were younger than 24 h), so a refresh proves no change. None = unknown.
    changed_at: datetime | None = None


class MarketFacts(NamedTuple):
    """What others charge INTO a peer, ppm: one rate per node (capacity-weighted), live and enabled, ours left out."""

    sample_size: int
    p25_ppm: int | None
    median_ppm: int | None
    p75_ppm: int | None
    own_percentile: float | None  # 0-100: share of the sample that charges less than we do


class PeerFacts(NamedTuple):
    pubkey: str
    alias: str
    channel_count: int | None
    capacity_sat: int | None
    median_channel_sat: int | None
    updated_at: datetime | None
    address_count: int | None


@dataclass(frozen=True, slots=True)
class FlowFacts:
    """Settled forwards through one channel over `window_days`, from our side: out = leaving through it."""

    window_days: int
    out_sat: int
    in_sat: int
    out_count: int
    in_count: int
    fees_earned_msat: int  # fees of the forwards that left through this channel
    fees_assisted_msat: int  # fees of the forwards that came in through it
    out_14d_sat: int
    in_14d_sat: int
    latest_forward_at: datetime | None
    settled_amounts_p90_msat: int | None
    known_days: float | None = None  # how far back forwards are complete; None: no further than the window
    fees_90d_msat: int | None = None  # None where fewer than 90 days are known

    @property
    def complete_days(self) -> float:
        """Return for how many days it is known what was forwarded."""
        return self.window_days if self.known_days is None else self.known_days


@dataclass(frozen=True, slots=True)
class FailureFacts:
    """Forwards that would have left through one channel and did not settle, over `window_days`."""

    window_days: int
    short_count: int  # failed at this channel for lack of balance (TEMPORARY_CHANNEL_FAILURE)
    short_7d_count: int
    short_sat: int | None  # what they would have moved, as far as the amounts are known
    missed_fee_msat: int | None  # what they would have earned, as far as that is known
    priced_count: int  # of them, those whose fee is known
    other_count: int  # failed here for other reasons, or behind this channel


@dataclass(frozen=True, slots=True)
class CostFacts:
    """What one channel cost its operator, msat. Complete for `window_days`, which is 90 at most."""

    window_days: int
    rebalance_msat: int
    rebalance_30d_msat: int
    rebalanced_msat: int  # what the rebalances brought in, as far as the amounts are known
    open_msat: int | None  # None: no opening of this channel is on record


@dataclass(frozen=True, slots=True)
class ChannelBounds:
    """What the operator allows on one channel; None: no bound."""

    min_fee_ppm: int | None = None
    max_fee_ppm: int | None = None
    is_hands_off: bool = False

    def nearest_ppm(self, fee_ppm: int) -> int:
        """Return the allowed fee that is closest to this one."""
        raised = fee_ppm if self.min_fee_ppm is None else max(fee_ppm, self.min_fee_ppm)
        return raised if self.max_fee_ppm is None else min(raised, self.max_fee_ppm)


UNBOUNDED = ChannelBounds()


@dataclass(frozen=True, slots=True)
class PrivateChannelFacts:
    """What only the operator knows of a channel. Each field may be unknown on its own."""

    local_sat: int | None
    remote_sat: int | None
    is_active: bool | None
    is_initiator: bool | None
    uptime_ratio: float | None  # of the peer, over monitored_days
    monitored_days: float | None
    flow: FlowFacts | None
    measured_at: datetime | None
    failures: FailureFacts | None = None
    costs: CostFacts | None = None

    @property
    def local_ratio(self) -> float | None:
        if self.local_sat is None or self.remote_sat is None or self.local_sat + self.remote_sat <= 0:
            return None
        return self.local_sat / (self.local_sat + self.remote_sat)


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    scid: str
    chan_point: str | None
    capacity_sat: int
    peer: PeerFacts
    own_policy: PolicyFacts | None
    peer_policy: PolicyFacts | None
    age_days: float | None
    is_live: bool  # a side updated its policy within 14 days of the snapshot
    market: MarketFacts
    private: PrivateChannelFacts | None = None
    bounds: ChannelBounds = UNBOUNDED
    is_policy_from_node: bool = False  # own_policy is what the node itself says, newer than the graph
    siblings: tuple[str, ...] = ()  # further channels with this peer that are judged together with this one
    joint_capacity_sat: int | None = None  # of this one and its siblings, where they are judged together
    is_announced: bool = True  # False: the public graph lacks it, and only our own node tells of it
    awaits_graph: bool = False  # of these: the node does announce it, so the graph is older than the channel

    @property
    def judged_capacity_sat(self) -> int:
        return self.capacity_sat if self.joint_capacity_sat is None else self.joint_capacity_sat

    @property
    def is_public_complete(self) -> bool:
        return self.own_policy is not None


@dataclass(frozen=True, slots=True)
class CandidateFacts:
    """A node that is not yet a peer, with the score that put it on the list."""

    pubkey: str
    alias: str
    channel_count: int
    capacity_sat: int
    median_channel_sat: int | None
    shared_peers: int
    score: float
    median_fee_ppm: int | None = None
    recent_openers: int | None = None  # nodes of our neighborhood that opened a channel with it in the latest 30 days


@dataclass(frozen=True, slots=True)
class NetworkFacts:
    """The measured state of one network at `as_of`, over live channels only; medians, never means."""

    slug: str
    is_synthetic: bool
    as_of: datetime
    active_nodes: int
    public_channels: int
    network_capacity_sat: int
    median_fee_ppm: int | None
    fee_quantiles_ppm: tuple[tuple[int, int], ...]  # (percentile, ppm): 5, 25, 50, 75, 90, 95, 99
    median_base_fee_msat: int | None
    median_channel_sat: int | None
    congestion_level: str | None  # low | normal | high; None without an on-chain fee source
    onchain_fee_sat_vb: float | None = None
    onchain_fee_percentile: float | None = None  # of the latest 30 days, 0-100
    onchain_fee_percentile_14d: float | None = None
    onchain_as_of: datetime | None = None
    onchain_source: str = ""  # see domain/onchain.py; empty: none


@dataclass(frozen=True, slots=True)
class StandingFacts:
    """Where the node stands in its network. Percentile = (total - rank) / total, 0-100, higher is larger."""

    capacity_percentile: float | None
    channels_percentile: float | None
    betweenness_percentile: float | None
    fee_percentile: float | None  # of its median outgoing ppm among all nodes
    hhi: float | None  # 10,000 x sum of squared peer capacity shares
    effective_peers: float | None
    largest_peer_share: float | None  # 0-1
    largest_peer_pubkey: str | None
    median_fee_ppm: int | None
    median_inbound_market_ppm: int | None  # what peers charge towards this node
    median_channel_sat: int | None
    age_days: float | None


@dataclass(frozen=True, slots=True)
class PrivateNodeFacts:
    """What only the operator knows of the node as a whole."""

    window_days: int
    revenue_msat: int | None
    forward_count: int | None
    uptime_ratio: float | None
    monitored_days: float | None
    success_rate: float | None
    measured_at: datetime | None


@dataclass(frozen=True, slots=True)
class NodeFacts:
    pubkey: str
    alias: str
    as_of: datetime
    source: str  # where the public facts come from, e.g. "graph snapshot 2025-10-19"
    channels: tuple[ChannelFacts, ...]
    capacity_sat: int  # of all channels, those too that the public graph lacks
    standing: StandingFacts
    network: NetworkFacts
    address_kinds: tuple[str, ...]  # clearnet, tor, i2p, dns; () when none is announced or known
    candidates: tuple[CandidateFacts, ...] = ()
    private: PrivateNodeFacts | None = None
    private_source: str | None = None
    priced: tuple[tuple[ChannelFacts, PolicyFacts], ...] | None = None  # with our policy, once computed; None: not yet
    joint: tuple[ChannelFacts, ...] | None = None  # priced channels by peer, once they were computed; None: not yet
    band_revenue_msat: int | None = None  # median revenue in 30 days of known nodes of this size

    @property
    def judged_at(self) -> datetime:
        """Return the newest moment that facts are of: a connected node is read more often than the graph."""
        measured_at = None if self.private is None else self.private.measured_at
        return self.as_of if measured_at is None else max(self.as_of, measured_at)

    @property
    def has_private_data(self) -> bool:
        return self.private is not None

    @property
    def announced_channels(self) -> tuple[ChannelFacts, ...]:
        """Return the channels that everybody knows: what the public graph holds."""
        return tuple(channel for channel in self.channels if channel.is_announced)

    @property
    def live_channels(self) -> tuple[ChannelFacts, ...]:
        """Return the announced channels that a side updated lately."""
        return tuple([channel for channel in self.channels if channel.is_live and channel.is_announced])

    @property
    def unannounced_channels(self) -> tuple[ChannelFacts, ...]:
        """Return the channels that only the operator's own node tells of."""
        return tuple(channel for channel in self.channels if not channel.is_announced)

    @property
    def unannounced_sat(self) -> int:
        """Return the capacity of the channels that the public graph lacks."""
        return sum(channel.capacity_sat for channel in self.channels if not channel.is_announced)

    @property
    def announced_sat(self) -> int:
        """Return the capacity that everybody knows: what concentration and percentiles were measured by."""
        return self.capacity_sat - self.unannounced_sat
