"""Find advice that was applied without telling us: the node or the graph shows what was advised."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from feedback.services.direct import FEE_KINDS, LIMITS, TERMS, advised, kind_of
from recommendations.domain.actions import ActionKind
from recommendations.domain.advice import State
from recommendations.models import ChannelCost, ClosedChannel, Policy, PrivateChannel, Recommendation
from recommendations.services import decide

OPEN_STATES = (State.GENERATED, State.VIEWED)
LEAST_MOVED = 0.5  # of an advised rebalance: less is something else


@dataclass(frozen=True, slots=True)
class _Seen:
    """What stands now, by channel or peer, each with when it was first seen so."""

    policies: Mapping[str, tuple[Mapping[str, Any], datetime]] = field(default_factory=dict)
    peers: Mapping[str, datetime] = field(default_factory=dict)
    closed: Mapping[str, datetime] = field(default_factory=dict)
    moved: Mapping[str, list[tuple[datetime, int]]] = field(default_factory=dict)


def detect_applied(*, node_id: int | None = None, at: datetime) -> int:
    """Mark the open advice that the newest readings show as applied; of one node, or of all. Return how many.

    Advice that was made for a whole network, and that nobody asked for, is left out: its nodes are strangers'.
    """
    rows = Recommendation.objects.asked_for().filter(state__in=OPEN_STATES)
    if node_id is not None:
        rows = rows.filter(node=node_id)
    ordered = rows.select_related("node", "connection").order_by("node_id", "connection_id").iterator(chunk_size=500)
    found = 0
    for _, place in groupby(ordered, key=attrgetter("node_id", "connection_id")):
        listed = [row for row in place if not row.payload.get(decide.NOT_APPLIED)]
        if listed:
            seen = _read(listed[0], since=min(row.generated_at for row in listed))
            found += sum(_mark(row, seen, at=at) for row in listed)
    return found


def _mark(row: Recommendation, seen: _Seen, *, at: datetime) -> bool:
    applied_at = applied_since(row, seen)
    if applied_at is None:
        return False
    return decide.note_applied(row.pk, applied_at=min(applied_at, at))


def applied_since(row: Recommendation, seen: _Seen) -> datetime | None:
    """Return when what was advised was first seen to be so, None while it is not. Only what came after the advice."""
    kind = kind_of(row)
    if kind in FEE_KINDS or kind == ActionKind.SET_HTLC_LIMITS:
        return _since_policy(row, seen, TERMS if kind in FEE_KINDS else LIMITS)
    if kind == ActionKind.OPEN_CHANNEL:
        return _later(seen.peers.get(row.target), row)
    if kind == ActionKind.CLOSE_CHANNEL:
        return _later(seen.closed.get(row.target), row)
    if kind == ActionKind.REBALANCE:
        wanted = LEAST_MOVED * float(advised(row).get("amount_sat") or 0)
        return _since_moved(row, seen.moved.get(row.target, []), wanted_sat=wanted)
    return None


def _since_policy(row: Recommendation, seen: _Seen, names: Iterable[str]) -> datetime | None:
    there, since = seen.policies.get(row.target, ({}, None))
    wanted = {name: advised(row)[name] for name in names if advised(row).get(name) is not None}
    if not wanted or since is None or any(there.get(name) != value for name, value in wanted.items()):
        return None
    return _later(since, row)


def _since_moved(row: Recommendation, moves: list[tuple[datetime, int]], *, wanted_sat: float) -> datetime | None:
    moved = 0
    for at, amount_msat in moves:
        if at < row.generated_at:
            continue
        moved += amount_msat // 1000
        if wanted_sat > 0 and moved >= wanted_sat:
            return at
    return None


def _later(since: datetime | None, row: Recommendation) -> datetime | None:
    return since if since is not None and since >= row.generated_at else None


def _read(row: Recommendation, *, since: datetime) -> _Seen:
    """Return what the node's own readings show, else the graph."""
    if row.connection_id is None:
        return _Seen(policies=_graph_policies(row.node_id, row.node.network_id, since=since))
    channels = list(PrivateChannel.objects.filter(connection=row.connection_id))
    costs = ChannelCost.objects.filter(connection=row.connection_id, kind="rebalance", at__gte=since).order_by("at")
    moved: defaultdict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for scid, when, amount in costs.values_list("scid", "at", "amount_msat"):
        moved[scid].append((when, amount or 0))
    closed = ClosedChannel.objects.filter(connection=row.connection_id, seen_at__gte=since)
    own = {
        channel.scid: (channel.own_policy, channel.policy_changed_at or channel.measured_at)
        for channel in channels
        if channel.own_policy
    }
    return _Seen(
        policies=own or _graph_policies(row.node_id, row.node.network_id, since=since),
        peers={channel.peer_pubkey: channel.measured_at for channel in channels},
        closed=dict(closed.values_list("scid", "seen_at")),
        moved=moved,
    )


def _graph_policies(node_id: int, network_id: int, *, since: datetime) -> dict[str, tuple[Mapping[str, Any], datetime]]:
    """Return the node's own policies that the graph has shown since `since`."""
    rows = Policy.objects.filter(channel__network=network_id, until_snapshot=None, since_snapshot__as_of__gte=since)
    own = rows.filter(channel__node1=node_id, direction=0) | rows.filter(channel__node2=node_id, direction=1)
    names = (*TERMS, *LIMITS)
    values = own.values_list("channel__scid", "since_snapshot__as_of", *names)
    return {scid: (dict(zip(names, terms, strict=True)), as_of) for scid, as_of, *terms in values}
