"""Put together what is known of one node: the graph's rows, its standing, and what its owner alone may see.

The number of queries is fixed (nine at most), however many channels the node has.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from recommendations.domain.facts import (
    ChannelFacts,
    FlowFacts,
    MarketFacts,
    NodeFacts,
    PeerFacts,
    PolicyFacts,
    PrivateChannelFacts,
    PrivateNodeFacts,
    StandingFacts,
)
from recommendations.domain.market import capacity_weighted_ppm, market_facts, quantile
from recommendations.domain.network import address_kind, age_days
from recommendations.domain.units import block_of
from recommendations.models import GraphSnapshot, Network, Node, NodeConnection, NodeMetrics
from recommendations.queries.fact_rows import (
    FLOW_WINDOW_DAYS,
    ChannelRow,
    Flows,
    PeerRow,
    PrivateRow,
    candidate_facts,
    channel_rows,
    flow_facts,
    peer_rows,
    private_rows,
)
from recommendations.queries.networks import network_facts
from recommendations.queries.nodes import Place, Viewer, find_place

SECONDS_PER_DAY = 86_400


def node_facts(pubkey: str, *, network: Network | str | None = None, user: Viewer = None, at: datetime) -> NodeFacts:
    """Return the facts of a node in its network's newest snapshot; private ones only for a user who may see them.

    :param at: the moment private facts are as of when their connection does not tell when it was read.
    :raises NodeNotFound: when no such node stands in the network.
    :raises NetworkNotFound: when there is no such network.
    """
    return facts_of(find_place(pubkey, network=network, user=user), at=at)


def facts_of(place: Place, *, at: datetime) -> NodeFacts:
    """Return the facts of a node whose place is known. The number of queries does not grow with its channels."""
    snapshot, node, seen = place.snapshot, place.node, place.connection
    metrics = NodeMetrics.objects.defer("peer_ids").get(snapshot=snapshot, node=node)
    rows = channel_rows(node.pk)
    flows = _flows(seen, at=at) if seen else None
    private = _private_channels(seen, flows) if seen else {}
    return NodeFacts(
        pubkey=node.pubkey,
        alias=node.alias,
        as_of=snapshot.as_of,
        source=_source(snapshot),
        channels=_channels(rows, snapshot=snapshot, private=private),
        capacity_sat=metrics.capacity_sat,
        standing=_standing(metrics, snapshot=snapshot),
        network=network_facts(snapshot),
        address_kinds=_kinds(node),
        candidates=candidate_facts(node.pk, snapshot=snapshot),
        private=_private_node(seen, flows) if seen else None,
        private_source=_private_source(seen) if seen else None,
    )


def _source(snapshot: GraphSnapshot) -> str:
    kind = "synthetic graph snapshot" if snapshot.network.is_synthetic else "graph snapshot"
    return f"{kind} {snapshot.as_of:%Y-%m-%d}"


def _private_source(seen: NodeConnection) -> str:
    return "synthetic demo data" if seen.kind == NodeConnection.Kind.DEMO else "imported files"


def _kinds(node: Node) -> tuple[str, ...]:
    return tuple(sorted({address_kind(address) for address in node.addresses}))


def _channels(
    rows: Sequence[ChannelRow], *, snapshot: GraphSnapshot, private: Mapping[str, PrivateChannelFacts]
) -> tuple[ChannelFacts, ...]:
    peers = peer_rows(tuple({row.peer_id for row in rows}), snapshot=snapshot)
    own_rates = _own_rates(rows, snapshot=snapshot)
    return tuple(
        ChannelFacts(
            scid=row.scid,
            chan_point=row.chan_point or None,
            capacity_sat=row.capacity_sat,
            peer=_peer(peers[row.peer_id], row.theirs, snapshot=snapshot),
            own_policy=row.own,
            peer_policy=row.theirs,
            age_days=age_days(block_of(row.scid), tip=snapshot.tip_block),
            is_live=_is_live(row, snapshot=snapshot),
            market=_market(peers[row.peer_id], row.own, own_rate_ppm=own_rates.get(row.peer_id)),
            private=private.get(row.scid),
        )
        for row in rows
    )


def _is_live(row: ChannelRow, *, snapshot: GraphSnapshot) -> bool:
    since, until = snapshot.live_since, snapshot.live_until
    updates = (policy.updated_at for policy in (row.own, row.theirs) if policy and policy.updated_at)
    return any(since <= updated <= until for updated in updates)


def _own_rates(rows: Sequence[ChannelRow], *, snapshot: GraphSnapshot) -> dict[int, int | None]:
    """Return our own entry in each peer's market: weighted exactly as the market itself was (domain/measures.py)."""
    halves: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        if row.own is not None and not row.own.is_disabled and _is_live(row, snapshot=snapshot):
            halves[row.peer_id].append((row.capacity_sat, row.own.fee_ppm))
    return {peer: capacity_weighted_ppm(pairs) for peer, pairs in halves.items()}


