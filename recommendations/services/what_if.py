"""Examine and score a node twice, as it is and as it would be. Reads only: nothing is stored, no view is counted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q

from recommendations.domain.comparing import Pair, compared
from recommendations.domain.facts import NodeFacts, PeerFacts, StandingFacts
from recommendations.domain.findings.catalog import examine
from recommendations.domain.findings.profiles import profiled
from recommendations.domain.market import capacity_weighted_ppm, without_rate
from recommendations.domain.recommendation import ScoredRecommendation, recommend
from recommendations.domain.units import normalize_node_key
from recommendations.domain.what_if import (
    MOST_CHANGES,
    Change,
    FeeChange,
    Markets,
    Opening,
    WhatIfRefused,
    channel_of,
    is_new,
    supposed,
)
from recommendations.domain.what_if_revenue import RevenueChange, in_sum, revenue_changes
from recommendations.models import Node, NodeMetrics
from recommendations.queries.fact_rows import PeerRow, channel_rows, peer_rows
from recommendations.queries.nodes import Place, Viewer, find_place
from recommendations.services.snapshot import facts_of
from recommendations.services.stances import stance_of
from recommendations.services.weights import active_thresholds, active_weights

UNKNOWN_PEER = "No node with this key stands in the graph. Search for it by its alias."


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A node before and after: facts, advice side by side, and what the changes do to revenue."""

    before: NodeFacts
    after: NodeFacts
    pairs: tuple[Pair, ...]
    revenue: tuple[RevenueChange, ...]
    revenue_sum: tuple[int, int] | None


def what_if(
    pubkey: str,
    changes: Sequence[Change],
    *,
    user: Viewer = None,
    network: str | None = None,
    goal: str = "balanced",
    at: datetime,
) -> WhatIf:
    """Return what would be otherwise if the changes were made.

    :raises WhatIfRefused: when a change does not fit the node.
    :raises NodeNotFound: :raises NetworkNotFound: when there is no such node or no graph at all.
    """
    if len(changes) > MOST_CHANGES:
        raise WhatIfRefused(f"At most {MOST_CHANGES} changes at once.", field="changes")
    place = find_place(pubkey, network=network, user=user)
    before = _facts(place, user=user, at=at)
    after = supposed(before, changes, markets=_markets(before, changes, place))
    after = _placed(after, before, place)
    thresholds = profiled(active_thresholds(), stance_of(user, node_id=place.node.pk).profile)
    weights = active_weights(goal).weights
    advice: list[tuple[ScoredRecommendation, ...]] = [
        recommend(facts, examine(facts, thresholds), weights, at=at) for facts in (before, after)
    ]
    revenue = revenue_changes(before, changes)
    return WhatIf(before, after, compared(*advice), revenue, in_sum(revenue))


def _facts(place: Place, *, user: Viewer, at: datetime) -> NodeFacts:
    return stance_of(user, node_id=place.node.pk).applied(facts_of(place, at=at))


def _markets(facts: NodeFacts, changes: Sequence[Change], place: Place) -> Markets:
    """Return the markets of all peers that the changes touch. Three queries, or none."""
    touched = {
        channel_of(facts, one.channel).peer.pubkey
        for one in changes
        if isinstance(one, FeeChange) and not is_new(one.channel)
    }
    wanted = {one.pubkey for one in changes if isinstance(one, Opening)}
    if not touched | wanted:
        return Markets({}, {})
    keys = {key for key in touched | wanted if normalize_node_key(key) == key}
    nodes = Node.objects.filter(network=place.snapshot.network_id, pubkey__in=keys, until_snapshot=None)
    rows = {
        row.pubkey: row
        for row in peer_rows(tuple(nodes.values_list("pk", flat=True)), snapshot=place.snapshot).values()
    }
    if wanted - rows.keys():
        raise WhatIfRefused(UNKNOWN_PEER, field="peer")
    ours = _own_rates(facts, place, keys)
    rates = {key: without_rate(row.market_ppm, ours[key]) for key, row in rows.items()}
    return Markets(rates, {key: _peer(facts, rows[key]) for key in wanted})


def _own_rates(facts: NodeFacts, place: Place, peers: Iterable[str]) -> dict[str, int | None]:
    """Return our own entry in each peer's market, weighted as the market itself was: by the graph's policies."""
    announced = {row.scid: row.own for row in channel_rows(place.node.pk)}
    halves: dict[str, list[tuple[int, int]]] = {peer: [] for peer in peers}
    for channel in facts.channels:
        own = announced.get(channel.scid)
        if channel.peer.pubkey in halves and channel.is_live and own is not None and not own.is_disabled:
            halves[channel.peer.pubkey].append((channel.capacity_sat, own.fee_ppm))
    return {peer: capacity_weighted_ppm(pairs) for peer, pairs in halves.items()}


def _peer(facts: NodeFacts, row: PeerRow) -> PeerFacts:
    known = next((one.peer for one in facts.announced_channels if one.peer.pubkey == row.pubkey), None)
    return known or PeerFacts(
        pubkey=row.pubkey,
        alias=row.alias,
        channel_count=row.channel_count,
        capacity_sat=row.capacity_sat,
        median_channel_sat=row.median_channel_sat,
        updated_at=row.announced_at,
        address_count=row.address_count,
    )


def _placed(after: NodeFacts, before: NodeFacts, place: Place) -> NodeFacts:
    """Return the facts with the percentiles that can be looked up; centrality would need the whole graph anew."""
    if after is before:
        return after
    live = after.live_channels
    standing: StandingFacts = replace(
        after.standing,
        capacity_percentile=_percentile(
            place, "live_capacity_sat", sum(one.capacity_sat for one in live) if live else None
        ),
        channels_percentile=_percentile(place, "live_channel_count", len(live) or None),
        fee_percentile=_percentile(place, "median_fee_ppm", after.standing.median_fee_ppm),
    )
    return replace(after, standing=standing)


def _percentile(place: Place, column: str, value: int | None) -> float | None:
    """Return the share of the network's nodes that have less, 0-100, as measured but for this node. Two queries."""
    if value is None:
        return None
    known = NodeMetrics.objects.filter(snapshot=place.snapshot).exclude(
        Q(**{f"{column}__isnull": True}) | Q(live_channel_count=0)
    )
    total = known.count()
    below = known.filter(**{f"{column}__lt": value}).exclude(node=place.node).count()
    return 100 * below / total if total else None
