"""The parts that scenario nodes are built of: a healthy, ordinary node unless told otherwise. Pure.

What an installation is tried on (`manage.py test_recommendations`) and what the rules' own tests start from.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from recommendations.domain.facts import (
    CandidateFacts,
    ChannelFacts,
    FlowFacts,
    MarketFacts,
    NetworkFacts,
    NodeFacts,
    PeerFacts,
    PolicyFacts,
    PrivateChannelFacts,
    PrivateNodeFacts,
    StandingFacts,
)

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
OWN_KEY = "02" + "ab" * 32
QUANTILES = ((5, 0), (25, 1), (50, 100), (75, 500), (90, 1_741), (95, 2_859), (99, 10_000))


def key(number: int) -> str:
    """A node key of 66 digits."""
    return f"03{number:064x}"


def point(number: int) -> str:
    """A channel point."""
    return f"{number:064x}:{number % 4}"


def policy(**changes: Any) -> PolicyFacts:
    """An ordinary policy: no base fee, 200 ppm."""
    shipped = PolicyFacts(
        base_fee_msat=0,
        fee_ppm=200,
        time_lock_delta=80,
        min_htlc_msat=1_000,
        max_htlc_msat=4_950_000_000,
        is_disabled=False,
        updated_at=AT - timedelta(days=3),
    )
    return shipped._replace(**changes)


def market(
    median: int | None = 200,
    *,
    percentile: float = 50.0,
    size: int = 20,
    p25: int | None = None,
    p75: int | None = None,
) -> MarketFacts:
    """What others charge into the peer; None = no market."""
    if median is None:
        return MarketFacts(size, None, None, None, None)
    return MarketFacts(
        size, median // 2 if p25 is None else p25, median, median * 2 if p75 is None else p75, percentile
    )


def peer(number: int = 1, **changes: Any) -> PeerFacts:
    """An ordinary, well-connected peer."""
    shipped = PeerFacts(key(number), f"peer {number}", 60, 300_000_000, 2_000_000, AT - timedelta(days=1), 2)
    return shipped._replace(**changes)


def flow(out_sat: int = 2_000_000, in_sat: int = 1_800_000, **changes: Any) -> FlowFacts:
    """Forwards both ways over 30 days."""
    shipped = FlowFacts(
        window_days=30,
        out_sat=out_sat,
        in_sat=in_sat,
        out_count=40 if out_sat else 0,
        in_count=40 if in_sat else 0,
        fees_earned_msat=out_sat * 200 // 1_000,
        fees_assisted_msat=in_sat * 200 // 1_000,
        out_14d_sat=out_sat * 14 // 30,
        in_14d_sat=in_sat * 14 // 30,
        latest_forward_at=AT - timedelta(hours=5) if out_sat or in_sat else None,
        settled_amounts_p90_msat=120_000_000 if out_sat or in_sat else None,
    )
    return replace(shipped, **changes)


def silent(**changes: Any) -> FlowFacts:
    """No forward at all."""
    return flow(0, 0, **changes)


def private(
    ratio: float | None = 0.5, *, capacity_sat: int = 5_000_000, flow: FlowFacts | None = None, **changes: Any
) -> PrivateChannelFacts:
    """What the operator knows of a channel; `ratio` is our share of the balance."""
    local = None if ratio is None else round(capacity_sat * ratio)
    shipped = PrivateChannelFacts(
        local_sat=local,
        remote_sat=None if local is None else capacity_sat - local,
        is_active=True,
        is_initiator=True,
        uptime_ratio=0.999,
        monitored_days=60.0,
        flow=flow,
        measured_at=AT - timedelta(hours=1),
    )
    return replace(shipped, **changes)


def channel(number: int = 1, **changes: Any) -> ChannelFacts:
    """Channel `number` with a peer of its own. `ratio` and `flow` are short for private facts."""
    ratio, its_flow = changes.pop("ratio", None), changes.pop("flow", None)
    capacity = changes.get("capacity_sat", 5_000_000)
    shipped = ChannelFacts(
        scid=f"{800_000 + number}x{number}x0",
        chan_point=point(number),
        capacity_sat=capacity,
        peer=peer(number),
        own_policy=policy(max_htlc_msat=capacity * 990),
        peer_policy=policy(fee_ppm=50),
        age_days=400.0,
        is_live=True,
        market=market(),
        private=None if ratio is None and its_flow is None else private(ratio, capacity_sat=capacity, flow=its_flow),
    )
    return replace(shipped, **changes)


def network(**changes: Any) -> NetworkFacts:
    """A network like that of 2025."""
    shipped = NetworkFacts(
        slug="mainnet",
        is_synthetic=False,
        as_of=AT,
        active_nodes=12_000,
        public_channels=44_000,
        network_capacity_sat=500_000_000_000,
        median_fee_ppm=100,
        fee_quantiles_ppm=QUANTILES,
        median_base_fee_msat=1_000,
        median_channel_sat=2_000_000,
        congestion_level="normal",
        onchain_fee_sat_vb=4.0,
        onchain_fee_percentile=40.0,
    )
    return replace(shipped, **changes)


def standing(**changes: Any) -> StandingFacts:
    """A node above three quarters of the others."""
    shipped = StandingFacts(
        capacity_percentile=80.0,
        channels_percentile=80.0,
        betweenness_percentile=78.0,
        fee_percentile=60.0,
        hhi=900.0,
        effective_peers=11.1,
        largest_peer_share=0.12,
        largest_peer_pubkey=key(1),
        median_fee_ppm=200,
        median_inbound_market_ppm=150,
        median_channel_sat=5_000_000,
        age_days=900.0,
    )
    return replace(shipped, **changes)


def private_node(**changes: Any) -> PrivateNodeFacts:
    """An operator who earns 6,000 sat in 30 days."""
    shipped = PrivateNodeFacts(
        window_days=30,
        revenue_msat=6_000_000,
        forward_count=800,
        uptime_ratio=0.998,
        monitored_days=90.0,
        success_rate=0.95,
        measured_at=AT - timedelta(hours=1),
    )
    return replace(shipped, **changes)


def candidate(number: int = 500, **changes: Any) -> CandidateFacts:
    """A node worth a channel."""
    shipped = CandidateFacts(key(number), f"candidate {number}", 80, 600_000_000, 3_000_000, 6, 1.5, 180)
    return replace(shipped, **changes)


def node(*channels: ChannelFacts, **changes: Any) -> NodeFacts:
    """A node with these channels and no private data, unless `private` is given."""
    shipped = NodeFacts(
        pubkey=OWN_KEY,
        alias="own node",
        as_of=AT,
        source="graph snapshot 2026-03-02",
        channels=channels,
        capacity_sat=sum(one.capacity_sat for one in channels),
        standing=standing(),
        network=network(),
        address_kinds=("clearnet", "tor"),
    )
    return replace(shipped, **changes)


def operated(*channels: ChannelFacts, **changes: Any) -> NodeFacts:
    """A node whose operator lends private data."""
    return node(*channels, **{"private": private_node(), "private_source": "import of 2026-03-02", **changes})