def _market(peer: PeerRow, own: PolicyFacts | None, *, own_rate_ppm: int | None) -> MarketFacts:
    return market_facts(peer.market_ppm, own_rate_ppm=own_rate_ppm, own_ppm=own.fee_ppm if own else None)


def _peer(row: PeerRow, theirs: PolicyFacts | None, *, snapshot: GraphSnapshot) -> PeerFacts:
    """Return the peer's facts; its newest update is that of its announcement or of its policy toward us."""
    told = (row.announced_at, theirs.updated_at if theirs else None)
    updates = [moment for moment in told if moment is not None and moment <= snapshot.live_until]
    return PeerFacts(
        pubkey=row.pubkey,
        alias=row.alias,
        channel_count=row.channel_count,
        capacity_sat=row.capacity_sat,
        median_channel_sat=row.median_channel_sat,
        updated_at=max(updates, default=None),
        address_count=row.address_count,
    )


def _standing(metrics: NodeMetrics, *, snapshot: GraphSnapshot) -> StandingFacts:
    return StandingFacts(
        capacity_percentile=metrics.capacity_percentile,
        channels_percentile=metrics.channels_percentile,
        betweenness_percentile=metrics.betweenness_percentile,
        fee_percentile=metrics.fee_percentile,
        hhi=metrics.hhi,
        effective_peers=10_000 / metrics.hhi if metrics.hhi else None,
        largest_peer_share=metrics.largest_peer_share,
        largest_peer_pubkey=metrics.largest_peer_pubkey or None,
        median_fee_ppm=metrics.median_fee_ppm,
        median_inbound_market_ppm=quantile(metrics.market_ppm, percent=50),
        median_channel_sat=metrics.median_channel_sat,
        age_days=age_days(metrics.oldest_block, tip=snapshot.tip_block),
    )


def _flows(seen: NodeConnection, *, at: datetime) -> Flows | None:
    """Return what moved through each channel, or None when no forwards of this node are known."""
    measured_at = seen.measured_at or at
    if seen.forwards_from is None:
        return None
    known_days = (measured_at - seen.forwards_from).total_seconds() / SECONDS_PER_DAY
    return flow_facts(seen.pk, measured_at=measured_at, known_days=known_days) if known_days >= 1 else None


def _private_channels(seen: NodeConnection, flows: Flows | None) -> dict[str, PrivateChannelFacts]:
    rows = private_rows(seen.pk)
    return {scid: _private_channel(row, flow=flows.through(scid) if flows else None) for scid, row in rows.items()}


def _private_channel(row: PrivateRow, *, flow: FlowFacts | None) -> PrivateChannelFacts:
    return PrivateChannelFacts(
        local_sat=row.local_sat,
        remote_sat=row.remote_sat,
        is_active=row.is_active,
        is_initiator=row.is_initiator,
        uptime_ratio=row.uptime_ratio,
        monitored_days=row.monitored_days,
        flow=flow,
        measured_at=row.measured_at,
    )


def _private_node(seen: NodeConnection, flows: Flows | None) -> PrivateNodeFacts:
    """Return the node's own totals: every forward leaves through exactly one channel."""
    moved = flows.by_scid.values() if flows else ()
    return PrivateNodeFacts(
        window_days=flows.window_days if flows else FLOW_WINDOW_DAYS,
        revenue_msat=sum(flow.fees_earned_msat for flow in moved) if flows else None,
        forward_count=sum(flow.out_count for flow in moved) if flows else None,
        uptime_ratio=seen.uptime_ratio,
        monitored_days=seen.monitored_days,
        success_rate=seen.success_rate,
        measured_at=seen.measured_at,
    )
