"""Put one node's facts into words for a prompt, and into JSON for a page. Pure. What is missing is called "unknown"."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from recommendations.domain.facts import ChannelFacts, NetworkFacts, NodeFacts, PrivateNodeFacts, StandingFacts

NEEDIEST_CHANNELS = 10
SAT_PER_BTC = 100_000_000


def number(value: float | int | None, unit: str = "", *, digits: int = 0) -> str:
    """Return `value` with thousands separators and its unit, or "unknown"."""
    if value is None:
        return "unknown"
    text = f"{value:,.{digits}f}" if isinstance(value, float) else f"{value:,}"
    return f"{text} {unit}".rstrip()


def lines(facts: NodeFacts) -> tuple[str, ...]:
    """Return the facts a model may use, one per line, each with its unit."""
    return (
        *_node_lines(facts),
        *_standing_lines(facts.standing),
        *_network_lines(facts.network),
        *_private_lines(facts),
    )


def channel_lines(facts: NodeFacts, scids: tuple[str, ...]) -> tuple[str, ...]:
    """Return one line for each of the given channels, at most NEEDIEST_CHANNELS, in their order."""
    by_scid = {channel.scid: channel for channel in facts.channels}
    chosen = [by_scid[scid] for scid in dict.fromkeys(scids) if scid in by_scid][:NEEDIEST_CHANNELS]
    return tuple(_channel_line(channel) for channel in chosen)


def node_info(facts: NodeFacts) -> dict[str, Any]:
    """Return the `node_info` event's data: every field with its unit in the name, None where unknown."""
    standing, network = facts.standing, facts.network
    return {
        "pubkey": facts.pubkey,
        "alias": facts.alias,
        "as_of": facts.as_of.isoformat(),
        "source": facts.source,
        "network": {"slug": network.slug, "is_synthetic": network.is_synthetic, "as_of": network.as_of.isoformat()},
        "channel_count": len(facts.channels),
        "live_channel_count": len(facts.live_channels),
        "unannounced_channel_count": len(facts.unannounced_channels),
        "capacity_sat": facts.capacity_sat,
        "capacity_percentile": standing.capacity_percentile,
        "channels_percentile": standing.channels_percentile,
        "betweenness_percentile": standing.betweenness_percentile,
        "median_fee_ppm": standing.median_fee_ppm,
        "network_median_fee_ppm": network.median_fee_ppm,
        "hhi": standing.hhi,
        "largest_peer_share": standing.largest_peer_share,
        "has_private_data": facts.has_private_data,
        "private": private_info(facts.private),
    }


def private_info(private: PrivateNodeFacts | None) -> dict[str, Any] | None:
    if private is None:
        return None
    return {
        "window_days": private.window_days,
        "revenue_msat": private.revenue_msat,
        "forward_count": private.forward_count,
        "uptime_ratio": private.uptime_ratio,
        "success_rate": private.success_rate,
        "measured_at": _iso(private.measured_at),
    }


def network_state(network: NetworkFacts) -> dict[str, Any]:
    """Return the measured network state of V2-06."""
    return {
        "slug": network.slug,
        "is_synthetic": network.is_synthetic,
        "as_of": network.as_of.isoformat(),
        "congestion_level": network.congestion_level,
        "onchain_fee_sat_vb": network.onchain_fee_sat_vb,
        "onchain_fee_percentile": network.onchain_fee_percentile,
        "onchain_as_of": _iso(network.onchain_as_of),
        "median_fee_rate": network.median_fee_ppm,
        "median_fee_ppm": network.median_fee_ppm,
        "median_base_fee_msat": network.median_base_fee_msat,
        "fee_quantiles_ppm": {str(percent): ppm for percent, ppm in network.fee_quantiles_ppm},
        "active_nodes": network.active_nodes,
        "public_channels": network.public_channels,
        "network_capacity_sat": network.network_capacity_sat,
        "network_capacity": network.network_capacity_sat,
    }


