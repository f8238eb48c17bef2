"""What advice on a whole node is held against: comparable nodes we track, to which no advice was applied meanwhile."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Count, Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce

from feedback.domain.comparable import Against, Likeness, dispersion_of_nodes, nearest
from feedback.domain.impact import Metric, Window
from feedback.domain.verdicts import FEWEST_CONTROLS
from feedback.services.ground import Ground, share_of
from feedback.services.tallies import ChannelTally, covers, node_tallies, weeks_of_nodes
from feedback.services.windows import Span
from recommendations.domain.advice import State
from recommendations.models import FailedForward, Forward, NodeConnection, PrivateChannel, Recommendation

OWN_UNKNOWN = "The node's own forwards are not known for all days of both windows."
TOO_FEW = (
    "Comparable nodes with forwards known on all these days and no advice applied then: {found}; "
    "at least {fewest} are needed."
)
Tracked = Mapping[str, NodeConnection]  # by the node's key


def node_ground(row: Recommendation, span: Span) -> Ground:
    """Return the whole node and the nodes that were nearest to it before the change; or what is lacking."""
    name = row.node.pubkey
    if row.connection is None or not covers(row, span):
        return Ground(name, against=Against.NODES, lack=OWN_UNKNOWN)
    tracked = {**_candidates(row, span), name: row.connection}
    counted = _counted(tracked, span)
    sizes = _sizes(tracked, counted)
    own = sizes.pop(name, None)
    chosen = nearest(own, sizes) if own else ()
    is_enough = len(chosen) >= FEWEST_CONTROLS
    compared = {key: tracked[key] for key in (name, *(chosen if is_enough else ()))}
    kept = {key: counted[key] for key in compared}
    return Ground(
        target=name,
        against=Against.NODES,
        counted=kept,
        windows={
            Metric.REVENUE: {key: one.revenue for key, one in kept.items()},
            Metric.SUCCESS: _successes(compared, kept, span),
        },
        left_out=frozenset({name}),
        dispersion=_dispersion(compared, kept, target=name, until=span.applied_at),
        fewest=FEWEST_CONTROLS,
        lack="" if is_enough else TOO_FEW.format(found=len(chosen), fewest=FEWEST_CONTROLS),
    )


def _candidates(row: Recommendation, span: Span) -> dict[str, NodeConnection]:
    """Return the other real nodes of the network whose forwards cover both windows and that were left alone then."""
    live = Q(kind__in=[NodeConnection.Kind.LND, NodeConnection.Kind.CLN], measured_at__isnull=False)
    later = Forward.objects.filter(connection=OuterRef("pk"), at__gte=span.end)
    advised = Recommendation.objects.filter(
        node=OuterRef("node"), state=State.APPLIED, applied_at__gte=span.start, applied_at__lte=span.end
    )
    rows = (
        NodeConnection.objects.filter(node__network=row.node.network_id, forwards_from__lte=span.start)
        .exclude(node=row.node_id)
        .exclude(kind=NodeConnection.Kind.DEMO)
        .filter(Q(live, measured_at__gte=span.end) | (~live & Exists(later)))
        .exclude(Exists(advised))
    )
    ordered = rows.select_related("node").order_by("measured_at", "pk")
    return {one.node.pubkey: one for one in ordered}  # of several readings of one node the newest


def _counted(tracked: Tracked, span: Span) -> dict[str, ChannelTally]:
    by_connection = node_tallies([one.pk for one in tracked.values()], span)
    return {key: by_connection[one.pk] for key, one in tracked.items()}


def _sizes(tracked: Tracked, counted: Mapping[str, ChannelTally]) -> dict[str, Likeness]:
    """Return what makes the nodes comparable; those whose channels are not known are left out. One statement."""
    channels = PrivateChannel.objects.filter(connection__in=[one.pk for one in tracked.values()])
    whole = Coalesce(F("capacity_sat"), F("local_sat") + F("remote_sat"))
    values = channels.values("connection").annotate(count=Count("pk"), capacity=Sum(whole))
    known = {item["connection"]: (item["capacity"], item["count"]) for item in values if item["capacity"]}
    return {
        key: Likeness(*known[one.pk], counted[key].revenue.before or 0.0)
        for key, one in tracked.items()
        if one.pk in known
    }


def _successes(tracked: Tracked, counted: Mapping[str, ChannelTally], span: Span) -> dict[str, Window]:
    """Return the share of forwards that settled, of the nodes whose failures are known from the start."""
    known = {key: one for key, one in tracked.items() if one.failures_from and one.failures_from <= span.start}
    failed = FailedForward.objects.filter(connection__in=[one.pk for one in known.values()])
    before, after = (Count("pk", filter=side) for side in (Q(at__lt=span.applied_at), Q(at__gte=span.applied_at)))
    counts = failed.filter(at__gte=span.start, at__lt=span.end).order_by().values_list("connection")
    lost = {connection: (early, late) for connection, early, late in counts.annotate(before=before, after=after)}
    return {key: _settled(counted[key], *lost.get(one.pk, (0, 0))) for key, one in known.items()}


def _settled(counted: ChannelTally, lost_before: int, lost_after: int) -> Window:
    return Window(share_of(counted.events.before, lost_before), share_of(counted.events.after, lost_after))


def _dispersion(tracked: Tracked, counted: Mapping[str, ChannelTally], *, target: str, until: datetime) -> float:
    weeks = weeks_of_nodes(tracked.values(), until=until)
    controls = (one.events for key, one in counted.items() if key != target)
    return dispersion_of_nodes(weeks[tracked[target].pk], weeks.values(), controls)
