"""Put together what is known of one node: the graph's rows, its standing, and what its owner alone may see.

The number of queries is fixed (STATEMENTS at most), however many channels the node has.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from recommendations.domain.facts import (
    CandidateFacts,
    ChannelFacts,
    MarketFacts,
    NetworkFacts,
    NodeFacts,
    PeerFacts,
    PolicyFacts,
    PrivateNodeFacts,
    StandingFacts,
)
from recommendations.domain.market import capacity_weighted_ppm, market_facts, quantile
from recommendations.domain.network import address_kind, age_days
from recommendations.domain.units import block_of
from recommendations.models import GraphSnapshot, Network, Node, NodeConnection, NodeMetrics
from recommendations.queries.candidates import candidate_facts
from recommendations.queries.fact_rows import ChannelRow, PeerRow, channel_rows, peer_rows
from recommendations.queries.networks import network_facts, onchain_of
from recommendations.queries.nodes import Place, Viewer, find_place
from recommendations.queries.private_rows import (
    FLOW_WINDOW_DAYS,
    Books,
    Flows,
    PrivateRow,
    books,
    private_rows,
    told_policy,
)
from recommendations.queries.unlisted import UnlistedRow, unlisted_rows
from recommendations.services.graph_memory import LARGE, GraphMemory
from recommendations.services.left_channels import LEFT_FROM, left_channels
from recommendations.services.own_channels import matched, private_channel, unlisted_channels

STATEMENTS = 12  # three for the place, five for the graph, four for private data; to keep a large node three more
STATEMENTS_UNLISTED = STATEMENTS + 1  # where the node tells of channels that the graph does not know by their id
KIND_WORDS = {
    NodeConnection.Kind.DEMO: "synthetic demo data",
    NodeConnection.Kind.LND: "your LND node",
    NodeConnection.Kind.CLN: "your Core Lightning node",
}


@dataclass(frozen=True, slots=True)
class GraphRows:
    """What the graph says of one node; `peers` may hold more than its own.

    `told`: the channels by the graph alone. Where they are known, the rows that they are made of are not needed.
    """

    node: Node
    metrics: NodeMetrics
    channels: Sequence[ChannelRow]
    peers: Mapping[int, PeerRow]
    candidates: tuple[CandidateFacts, ...]
    told: tuple[ChannelFacts, ...] | None = None


_public: GraphMemory[GraphRows] = GraphMemory()  # of nodes whose channels everybody sees alike
_beside: GraphMemory[GraphRows] = GraphMemory()  # of nodes that are seen beside what their own node tells


@dataclass(frozen=True, slots=True)
class OwnRows:
    """What the operator's own node says of its channels, by short channel id, and which of them the graph lacks."""

    connection: NodeConnection
    channels: Mapping[str, PrivateRow]
    books: Books
    unlisted: tuple[UnlistedRow, ...] = ()


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
    metrics = NodeMetrics.objects.defer("peer_ids").filter(snapshot=snapshot, node=node).first() or _unmeasured(place)
    memory, read = (_beside, _graph_rows) if seen else (_public, _public_rows)
    rows = memory.read(
        node,
        snapshot=snapshot,
        channels=metrics.channel_count,
        afresh=lambda: read(node, metrics, snapshot=snapshot),
    )
    own = _own_rows(seen, rows.channels, snapshot=snapshot, at=at) if seen else None
    onchain = onchain_of(snapshot, at=at, connection_id=seen.pk if seen else None)
    return facts_from(rows, snapshot=snapshot, network=network_facts(snapshot, onchain=onchain), own=own)


def _unmeasured(place: Place) -> NodeMetrics:
    """Return the measures of a node that no graph tells of: nothing of it is public, and it stands nowhere."""
    nothing = dict.fromkeys(("channel_count", "capacity_sat", "live_channel_count", "live_capacity_sat"), 0)
    return NodeMetrics(node=place.node, snapshot=place.snapshot, **nothing)


def _graph_rows(node: Node, metrics: NodeMetrics, *, snapshot: GraphSnapshot) -> GraphRows:
    channels = channel_rows(node.pk)
    return GraphRows(
        node=node,
        metrics=metrics,
        channels=channels,
        peers=peer_rows(tuple({row.peer_id for row in channels}), snapshot=snapshot),
        candidates=candidate_facts(node.pk, snapshot=snapshot) if metrics.pk else (),
    )


def _public_rows(node: Node, metrics: NodeMetrics, *, snapshot: GraphSnapshot) -> GraphRows:
    """Return the rows of a node that is seen alone. A large one's channels are told here, or were by the import."""
    if metrics.channel_count < LARGE:
        return _graph_rows(node, metrics, snapshot=snapshot)
    left = left_channels(node.pk, snapshot=snapshot) if metrics.channel_count >= LEFT_FROM else None
    if left is not None:
        return GraphRows(node, metrics, (), {}, candidate_facts(node.pk, snapshot=snapshot), left)
    rows = _graph_rows(node, metrics, snapshot=snapshot)
    return replace(rows, channels=(), peers={}, told=public_channels(rows, snapshot=snapshot))


def public_channels(rows: GraphRows, *, snapshot: GraphSnapshot) -> tuple[ChannelFacts, ...]:
    """Return the channels of a node by the graph alone."""
    return _channels(rows, None, snapshot=snapshot)


