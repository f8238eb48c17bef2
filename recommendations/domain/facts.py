"""What is known of one node at one moment, as plain values. Unknown is None, never 0.

Every rule reads these values and nothing else, so a finding can be recomputed from its evidence.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PolicyFacts:
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


@dataclass(frozen=True, slots=True)
class MarketFacts:
    """What others charge INTO a peer, ppm: one rate per node (capacity-weighted), live and enabled, ours left out."""

    sample_size: int
    p25_ppm: int | None
    median_ppm: int | None
    p75_ppm: int | None
    own_percentile: float | None  # 0-100: share of the sample that charges less than we do


@dataclass(frozen=True, slots=True)
class PeerFacts:
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
    onchain_fee_percentile: float | None = None


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
    capacity_sat: int
    standing: StandingFacts
    network: NetworkFacts
    address_kinds: tuple[str, ...]  # clearnet, tor, i2p, dns; () when none is announced or known
    candidates: tuple[CandidateFacts, ...] = ()
    private: PrivateNodeFacts | None = None
    private_source: str | None = None
    band_revenue_msat: int | None = None  # median revenue in 30 days of known nodes of this size

    @property
    def has_private_data(self) -> bool:
        return self.private is not None

    @property
    def live_channels(self) -> tuple[ChannelFacts, ...]:
        return tuple(channel for channel in self.channels if channel.is_live)
