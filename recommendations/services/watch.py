"""Look at a connected node, and open, go on with, or end its alerts. Looking twice at the same changes nothing.

The demo is not watched: it belongs to everybody, and nothing happens to it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from recommendations.domain.advice import Priority, Severity, Thresholds
from recommendations.domain.alert_checks import look
from recommendations.domain.alerts import Before, CriticalFinding, Notice, Sight, Turn, away_since, numbers, turn
from recommendations.domain.errors import NetworkNotFound
from recommendations.domain.findings.catalog import examine
from recommendations.domain.findings.profiles import profiled
from recommendations.domain.payload import evidence_payload
from recommendations.domain.recommendation import ScoredRecommendation, recommend
from recommendations.models import Alert, NodeConnection, Watch
from recommendations.queries.networks import newest_snapshot
from recommendations.queries.nodes import Place
from recommendations.queries.sights import sight_of
from recommendations.services.snapshot import facts_of
from recommendations.services.stances import stance_of
from recommendations.services.weights import active_thresholds, active_weights

TITLE_LENGTH = 300
KEPT = timedelta(days=180)  # alerts that are over are history for half a year
GOAL = "balanced"
PRIVATE_SOURCE = "the operator's node"


@dataclass(frozen=True, slots=True)
class Looked:
    """How many alerts one look opened, found again, and ended."""

    opened: int = 0
    lasting: int = 0
    over: int = 0


def watch(connection_id: int, *, at: datetime) -> Looked:
    """Compare a node with what it was, and keep its alerts. A connection that is gone, or the demo's, has none."""
    connection = NodeConnection.objects.select_related("node__network", "owner").filter(pk=connection_id).first()
    if connection is None or connection.kind == NodeConnection.Kind.DEMO:
        return Looked()
    thresholds = active_thresholds()
    sight = sight_of(connection, findings=_critical(connection, thresholds, at=at), source=PRIVATE_SOURCE, at=at)
    with transaction.atomic():
        memory = _memory(connection, at=at)  # its row is the lock: two looks at once come one after the other
        open_rows = {row.key: row for row in Alert.objects.filter(connection=connection, over_at=None)}
        before = Before(_moments(memory), frozenset(open_rows))
        change = turn(look(sight, before, numbers(thresholds), at=at), open_keys=before.open_keys)
        _keep(connection, change, open_rows, at=at)
        _remember(memory, sight, before, at=at)
    return Looked(len(change.opened), len(change.lasting), len(change.over))


def watched_connections() -> tuple[int, ...]:
    """Return the connections that are watched, by their ids."""
    watched = NodeConnection.objects.exclude(kind=NodeConnection.Kind.DEMO).order_by("pk")
    return tuple(watched.values_list("pk", flat=True))


def _critical(
    connection: NodeConnection, thresholds: Mapping[str, Thresholds], *, at: datetime
) -> tuple[CriticalFinding, ...] | None:
    """Return what the rules put at the top, or just below; None when there is no graph to compare with yet."""
    stance = stance_of(connection.owner, node_id=connection.node_id)
    try:
        snapshot = newest_snapshot(connection.node.network)
        facts = stance.applied(facts_of(Place(snapshot, connection.node, connection), at=at))
    except NetworkNotFound:
        return None
    examination = examine(facts, profiled(thresholds, stance.profile))
    scored = recommend(facts, examination, active_weights(GOAL).weights, at=at)
    return tuple(_found(item) for item in scored if item.priority in {Priority.CRITICAL, Priority.HIGH})


def _found(item: ScoredRecommendation) -> CriticalFinding:
    is_critical = item.priority is Priority.CRITICAL or item.severity is Severity.CRITICAL
    return CriticalFinding(item.finding_key, item.target, item.title, item.explanation, item.evidence, is_critical)


def _memory(connection: NodeConnection, *, at: datetime) -> Watch:
    Watch.objects.get_or_create(connection=connection, defaults={"at": at})
    return Watch.objects.select_for_update().get(connection=connection)


def _moments(memory: Watch) -> dict[str, datetime]:
    return {peer: datetime.fromisoformat(moment) for peer, moment in memory.away_since.items()}


def _remember(memory: Watch, sight: Sight, before: Before, *, at: datetime) -> None:
    memory.at = at
    memory.away_since = {peer: moment.isoformat() for peer, moment in away_since(sight, before).items()}
    memory.save()


def _keep(connection: NodeConnection, change: Turn, rows: dict[str, Alert], *, at: datetime) -> None:
    Alert.objects.bulk_create(_row(connection, notice, at=at) for notice in change.opened)
    lasting = [_refreshed(rows[notice.key], notice, at=at) for notice in change.lasting]
    Alert.objects.bulk_update(lasting, ("severity", "title", "text", "evidence", "seen_at"))
    over: Iterable[int] = (rows[key].pk for key in change.over)
    Alert.objects.filter(pk__in=over).update(over_at=at)
    Alert.objects.filter(connection=connection, over_at__lt=at - KEPT).delete()


def _row(connection: NodeConnection, notice: Notice, *, at: datetime) -> Alert:
    alert = Alert(
        connection=connection,
        key=notice.key,
        kind=notice.kind,
        target=notice.target,
        began_at=min(notice.began_at, at),
        opened_at=at,
    )
    return _refreshed(alert, notice, at=at)


def _refreshed(alert: Alert, notice: Notice, *, at: datetime) -> Alert:
    alert.severity, alert.title, alert.text = notice.severity, notice.title[:TITLE_LENGTH], notice.text
    alert.evidence, alert.seen_at = [evidence_payload(one) for one in notice.evidence], at
    return alert