def _node_lines(facts: NodeFacts) -> Iterator[str]:
    yield f"public facts as of {facts.as_of:%Y-%m-%d} from {facts.source}"
    yield f"channels: {len(facts.announced_channels)}, of which live {len(facts.live_channels)}"
    yield f"capacity: {number(facts.announced_sat, 'sat')}"
    if hidden := len(facts.unannounced_channels):
        yield f"further channels, not in the public graph: {hidden}, capacity {number(facts.unannounced_sat, 'sat')}"
    yield f"announced address kinds: {', '.join(facts.address_kinds) or 'unknown'}"


def _standing_lines(standing: StandingFacts) -> Iterator[str]:
    yield f"capacity percentile: {number(standing.capacity_percentile, digits=1)}"
    yield f"channel count percentile: {number(standing.channels_percentile, digits=1)}"
    yield f"betweenness percentile: {number(standing.betweenness_percentile, digits=1)}"
    yield f"median outgoing fee: {number(standing.median_fee_ppm, 'ppm')}"
    yield f"median fee peers charge towards this node: {number(standing.median_inbound_market_ppm, 'ppm')}"
    yield f"peer concentration HHI: {number(standing.hhi, digits=0)} (0 to 10,000)"
    share = None if standing.largest_peer_share is None else standing.largest_peer_share * 100
    yield f"largest peer's share of capacity: {number(share, '%', digits=1)}"
    yield f"median channel: {number(standing.median_channel_sat, 'sat')}"


def _network_lines(network: NetworkFacts) -> Iterator[str]:
    kind = "synthetic demo network" if network.is_synthetic else "network"
    yield f"{kind} median fee: {number(network.median_fee_ppm, 'ppm')}"
    yield f"{kind} median channel: {number(network.median_channel_sat, 'sat')}"
    percentile = number(network.onchain_fee_percentile_14d, digits=0)
    yield f"on-chain fee: {number(network.onchain_fee_sat_vb, 'sat/vB', digits=1)}, percentile of 14 days {percentile}"
    yield f"on-chain congestion: {network.congestion_level or 'unknown'}"


def _private_lines(facts: NodeFacts) -> Iterator[str]:
    private = facts.private
    if private is None:
        yield "balances, forwards, uptime and success rate: unknown (no private data)"
        return
    revenue = None if private.revenue_msat is None else private.revenue_msat // 1000
    yield f"routing revenue in {private.window_days} days: {number(revenue, 'sat')}"
    yield f"settled forwards in {private.window_days} days: {number(private.forward_count)}"
    yield f"uptime: {number(_percent(private.uptime_ratio), '%', digits=1)} (goal 98 %)"
    yield f"success rate: {number(_percent(private.success_rate), '%', digits=1)} (goal 95 %)"


def _channel_line(channel: ChannelFacts) -> str:
    own, market, private = channel.own_policy, channel.market, channel.private
    local = None if private is None else _percent(private.local_ratio)
    parts = [
        f"channel {channel.scid}",
        f"capacity {number(channel.capacity_sat, 'sat')}",
        f"own fee {number(own.fee_ppm if own else None, 'ppm')} + {number(own.base_fee_msat if own else None, 'msat')}",
        f"market median {number(market.median_ppm, 'ppm')} of {market.sample_size} rates",
        f"local share {number(local, '%', digits=0)}",
    ]
    if not channel.is_announced:
        parts.append("not in the public graph")
    if private is not None and private.flow is not None:
        flow = private.flow
        parts.append(
            f"out {number(flow.out_sat, 'sat')} and in {number(flow.in_sat, 'sat')} in {flow.window_days} days"
        )
    if private is not None and private.failures is not None:
        failures = private.failures
        parts.append(f"{number(failures.short_count)} turned away for lack of balance in {failures.window_days} days")
    return "; ".join(parts)


def _percent(ratio: float | None) -> float | None:
    return None if ratio is None else ratio * 100


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
