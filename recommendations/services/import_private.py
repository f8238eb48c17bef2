"""Take in what a node's own commands printed, without any credential: all files of one upload are stored, or none.

No file tells when it was written. Balances count as of the upload. Forwards are complete up to the newest one; when
that is days older than the upload, the whole is as of that one: a month that no file tells of must not look idle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from recommendations.domain.errors import NodeKeyInvalid
from recommendations.domain.readings import FailureReading, NodeFile
from recommendations.domain.source_errors import SourceMismatch
from recommendations.models import FailedForward, Forward, NodeConnection
from recommendations.services.connect import User, node_row
from recommendations.services.store_history import add_forwards, store_failures
from recommendations.services.store_reading import store_channels, store_closed
from recommendations.sources.node_files import read_node_file

CURRENT = timedelta(days=3)  # a quiet node forwards nothing for a day or two
TOUCHING = timedelta(days=2)  # two exports with no more between them tell one unbroken time
WHOSE = "The files do not say whose they are. Give the node's key, or add the output of getinfo."
TWO_NODES = "These files are of different nodes. Hand in those of one node at a time."
NOT_ITS = "None of these channels is one of that node, by the graph. See whether the key is right."
OWNERS = """
SELECT count(*), count(*) FILTER (WHERE %(node)s IN (node1_id, node2_id)) FROM recommendations_channel
WHERE network_id = %(network)s AND until_snapshot_id IS NULL AND scid = ANY(%(scids)s)
"""


@dataclass(frozen=True, slots=True)
class FilesReport:
    """What an upload held and what of it was new. `connection_id` is None after a dry run."""

    pubkey: str
    kinds: tuple[str, ...]
    channels: int
    closed_channels: int
    forwards: int
    new_forwards: int
    failures: int
    dry_run: bool
    connection_id: int | None

    def as_json(self) -> dict[str, Any]:
        """Return the report with plain values."""
        return asdict(self)


def import_files(
    contents: Sequence[tuple[str, bytes]], *, pubkey: str = "", user: User, at: datetime, dry_run: bool = False
) -> FilesReport:
    """Store what these files, each with its name, tell of one node; the same files again add nothing.

    :param pubkey: whose they are; "" when one of them says so.
    :raises SourceBroken: naming file, record and field.
    :raises SourceMismatch: when they are not all of this node.
    :raises NodeKeyInvalid: when nothing says whose they are.
    """
    files = [read_node_file(content, name) for name, content in contents]
    key, alias = _whose(files, pubkey)
    with transaction.atomic():
        row = _row(files, key, alias=alias, user=user)
        _check_owner(row, [channel.scid for file in files for channel in file.channels])
        added = _store(row, files, at=at)
        if dry_run:
            transaction.set_rollback(True)
    return FilesReport(
        pubkey=key,
        kinds=tuple(file.kind.value for file in files),
        channels=sum(len(file.channels) for file in files),
        closed_channels=sum(len(file.closed) + len(file.closing) for file in files),
        forwards=sum(len(file.forwards) for file in files),
        new_forwards=added,
        failures=sum(len(file.failures) for file in files),
        dry_run=dry_run,
        connection_id=None if dry_run else row.pk,
    )


def _whose(files: Iterable[NodeFile], pubkey: str) -> tuple[str, str]:
    """Return key and alias of the node that all files are of."""
    told = {file.pubkey: file.alias for file in files if file.pubkey}
    keys = {*told, pubkey} - {""}
    if not keys:
        raise NodeKeyInvalid(WHOSE)
    if len(keys) > 1:
        raise SourceMismatch(TWO_NODES)
    key = keys.pop()
    return key, told.get(key, "")


def _row(files: Iterable[NodeFile], key: str, *, alias: str, user: User) -> NodeConnection:
    wrote = [file.implementation.value for file in files if file.implementation]
    versions = [file.version for file in files if file.version]
    told = {"implementation": wrote[0]} if wrote else {}
    told |= {"version": versions[0]} if versions else {}
    row, _ = NodeConnection.objects.update_or_create(
        node=node_row(key, alias=alias),
        owner_id=user.pk,
        kind=NodeConnection.Kind.FILES,
        defaults={"state": NodeConnection.State.READY, **told},
    )
    return row


def _check_owner(row: NodeConnection, scids: list[str]) -> None:
    """Refuse channels that the graph knows to be somebody else's."""
    with connection.cursor() as cursor:
        cursor.execute(OWNERS, {"node": row.node_id, "network": row.node.network_id, "scids": scids})
        known, own = cursor.fetchone() or (0, 0)
    if known and not own:
        raise SourceMismatch(NOT_ITS)


def _store(row: NodeConnection, files: Iterable[NodeFile], *, at: datetime) -> int:
    channels = [channel for file in files for channel in file.channels]
    closed = [one for file in files for one in file.closed]
    closing = [one for file in files for one in file.closing]
    forwards = [forward for file in files for forward in file.forwards]
    store_closed(row.pk, closed, closing, at=at, block_height=None)
    if channels:
        store_channels(row.pk, channels, at=at)
    before = _newest_forward(row)
    added = add_forwards(row.pk, forwards)
    _replace_failures(row, [failure for file in files for failure in file.failures])
    if forwards:
        moments = [forward.at for forward in forwards]
        row.forwards_from = _complete_from(row.forwards_from, before, begin=min(moments), end=max(moments))
    row.measured_at = _as_of(_newest_forward(row), has_channels=bool(channels), known=row.measured_at, at=at)
    row.save(update_fields=["forwards_from", "failures_from", "measured_at"])
    return added


def _replace_failures(row: NodeConnection, failures: Sequence[FailureReading]) -> None:
    """Make the failures of the files' time those of the files: a listing is complete between its ends."""
    if failures:
        begin, end = min(failure.at for failure in failures), max(failure.at for failure in failures)
        FailedForward.objects.filter(connection=row, at__range=(begin, end)).delete()
        store_failures(row.pk, failures)
        row.failures_from = min(begin, row.failures_from or begin)


def _newest_forward(row: NodeConnection) -> datetime | None:
    newest: datetime | None = Forward.objects.filter(connection=row).aggregate(newest=Max("at"))["newest"]
    return newest


def _complete_from(
    known_from: datetime | None, known_until: datetime | None, *, begin: datetime, end: datetime
) -> datetime:
    """Return from when on forwards are known without a gap, after a file from `begin` to `end` was added."""
    if known_from is None or known_until is None or begin > known_until + TOUCHING:
        return begin
    return min(known_from, begin) if end >= known_from - TOUCHING else known_from


def _as_of(newest: datetime | None, *, has_channels: bool, known: datetime | None, at: datetime) -> datetime | None:
    """Return the moment for which the whole speaks."""
    if newest is not None and at - newest > CURRENT:
        return newest
    return at if has_channels or newest is not None else known