def _own_rows(seen: NodeConnection, listed: Sequence[ChannelRow], *, snapshot: GraphSnapshot, at: datetime) -> OwnRows:
    told, booked = private_rows(seen.pk), books(seen, measured_at=seen.measured_at or at)
    known = matched(listed, told)
    if len(known) == len(told):
        return OwnRows(seen, known, booked)
    unlisted = unlisted_rows(seen, snapshot=snapshot)
    return OwnRows(seen, known | {row.scid: told[row.scid] for row in unlisted if row.scid in told}, booked, unlisted)


def facts_from(
    rows: GraphRows, *, snapshot: GraphSnapshot, network: NetworkFacts, own: OwnRows | None = None
) -> NodeFacts:
    """Return the facts that these rows tell, whether they were read for one node or for many at once."""
    node, metrics = rows.node, rows.metrics
    hidden = unlisted_channels(own.unlisted, own.channels, own.books, snapshot=snapshot) if own else ()
    return NodeFacts(
        pubkey=node.pubkey,
        alias=node.alias,
        as_of=snapshot.as_of,
        source=_source(snapshot),
        channels=(*(_channels(rows, own, snapshot=snapshot) if own or rows.told is None else rows.told), *hidden),
        capacity_sat=metrics.capacity_sat + sum(channel.capacity_sat for channel in hidden),
        standing=_standing(metrics, snapshot=snapshot),
        network=network,
        address_kinds=_kinds(node),
        candidates=rows.candidates,
        private=_private_node(own.connection, own.books.flows) if own else None,
        private_source=_private_source(own.connection) if own else None,
    )


def _source(snapshot: GraphSnapshot) -> str:
    kind = "synthetic graph snapshot" if snapshot.network.is_synthetic else "graph snapshot"
    return f"{kind} {snapshot.as_of:%Y-%m-%d}"


def _private_source(seen: NodeConnection) -> str:
    return KIND_WORDS.get(NodeConnection.Kind(seen.kind), "imported files")


def _kinds(node: Node) -> tuple[str, ...]:
    return tuple(sorted({address_kind(address) for address in node.addresses}))


def _channels(rows: GraphRows, told: OwnRows | None, *, snapshot: GraphSnapshot) -> tuple[ChannelFacts, ...]:
    live, until = _live_scids(rows.channels, snapshot=snapshot), snapshot.live_until
    own_rates = _own_rates(rows.channels, live=live)
    found = []
    for row in rows.channels:
        mine, peer = told.channels.get(row.scid) if told else None, rows.peers[row.peer_id]
        own = _own_policy(row.own, mine, snapshot=snapshot)
        found.append(
            ChannelFacts(
                scid=row.scid,
                chan_point=row.chan_point or (mine.chan_point if mine else "") or None,
                capacity_sat=row.capacity_sat,
                peer=_peer(peer, row.theirs, until=until),
                own_policy=own,
                peer_policy=row.theirs,
                age_days=age_days(block_of(row.scid), tip=snapshot.tip_block),
                is_live=row.scid in live,
                market=_market(peer, own, own_rate_ppm=own_rates.get(row.peer_id)),
                private=private_channel(mine, told.books) if mine and told else None,
                is_policy_from_node=own is not row.own,
            )
        )
    return tuple(found)


def _own_policy(
    announced: PolicyFacts | None, mine: PrivateRow | None, *, snapshot: GraphSnapshot
) -> PolicyFacts | None:
    """Return our policy: as the node itself told it where that is newer than the graph, else as announced."""
    if mine is None or mine.own_policy is None or mine.measured_at <= snapshot.as_of:
        return announced
    return told_policy(mine.own_policy, changed_at=mine.policy_changed_at, announced=announced)


def _live_scids(rows: Sequence[ChannelRow], *, snapshot: GraphSnapshot) -> frozenset[str]:
    """Return the channels that a side updated within the window."""
    since, until = snapshot.live_since, snapshot.live_until

    def is_within(policy: PolicyFacts | None) -> bool:
        return policy is not None and policy.updated_at is not None and since <= policy.updated_at <= until

    return frozenset([row.scid for row in rows if is_within(row.own) or is_within(row.theirs)])


def _own_rates(rows: Sequence[ChannelRow], *, live: frozenset[str]) -> dict[int, int | None]:
    """Return our own entry in each peer's market: weighted exactly as the market itself was (domain/measures.py)."""
    halves: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        if row.own is not None and not row.own.is_disabled and row.scid in live:
            halves[row.peer_id].append((row.capacity_sat, row.own.fee_ppm))
    return {peer: capacity_weighted_ppm(pairs) for peer, pairs in halves.items()}


def _market(peer: PeerRow, own: PolicyFacts | None, *, own_rate_ppm: int | None) -> MarketFacts:
    return market_facts(peer.market_ppm, own_rate_ppm=own_rate_ppm, own_ppm=own.fee_ppm if own else None)


def _peer(row: PeerRow, theirs: PolicyFacts | None, *, until: datetime) -> PeerFacts:
    """Return the peer's facts; its newest update is that of its announcement or of its policy toward us."""
    updated_at, told_at = row.announced_at, theirs.updated_at if theirs else None
    if updated_at is not None and updated_at > until:
        updated_at = None
    if told_at is not None and told_at <= until and (updated_at is None or told_at > updated_at):
        updated_at = told_at
    return PeerFacts(
        pubkey=row.pubkey,
        alias=row.alias,
        channel_count=row.channel_count,
        capacity_sat=row.capacity_sat,
        median_channel_sat=row.median_channel_sat,
        updated_at=updated_at,
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
