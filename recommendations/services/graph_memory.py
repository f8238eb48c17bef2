"""Keep what the graph says of large nodes that were asked for lately: their thousands of rows change with it alone.

Each process keeps a few. What is kept is given again only while the snapshot, the network, the node and its measures
are the rows that they were: an import, a measurement or a removal writes one of them in the same transaction.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from django.db import connection

from recommendations.models import GraphSnapshot, Network, Node, NodeMetrics

LARGE: Final = 200  # channels; a smaller node is read quicker than it is worth keeping
MOST_CHANNELS: Final = 6_000  # of all kept nodes: about 9 MB in each process
MARK: Final = f"""
SELECT concat_ws(' ', snapshot.xmin, snapshot.ctid, network.xmin, network.ctid, node.xmin, node.ctid,
  metrics.xmin, metrics.ctid)
FROM {GraphSnapshot._meta.db_table} AS snapshot
JOIN {Network._meta.db_table} AS network ON network.id = snapshot.network_id
JOIN {NodeMetrics._meta.db_table} AS metrics ON metrics.snapshot_id = snapshot.id AND metrics.node_id = %(node)s
JOIN {Node._meta.db_table} AS node ON node.id = metrics.node_id
WHERE snapshot.id = %(snapshot)s
"""  # noqa: S608 - our own tables
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    mark: str
    channels: int
    rows: T


class GraphMemory(Generic[T]):
    """What was read of nodes, by (node, snapshot); beyond so many channels, those asked for longest ago go."""

    def __init__(self, most_channels: int = MOST_CHANNELS) -> None:
        self._most_channels = most_channels
        self._kept: OrderedDict[tuple[int, int], _Kept[T]] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, node: Node, *, snapshot: GraphSnapshot, channels: int, afresh: Callable[[], T]) -> T:
        """Return the rows of a node of so many channels, read `afresh` unless they are kept and still hold."""
        if channels < LARGE:
            return afresh()
        key, mark = (node.pk, snapshot.pk), _mark(node, snapshot)
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept.mark == mark:
                self._kept.move_to_end(key)
                return kept.rows
        rows = afresh()
        if mark == _mark(node, snapshot):  # nothing was written while they were read
            self._keep(key, _Kept(mark, channels, rows))
        return rows

    def _keep(self, key: tuple[int, int], kept: _Kept[T]) -> None:
        with self._lock:
            self._kept[key] = kept
            self._kept.move_to_end(key)
            while sum(one.channels for one in self._kept.values()) > self._most_channels:
                self._kept.popitem(last=False)


def _mark(node: Node, snapshot: GraphSnapshot) -> str:
    with connection.cursor() as cursor:
        cursor.execute(MARK, {"node": node.pk, "snapshot": snapshot.pk})
        found = cursor.fetchone()
    return str(found[0]) if found else ""
