"""What the rows tell of one connected node now, as the watch looks at it. Four statements, whatever its size."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Sum

from recommendations.domain.alerts import Answering, CriticalFinding, Sight, WatchedChannel, WatchedClose
from recommendations.domain.readings import ClosedBy
from recommendations.models import ClosedChannel, Forward, NodeConnection, PrivateChannel

WINDOW_DAYS = 30
State = NodeConnection.State
ANSWERING = {
    State.READY: Answering.YES,
    State.UNREACHABLE: Answering.SILENT,
    State.REFUSED: Answering.REFUSING,
    State.BROKEN: Answering.UNREADABLE,
}


class Earned(NamedTuple):
    """Fees in msat by short channel id over `days`: of forwards that left through it, and that came in."""

    days: int
    outgoing: Mapping[str, int]
    incoming: Mapping[str, int]


def sight_of(
    connection: NodeConnection, *, findings: tuple[CriticalFinding, ...] | None, source: str, at: datetime
) -> Sight:
    """Return what is known of the node behind a connection; `findings` None: the rules could not look."""
    earned = _earned(connection, at=at)
    return Sight(
        pubkey=connection.node.pubkey,
        source=source,
        measured_at=connection.measured_at,
        answering=_answering(connection),
        failures_in_row=connection.failures_in_row,
        tried_at=connection.tried_at,
        refresh_every_min=_refresh_every_min(connection),
        window_days=earned.days if earned else None,
        channels=tuple(_channels(connection, earned)),
        closes=tuple(_closes(connection)),
        findings=findings,
    )


def _answering(connection: NodeConnection) -> Answering:
    """Return whether the node can be read. Of files, and of a node that is paused, no answer is awaited."""
    if not connection.is_live or connection.is_paused:
        return Answering.YES
    return ANSWERING.get(State(connection.state), Answering.UNKNOWN)


def _refresh_every_min(connection: NodeConnection) -> int | None:
    if not connection.is_live:
        return None
    return 0 if connection.is_paused else connection.refresh_every_min


def _earned(connection: NodeConnection, *, at: datetime) -> Earned | None:
    """Return what each channel earned on each side, or None where less than a day of forwards is known."""
    until = connection.measured_at or at
    if connection.forwards_from is None:
        return None
    days = min(WINDOW_DAYS, (until - connection.forwards_from).days)
    if days < 1:
        return None
    forwards = Forward.objects.filter(connection=connection, at__gt=until - timedelta(days=days), at__lte=until)
    outgoing, incoming = (
        dict(forwards.order_by().values_list(side).annotate(Sum("fee_msat")))
        for side in ("outgoing_scid", "incoming_scid")
    )
    return Earned(days, outgoing, incoming)


def _channels(connection: NodeConnection, earned: Earned | None) -> Iterator[WatchedChannel]:
    names = ("scid", "peer_pubkey", "peer_alias", "capacity_sat", "local_sat", "remote_sat", "is_active")
    for row in PrivateChannel.objects.filter(connection=connection).order_by("scid").values_list(*names):
        sums = (None, None) if earned is None else (earned.outgoing.get(row[0], 0), earned.incoming.get(row[0], 0))
        yield WatchedChannel(*row, *sums)


def _closes(connection: NodeConnection) -> Iterator[WatchedClose]:
    names = ("scid", "peer_pubkey", "capacity_sat", "settled_sat", "closed_by", "closed_at", "seen_at")
    forced = (ClosedBy.REMOTE_FORCE, ClosedBy.LOCAL_FORCE, ClosedBy.BREACH)
    rows = ClosedChannel.objects.filter(connection=connection, closed_by__in=forced).order_by("scid")
    for scid, peer, capacity, settled, closed_by, *times in rows.values_list(*names):
        yield WatchedClose(scid, peer, capacity, settled, ClosedBy(closed_by), *times)
