"""Which days are compared: four weeks before applying where known, and none in which something else changed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from recommendations.domain.advice import State
from recommendations.domain.units import SCID
from recommendations.models import Policy, Recommendation

LONG_BASELINE_DAYS = 28
SHORT_BASELINE_DAYS = 7
SETTLING = timedelta(hours=36)  # until a change has spread, and the daily graph shows it: it is the change itself


@dataclass(frozen=True, slots=True)
class Span:
    """The window before applying and the one after, in whole weeks where possible, so that weekdays are aligned."""

    applied_at: datetime
    days_before: int
    days_after: int

    @property
    def start(self) -> datetime:
        return self.applied_at - timedelta(days=self.days_before)

    @property
    def end(self) -> datetime:
        return self.applied_at + timedelta(days=self.days_after)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Why nothing is compared: the same channel, or node, was changed otherwise at `at`."""

    at: datetime


def span_of(row: Recommendation, applied_at: datetime, *, days_after: int) -> Span | Overlap:
    """Return the days to compare. Another change of the same after it spoils them; one before it shortens them."""
    known_from = known_since(row)
    has_long = known_from is not None and known_from <= applied_at - timedelta(days=LONG_BASELINE_DAYS)
    span = Span(applied_at, LONG_BASELINE_DAYS if has_long else SHORT_BASELINE_DAYS, days_after)
    changes = other_changes(row, applied_at, start=span.start, end=span.end)
    after = [at for at in changes if at > applied_at]
    if after:
        return Overlap(min(after))
    before = [at for at in changes if at <= applied_at]
    if not before:
        return span
    quiet_weeks = (applied_at - max(before)).days // SHORT_BASELINE_DAYS
    return Span(applied_at, quiet_weeks * SHORT_BASELINE_DAYS, days_after) if quiet_weeks else Overlap(max(before))


def known_since(row: Recommendation) -> datetime | None:
    """Return since when the node's forwards are complete, or None when none are known."""
    return None if row.connection is None else row.connection.forwards_from


def other_changes(row: Recommendation, applied_at: datetime, *, start: datetime, end: datetime) -> list[datetime]:
    """Return when the same channel was changed otherwise: by other advice that was applied, or as the graph shows.

    Of advice on a whole node: when any other advice was applied on it.
    """
    if is_on_whole_node(row):
        return _other_advice(row, applied_at, start=start, end=end)
    others = Recommendation.objects.filter(
        node=row.node_id, target=row.target, state=State.APPLIED, applied_at__gte=start, applied_at__lt=end
    ).exclude(pk=row.pk)
    times = [at for at in others.values_list("applied_at", flat=True) if at is not None]
    seen = policy_changes(row, start=start, end=end)
    return sorted(at for at in (*times, *seen) if abs(at - applied_at) > SETTLING)


def is_on_whole_node(row: Recommendation) -> bool:
    """Return whether the advice is not about one channel of the node, announced or known by an alias."""
    return not SCID.match(row.target)


def _other_advice(row: Recommendation, applied_at: datetime, *, start: datetime, end: datetime) -> list[datetime]:
    """Return when other advice was applied on the node; the same, given again in another week, is no other."""
    rows = Recommendation.objects.filter(
        node=row.node_id, state=State.APPLIED, applied_at__gte=start, applied_at__lt=end
    )
    settling = (applied_at - SETTLING, applied_at + SETTLING)
    same = Q(rule=row.rule, target=row.target, applied_at__range=settling)
    times = rows.exclude(pk=row.pk).exclude(same).values_list("applied_at", flat=True)
    return sorted(at for at in times if at is not None)


def policy_changes(row: Recommendation, *, start: datetime, end: datetime) -> list[datetime]:
    """Return when the graph first showed other fees of the node on this channel."""
    spans = Policy.objects.filter(
        channel__scid=row.target, channel__network=row.node.network_id, since_snapshot__as_of__lt=end
    )
    values = spans.order_by("since_snapshot__as_of").values_list(
        *("direction", "channel__node1_id", "since_snapshot__as_of", "base_fee_msat", "fee_ppm")
    )
    found, latest = [], None
    for direction, node1, as_of, *terms in values:
        if (direction == 0) != (node1 == row.node_id):
            continue
        if latest is not None and terms != latest and as_of >= start:
            found.append(as_of)
        latest = terms
    return found
