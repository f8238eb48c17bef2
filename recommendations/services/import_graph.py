"""Import one graph file as the newest state of a network: read, store and measure in one transaction, or nothing."""

import contextlib
import gc
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection, transaction
from django_q.tasks import async_task

from recommendations.domain.errors import GraphFileBroken, SnapshotConflict, SnapshotTooOld
from recommendations.domain.graph_records import GraphRecords
from recommendations.domain.network import newest_credible
from recommendations.models import GraphSnapshot, Network
from recommendations.services.measure_network import measure_snapshot
from recommendations.services.store_graph import GraphChanges, store_graph
from recommendations.sources.graph_files import GraphFile, read_graph

MAINNET = "mainnet"
DEMO = "demo"
TASKS = ("recommendations.tasks.leave_large_nodes", "recommendations.tasks.compute_betweenness")  # the quick one first
NO_TIME = "no channel tells when it was updated; say of which moment the graph is with --as-of"
UNCHANGED = GraphChanges(opened_channels=0, closed_channels=0, opened_policies=0, closed_policies=0)

Progress = Callable[[int, str], None]  # percent, what is being done


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import found and did. Counts of nodes and channels are of the snapshot."""

    network: str
    as_of: datetime
    source_format: str
    nodes: int
    channels: int
    live_channels: int
    active_nodes: int
    capacity_sat: int
    opened_channels: int
    closed_channels: int
    changed_policies: int
    replaced_characters: int
    duplicate_channels: int
    created: bool  # False: this very state had been imported before, or it was a dry run
    dry_run: bool
    snapshot_id: int | None
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Return the report with plain values."""
        return asdict(self) | {"as_of": self.as_of.isoformat(), "seconds": round(self.seconds, 3)}


def import_graph(
    path: Path,
    *,
    at: datetime,
    nodes_path: Path | None = None,
    network: str = MAINNET,
    as_of: datetime | None = None,
    source_name: str = "",
    dry_run: bool = False,
    progress: Progress = lambda percent, message: None,
) -> ImportReport:
    """Import a graph file. Either everything is stored, or nothing.

    :param as_of: the graph's own time; by default its newest credible channel update.
    :raises GraphError: naming what is wrong and the next step.
    """
    started = perf_counter()
    progress(5, "Reading the file")
    with _collector_paused():
        file = read_graph(path, nodes_path=nodes_path, limit_bytes=settings.GRAPH_UPLOAD_MAX_BYTES)
        progress(40, f"Storing {len(file.records.nodes):,} nodes and {len(file.records.channels):,} channels")
        name = source_name or path.name
        return store_snapshot(
            file, network=network, name=name, at=at, as_of=as_of, dry_run=dry_run, progress=progress, started=started
        )


def store_snapshot(
    file: GraphFile,
    *,
    network: str,
    name: str,
    at: datetime,
    as_of: datetime | None,
    dry_run: bool,
    progress: Progress,
    started: float,
) -> ImportReport:
    """Store a graph that was read, as the newest snapshot of its network, and measure it.

    :raises SnapshotTooOld: when the network already stands at a later moment.
    :raises SnapshotConflict: when another graph already tells of that very moment.
    """
    newest_update = _newest_update(file.records)
    moment = as_of or newest_update
    if moment is None:
        raise GraphFileBroken(record="the file", field="last_update", reason=NO_TIME)
    with transaction.atomic():
        home = _locked_network(network)
        snapshot = _draft(file, home=home, name=name, at=at, as_of=moment, newest_update=newest_update)
        known = _known(snapshot)
        changes = UNCHANGED if known else _stored(snapshot, file.records, progress=progress)
        if not known and not dry_run:
            for task in TASKS:
                async_task(task, snapshot_id=snapshot.pk)  # beside the write: it commits or vanishes with it
        if dry_run:
            transaction.set_rollback(True)
        progress(98, "Committing")
    return _report(known or snapshot, file, changes, created=not known, dry_run=dry_run, started=started)


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the garbage collector from looking through 150,000 records again and again: half of the reading time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _newest_update(records: GraphRecords) -> datetime | None:
    updates = [policy.updated_s for c in records.channels for policy in (c.policy1, c.policy2) if policy]
    newest = newest_credible(np.array(updates, dtype=np.int64))
    return None if newest is None else datetime.fromtimestamp(newest, tz=UTC)


def _locked_network(slug: str) -> Network:
    """Return the network, made if need be, and keep other imports out until the transaction ends.

    The first real network becomes the default one, in the place of a demo.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('recommendations.import_graph'))")
    is_synthetic = slug == DEMO
    home, is_new = Network.objects.get_or_create(
        slug=slug, defaults={"name": slug.replace("-", " ").capitalize(), "is_synthetic": is_synthetic}
    )
    rivals = Network.objects.filter(is_default=True)
    if is_new and not rivals.filter(is_synthetic=is_synthetic).exists() and not (is_synthetic and rivals.exists()):
        rivals.update(is_default=False)
        home.is_default = True
        home.save(update_fields=["is_default"])
    return home


def _draft(
    file: GraphFile, *, home: Network, name: str, at: datetime, as_of: datetime, newest_update: datetime | None
) -> GraphSnapshot:
    return GraphSnapshot(
        network=home,
        as_of=as_of,
        imported_at=at,
        source_name=name[:200],
        source_format=file.source_format,
        source_sha256=file.sha256,
        newest_update_at=newest_update,
        replaced_characters=file.records.replaced_characters,
    )


def _known(draft: GraphSnapshot) -> GraphSnapshot | None:
    """Return the snapshot that already holds this very file at this very moment, or None when it is news."""
    newest = GraphSnapshot.objects.filter(network=draft.network).order_by("-as_of").first()
    same = GraphSnapshot.objects.filter(network=draft.network, as_of=draft.as_of).first()
    if same is not None and same.source_sha256 == draft.source_sha256:
        return same
    if same is not None:
        raise SnapshotConflict(network=draft.network.slug, as_of=draft.as_of)
    if newest is not None and newest.as_of > draft.as_of:
        raise SnapshotTooOld(network=draft.network.slug, as_of=draft.as_of, newest=newest.as_of)
    return None


def _stored(snapshot: GraphSnapshot, records: GraphRecords, *, progress: Progress) -> GraphChanges:
    snapshot.save()
    changes = store_graph(records, snapshot=snapshot)
    progress(80, "Measuring the network and every node")
    measure_snapshot(snapshot)
    return changes


def _report(
    snapshot: GraphSnapshot, file: GraphFile, changes: GraphChanges, *, created: bool, dry_run: bool, started: float
) -> ImportReport:
    return ImportReport(
        network=snapshot.network.slug,
        as_of=snapshot.as_of,
        source_format=file.source_format,
        nodes=snapshot.node_count,
        channels=snapshot.channel_count,
        live_channels=snapshot.live_channel_count,
        active_nodes=snapshot.active_node_count,
        capacity_sat=snapshot.capacity_sat,
        opened_channels=changes.opened_channels,
        closed_channels=changes.closed_channels,
        changed_policies=changes.closed_policies,
        replaced_characters=file.records.replaced_characters,
        duplicate_channels=file.records.duplicate_channels,
        created=created and not dry_run,
        dry_run=dry_run,
        snapshot_id=None if created and dry_run else snapshot.pk,
        seconds=perf_counter() - started,
    )
