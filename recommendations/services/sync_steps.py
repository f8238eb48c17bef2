"""The steps of one reading, each of which can be done again: channels, history, costs, and the network's graph."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from django.db import transaction

from recommendations.domain.readings import HistoryPage, NodeReading
from recommendations.domain.source_errors import SourceRefused
from recommendations.models import NodeConnection
from recommendations.services import uptime_log
from recommendations.services.node_line import Line
from recommendations.services.sample_fees import record_of_node
from recommendations.services.store_history import store_costs, store_failures, store_forwards, success_rate
from recommendations.services.store_reading import date_closings, store_channels, store_closed
from recommendations.services.sync_graph import refresh_graph
from recommendations.sources.base import FailureSource

T = TypeVar("T")
HISTORY = timedelta(days=400)  # a year and a month: enough for a season to be compared with the same one before
COSTS_EVERY = timedelta(hours=1)  # a busy node's payments are many, and yesterday's change no more
COSTS_OVERLAP = timedelta(days=14)  # a closing's cost is known only when it has confirmed
FIRST_PERCENT, LAST_PERCENT = 15, 85  # of the whole, between which history is read

Tell = Callable[[int, str], None]  # percent, what is being done


class Stage(StrEnum):
    """Where a reading goes on, in this order."""

    CHANNELS = "channels"
    HISTORY = "history"
    COSTS = "costs"
    GRAPH = "graph"


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading under way: whose it is, the line to the node, who answered, and whom to tell how far it is."""

    row: NodeConnection
    line: Line
    node: NodeReading
    at: datetime
    tell: Tell
    is_over: Callable[[], bool]


def read_channels(reading: Reading) -> bool:
    """Store the open, closing and closed channels as they are now."""
    reading.tell(5, "Reading channels")
    line, row = reading.line, reading.row
    channels = line.ask(line.source.channels())
    closing = _if_allowed(reading, line.source.closing(), ())
    closed = _if_allowed(reading, line.source.closed(), ())
    fee_sat_vb = _if_allowed(reading, line.source.onchain_fee_sat_vb(), None)
    with transaction.atomic():
        store_closed(row.pk, closed, closing, at=reading.at, block_height=reading.node.tip_block)
        store_channels(row.pk, channels, at=reading.at)
        uptime_log.note_channels(row.pk, at=reading.at)
    record_of_node(row, fee_sat_vb, at=reading.at)
    return True


def read_history(reading: Reading) -> bool:
    """Store what was forwarded since the latest reading, page by page; return whether all of it is read.

    A page's rows and its cursor are stored together: whoever is killed loses the page he had not stored, and no other.
    """
    reading.tell(FIRST_PERCENT, "Reading the forwarding history")
    since = _since(reading.row, at=reading.at)
    for page in reading.line.history(reading.row.cursor.get("history", {}), since=since):
        _store_page(reading, page, since=since)
        if not page.is_last and reading.is_over():
            return False
    _complete_history(reading, since=since)
    return True


def read_costs(reading: Reading) -> bool:
    """Store what openings, closings and rebalances cost, once an hour."""
    row, at = reading.row, reading.at
    latest = _moment(row.cursor.get("costs_at"))
    if latest is not None and at - latest < COSTS_EVERY:
        return True
    reading.tell(88, "Reading what channels cost")
    is_known = row.costs_from is not None and latest is not None
    since = latest - COSTS_OVERLAP if is_known and latest else at - HISTORY
    costs = _if_allowed(reading, reading.line.source.costs(since=since), None)
    row.cursor = {**row.cursor, "costs_at": at.isoformat()}
    row.costs_from = None if costs is None else row.costs_from or since
    with transaction.atomic():
        store_costs(row.pk, costs or ())
        date_closings(row.pk)
        row.save(update_fields=["cursor", "costs_from"])
    return True


def read_graph(reading: Reading) -> bool:
    """Bring the public graph up to date when it is due."""
    refresh_graph(reading.row, reading.line, node=reading.node, at=reading.at, tell=reading.tell)
    return True


STEPS: Mapping[Stage, Callable[[Reading], bool]] = {
    Stage.CHANNELS: read_channels,
    Stage.HISTORY: read_history,
    Stage.COSTS: read_costs,
    Stage.GRAPH: read_graph,
}


def _if_allowed(reading: Reading, question: Coroutine[Any, Any, T], otherwise: T) -> T:
    """Return the answer, or `otherwise` where the credential or the node's version does not allow the question."""
    try:
        return reading.line.ask(question)
    except SourceRefused:
        return otherwise


def _store_page(reading: Reading, page: HistoryPage, *, since: datetime) -> None:
    row = reading.row
    row.cursor = {**row.cursor, "since": since.isoformat(), "history": dict(page.cursor)}
    with transaction.atomic():
        store_forwards(row.pk, page.forwards)
        store_failures(row.pk, page.failures)
        row.save(update_fields=["cursor"])
    reading.tell(_percent(page, since=since, at=reading.at), "Reading the forwarding history")


def _complete_history(reading: Reading, *, since: datetime) -> None:
    """From now on the forwards are known without a gap, and the failed ones too where the history holds them."""
    row = reading.row
    row.refresh_from_db(fields=["failures_from", "forwards_from"])  # whoever listens to failures writes there too
    row.measured_at, row.forwards_from = reading.at, row.forwards_from or since
    if not isinstance(reading.line.source, FailureSource):
        row.failures_from = row.failures_from or since
    row.success_rate = success_rate(row.pk, failures_from=row.failures_from, at=reading.at)
    names = ["measured_at", "forwards_from", "success_rate"]
    row.save(update_fields=names if isinstance(reading.line.source, FailureSource) else [*names, "failures_from"])


def _since(row: NodeConnection, *, at: datetime) -> datetime:
    """Return where the history began to be read: the same at every page and every reading."""
    return _moment(row.cursor.get("since")) or at - HISTORY


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _percent(page: HistoryPage, *, since: datetime, at: datetime) -> int:
    """Return how far a reading is, by the time its latest entry tells of."""
    moments = [forward.at for forward in page.forwards[-1:]] + [failure.at for failure in page.failures[-1:]]
    if page.is_last or not moments:
        return LAST_PERCENT if page.is_last else FIRST_PERCENT
    share: float = (max(moments) - since) / (at - since)
    return FIRST_PERCENT + round(min(max(share, 0), 1) * (LAST_PERCENT - FIRST_PERCENT))
