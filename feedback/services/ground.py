"""What advice is measured on and held against: here a channel against the node's own untouched channels."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Count, Q

from feedback.domain.comparable import Against
from feedback.domain.impact import Metric, Window
from feedback.domain.verdicts import LEAST_DISPERSION, dispersion_of
from feedback.services.tallies import ChannelTally, tallies, weekly_counts
from feedback.services.windows import Span
from recommendations.domain.advice import State
from recommendations.models import FailedForward, Recommendation
from recommendations.queries import local_ratios


@dataclass(frozen=True, slots=True)
class Ground:
    """What was counted and read by name, of the target and of all others; those in `left_out` are no controls."""

    target: str
    against: Against = Against.CHANNELS
    counted: Mapping[str, ChannelTally] = field(default_factory=dict)
    windows: Mapping[Metric, Mapping[str, Window]] = field(default_factory=dict)
    left_out: frozenset[str] = frozenset()
    dispersion: float = LEAST_DISPERSION
    fewest: int = 1  # controls of a metric, before their median is compared with
    lack: str = ""  # why there is nothing to compare with, where that is known

    @property
    def controls(self) -> Mapping[str, ChannelTally]:
        return {name: one for name, one in self.counted.items() if name not in self.left_out}


def channel_ground(row: Recommendation, span: Span) -> Ground:
    """Return a channel and the node's other channels."""
    counted = tallies(row, span)
    revenues = {scid: one.revenue for scid, one in counted.items()}
    return Ground(
        target=row.target,
        counted=counted,
        windows={
            Metric.REVENUE: revenues,
            Metric.SUCCESS: _successes(row, span, counted),
            Metric.BALANCE: _balances(row, span),
        },
        left_out=frozenset(_touched(row, span)),
        dispersion=dispersion_of(weekly_counts(row, span)),
    )


def share_of(settled: float, failed: int) -> float | None:
    """Return the share of forwards that settled; None without any."""
    return settled / (settled + failed) if settled + failed else None


def _touched(row: Recommendation, span: Span) -> set[str]:
    """Return the channels another change was made to in the window: they are no controls, nor is the target."""
    others = Recommendation.objects.filter(
        node=row.node_id, state=State.APPLIED, applied_at__gte=span.start, applied_at__lte=span.end
    )
    return {row.target, *others.values_list("target", flat=True)}


def _successes(row: Recommendation, span: Span, counted: Mapping[str, ChannelTally]) -> Mapping[str, Window]:
    """Return each channel's share of forwards that settled; unknown where failures are not recorded."""
    known_from = row.connection.failures_from if row.connection else None
    if known_from is None or known_from > span.start:
        return {}
    failed = FailedForward.objects.filter(connection=row.connection_id, at__gte=span.start, at__lt=span.end)
    counts = failed.values("outgoing_scid").annotate(
        before=Count("pk", filter=Q(at__lt=span.applied_at)), after=Count("pk", filter=Q(at__gte=span.applied_at))
    )
    lost = {item["outgoing_scid"]: (item["before"], item["after"]) for item in counts}
    return {
        scid: Window(
            share_of(one.events.before, lost.get(scid, (0, 0))[0]),
            share_of(one.events.after, lost.get(scid, (0, 0))[1]),
        )
        for scid, one in counted.items()
    }


def _balances(row: Recommendation, span: Span) -> Mapping[str, Window]:
    """Return the local ratio kept when it was applied, and the one read after the window, if any."""
    before: Mapping[str, float] = row.payload.get("baseline", {}).get("local_ratios", {})
    after = local_ratios(row.connection_id, read_since=span.end)
    return {scid: Window(before.get(scid), after.get(scid)) for scid in sorted(before.keys() | after.keys())}
