"""Bring the public graph up to date from a connected node, through the importer that stores only what changed.

Everybody looks at the same graph. So only a node of an administrator is believed, as only an administrator may upload
a graph; a node that has not caught up with the network is not, nor one that knows far less than is known already.
"""

import hashlib
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from time import perf_counter

import msgspec

from recommendations.domain.errors import GraphError
from recommendations.domain.graph_records import GraphRecords
from recommendations.domain.readings import NodeReading
from recommendations.domain.source_errors import SourceRefused
from recommendations.models import GraphSnapshot, Network, NodeConnection
from recommendations.services.default_network import make_default
from recommendations.services.import_graph import store_snapshot
from recommendations.services.node_line import Line
from recommendations.sources.graph_files import GraphFile

logger = logging.getLogger(__name__)
LEAST_SHARE = 0.5  # of the known channels; a network does not lose half of itself in a day, a node without gossip does
FORMATS = {"lnd": "lnd-rest", "cln": "cln-rest"}

Tell = Callable[[int, str], None]


def is_due(row: NodeConnection, newest: GraphSnapshot | None, *, at: datetime) -> bool:
    """Tell whether this node's graph is wanted: its owner may change what everybody sees, and the graph is old."""
    if row.graph_every_h == 0 or row.owner is None or not row.owner.is_staff:
        return False
    times = [row.graph_read_at, newest.as_of if newest else None]
    latest = max((moment for moment in times if moment), default=None)
    return latest is None or newest is None or at - latest >= timedelta(hours=row.graph_every_h)


def refresh_graph(row: NodeConnection, line: Line, *, node: NodeReading, at: datetime, tell: Tell) -> None:
    """Import the node's graph when that is due. What speaks against it is logged; the reading itself stands.

    :raises SourceError: when the node goes away meanwhile.
    """
    network = row.node.network
    newest = network.snapshots.first()
    if not is_due(row, newest, at=at) or node.is_synced_to_graph is False:
        return
    tell(90, "Reading the network's graph")
    try:
        records = line.ask(line.source.graph())
    except SourceRefused as exc:
        _tell_log(row, exc.code)
        return
    NodeConnection.objects.filter(pk=row.pk).update(graph_read_at=at)  # asked, whatever comes of it
    if is_credible(records, newest):
        tell(95, "Storing the network's graph")
        _store(row, records, network=network, at=at)
    else:
        _tell_log(row, "graph_too_small")


def is_credible(records: GraphRecords, newest: GraphSnapshot | None) -> bool:
    """Tell whether a graph may take the place of the newest one, by the number of its channels."""
    known = newest.channel_count if newest else 0
    return len(records.channels) > 0 and len(records.channels) >= LEAST_SHARE * known


def _store(row: NodeConnection, records: GraphRecords, *, network: Network, at: datetime) -> None:
    file = GraphFile(records=records, source_format=FORMATS[row.kind], sha256=_digest(records))
    try:
        store_snapshot(
            file,
            network=network.slug,
            name=f"{row.node.alias or row.node.pubkey[:12]}, read by {row.get_kind_display()}",
            at=at,
            as_of=at,
            dry_run=False,
            progress=lambda percent, message: None,  # its transaction would hide what is written within it
            started=perf_counter(),
        )
    except GraphError as exc:
        _tell_log(row, exc.code)
    else:
        _step_in_for_demo(network)


def _step_in_for_demo(network: Network) -> None:
    """Make a real network with a graph the one that pages speak of, in the place of none or of the demo."""
    if not network.is_synthetic and not Network.objects.filter(is_default=True, is_synthetic=False).exists():
        make_default(network)


def _digest(records: GraphRecords) -> str:
    """Return what tells this graph from others; the order in which a node lists things does not count."""
    parts = (sorted(records.nodes), sorted(records.channels, key=lambda channel: channel.scid))
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def _tell_log(row: NodeConnection, code: str) -> None:
    logger.warning("recommendations.graph.not_refreshed", extra={"connection": row.pk, "code": code})
