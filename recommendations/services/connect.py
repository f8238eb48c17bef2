"""Connect a node to its owner: ask who answers, seal the credential, and have it read. Nothing is stored before."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from recommendations.domain.errors import ConnectionNotFound
from recommendations.domain.graph_records import storable
from recommendations.domain.readings import Ability, Endpoint, NodeReading
from recommendations.domain.source_errors import SourceUnreachable
from recommendations.models import Network, Node, NodeConnection
from recommendations.services import sync_node
from recommendations.services.import_graph import MAINNET
from recommendations.services.node_line import Line, check_address, endpoint_of, line_to
from recommendations.services.sealing import seal

User = AbstractBaseUser | AnonymousUser
T = TypeVar("T")
PATIENCE_S = 25.0  # somebody waits before a page
TOO_SLOW = "The node answers too slowly. Try again, or look whether it is still starting."


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often a node is read. `refresh_every_min` and `graph_every_h`: 0 for only when asked, and never."""

    refresh_every_min: int = 15
    graph_every_h: int = 24


@dataclass(frozen=True, slots=True)
class Check:
    """Who answered, and what the credential allows."""

    node: NodeReading
    abilities: tuple[Ability, ...]

    @property
    def is_enough(self) -> bool:
        """Return whether all that is needed is allowed."""
        return all(ability.is_there for ability in self.abilities if ability.is_needed)


def check(endpoint: Endpoint) -> Check:
    """Ask a node who it is and what the credential allows; store nothing.

    :raises SourceError: when it does not answer as it should.
    :raises NodeAddressRefused: when the address leads where no node may be.
    """
    with line_to(endpoint) as line:
        node = _patiently(line, line.source.node())
        return Check(node, _patiently(line, line.source.abilities()))


def connect_node(endpoint: Endpoint, *, cadence: Cadence, user: User, at: datetime) -> NodeConnection:
    """Store a node that answers as this user's, and queue its first reading. Connected anew, it keeps its data.

    Raises as `check`; then nothing is stored.
    """
    with line_to(endpoint) as line:
        reading = _patiently(line, line.source.node())
    values = {**_values(endpoint, cadence=cadence), "credential": seal(endpoint.credential)}
    with transaction.atomic():
        row, _ = NodeConnection.objects.update_or_create(
            node=node_row(reading.pubkey, alias=reading.alias),
            owner_id=user.pk,
            kind=endpoint.kind.value,
            defaults={**values, "failures_in_row": 0, "is_paused": False, "version": reading.version[:80]},
        )
        sync_node.ask_for(row, at=at)
    return row


def change(row: NodeConnection, endpoint: Endpoint, *, cadence: Cadence, at: datetime) -> None:
    """Change how a node is reached or read; an empty credential keeps the stored one. The same node must answer.

    Raises as `check`; then nothing is changed. Where only the cadence changes, the node is not asked.

    :raises SealBroken: when the stored credential can no longer be opened.
    """
    known = endpoint_of(row) if not endpoint.credential else replace(endpoint, pubkey=row.node.pubkey)
    wanted = replace(known, address=endpoint.address, certificate=endpoint.certificate)
    is_moved = (wanted.address, wanted.certificate) != (row.address, row.certificate) or bool(endpoint.credential)
    values = _values(wanted, cadence=cadence)
    if is_moved:
        with line_to(wanted) as line:
            _patiently(line, line.source.node())
        values |= {"credential": seal(wanted.credential), "failures_in_row": 0}
    with transaction.atomic():
        NodeConnection.objects.filter(pk=row.pk).update(**values)
        if is_moved:
            sync_node.ask_for(row, at=at)


def pause(row: NodeConnection, *, is_paused: bool) -> None:
    """Leave a node alone until it is resumed, or resume it: it is then due at once."""
    NodeConnection.objects.filter(pk=row.pk).update(is_paused=is_paused, failures_in_row=0)


def own_connection(key: int, *, user: User, is_live: bool = False) -> NodeConnection:
    """Return a connection of this user; with `is_live` only one that can be asked again.

    :raises ConnectionNotFound: when there is none, or it is somebody else's.
    """
    rows = NodeConnection.objects.select_related("node__network", "owner").exclude(kind=NodeConnection.Kind.DEMO)
    row = rows.filter(pk=key, owner_id=user.pk).first() if user.pk is not None else None
    if row is None or (is_live and not row.is_live):
        raise ConnectionNotFound
    return row


def node_row(pubkey: str, *, alias: str) -> Node:
    """Return the node's row in the real network; one that no graph tells of yet is made, and does not stand in it."""
    home = _real_network()
    newest = home.snapshots.first()
    node, _ = Node.objects.get_or_create(
        network=home,
        pubkey=pubkey,
        defaults={"alias": storable(alias)[0], "since_snapshot": None, "until_snapshot": newest},
    )
    return node


def _real_network() -> Network:
    """Return the default network unless that is the demo: a real node never stands among invented ones."""
    home = Network.objects.filter(is_synthetic=False).order_by("-is_default", "slug").first()
    return home or Network.objects.get_or_create(slug=MAINNET, defaults={"name": MAINNET.capitalize()})[0]


def _values(endpoint: Endpoint, *, cadence: Cadence) -> dict[str, Any]:
    return {
        "address": check_address(endpoint.address).url,
        "certificate": endpoint.certificate,
        "implementation": endpoint.kind.value,
        "refresh_every_min": cadence.refresh_every_min,
        "graph_every_h": cadence.graph_every_h,
    }


def _patiently(line: Line, question: Coroutine[Any, Any, T]) -> T:
    async def asked() -> T:
        async with asyncio.timeout(PATIENCE_S):
            return await question

    try:
        return line.ask(asked())
    except TimeoutError as exc:
        raise SourceUnreachable(TOO_SLOW) from exc
