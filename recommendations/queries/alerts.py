"""Alerts as pages and programs read them: only those of the reader's own nodes, open ones first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When

from recommendations.domain.advice import Severity
from recommendations.domain.alert_messages import MOST_TRIES
from recommendations.domain.alerts import AlertKind
from recommendations.domain.units import SCID
from recommendations.models import Alert
from recommendations.queries.nodes import Viewer

PAGE_SIZE = 30
GRAVEST_FIRST = Case(
    *(When(severity=severity, then=Value(place)) for place, severity in enumerate(Severity)),
    default=Value(len(Severity)),
    output_field=IntegerField(),
)


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert as it is listed. Its words are ours; an alias is a stranger's. `channel`: one that still stands."""

    id: int
    pubkey: str
    alias: str
    kind: str
    severity: Severity
    title: str
    text: str
    channel: str | None
    evidence: tuple[Mapping[str, Any], ...]
    began_at: datetime
    seen_at: datetime
    over_at: datetime | None
    is_read: bool
    sent_at: datetime | None
    trouble: str
    is_given_up: bool

    @property
    def is_open(self) -> bool:
        return self.over_at is None


@dataclass(frozen=True, slots=True)
class AlertCounts:
    """How many alerts somebody has; unread ones may be over already."""

    open: int
    every: int
    unread: int


def alerts_of(user: Viewer) -> "QuerySet[Alert]":
    """Return the alerts of this user's own nodes; none for nobody, and for a key that belongs to nobody."""
    if user is None or not user.is_authenticated or user.pk is None:
        return Alert.objects.none()
    return Alert.objects.filter(connection__owner_id=user.pk)


def alerts_page(user: Viewer, *, only_open: bool = False, number: int = 1, size: int = PAGE_SIZE) -> "Page[AlertLine]":
    """Return one page: open alerts by gravity, then those that are over, the latest first. Two queries."""
    rows = alerts_of(user).select_related("connection__node")
    rows = rows.filter(over_at=None) if only_open else rows
    ordered = rows.order_by(F("over_at").desc(nulls_first=True), GRAVEST_FIRST, "-began_at", "pk")
    page: Any = Paginator(ordered, size).get_page(number)
    page.object_list = [_line(row) for row in page.object_list]  # the same page, of lines instead of rows
    lines: Page[AlertLine] = page
    return lines


def alert_counts(user: Viewer) -> AlertCounts:
    """Return how many alerts this user has. One query."""
    found = alerts_of(user).aggregate(
        open=Count("pk", filter=Q(over_at=None)), every=Count("pk"), unread=Count("pk", filter=Q(read_at=None))
    )
    return AlertCounts(**found)


def unread_alerts(user: Viewer) -> int:
    """Return how many alerts this user has not read. One query."""
    return alerts_of(user).filter(read_at=None).count()


def _line(row: Alert) -> AlertLine:
    return AlertLine(
        id=row.pk,
        pubkey=row.connection.node.pubkey,
        alias=row.connection.node.alias,
        kind=row.kind,
        severity=Severity(row.severity),
        title=row.title,
        text=row.text,
        channel=row.target if SCID.match(row.target) and row.kind != AlertKind.FORCE_CLOSE else None,
        evidence=tuple(row.evidence),
        began_at=row.began_at,
        seen_at=row.seen_at,
        over_at=row.over_at,
        is_read=row.read_at is not None,
        sent_at=row.sent_at,
        trouble=row.message,
        is_given_up=row.sending_failures >= MOST_TRIES,
    )
