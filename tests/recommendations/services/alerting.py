"""A connected node for tests of alerts: owned by somebody, read a while ago, with channels to set as needed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from recommendations.models import Alert, Forward, Node, NodeConnection, PrivateChannel
from tests.recommendations.conftest import DemoRows


@dataclass(frozen=True, slots=True)
class Watched:
    """The rows of one connected node."""

    owner: User
    connection: NodeConnection
    peers: tuple[Node, ...]
    at: datetime

    def read(self, at: datetime, **channels: bool | None) -> None:
        """Note a reading at `at`; `c0=False` says that the peer of the first channel is away."""
        NodeConnection.objects.filter(pk=self.connection.pk).update(
            measured_at=at, tried_at=at, state=NodeConnection.State.READY, failures_in_row=0
        )
        rows = PrivateChannel.objects.filter(connection=self.connection)
        rows.update(measured_at=at)
        for name, is_active in channels.items():
            rows.filter(scid=scid(int(name[1:]))).update(is_active=is_active)

    def fail(self, at: datetime, *, times: int) -> None:
        """Note that the node has not answered so many times, the latest at `at`."""
        NodeConnection.objects.filter(pk=self.connection.pk).update(
            tried_at=at, state=NodeConnection.State.UNREACHABLE, failures_in_row=times
        )

    def open_keys(self) -> set[str]:
        return set(Alert.objects.filter(connection=self.connection, over_at=None).values_list("key", flat=True))


def scid(number: int) -> str:
    return f"{890_000 + number}x{number}x0"


def connected(demo: DemoRows, name: str, *, channels: int = 3) -> Watched:
    """Connect the demo's node as if it were an LND of this user's own, read just now and earning on each channel."""
    owner = get_user_model().objects.create_user(name, password="a long enough secret")
    connection = NodeConnection.objects.create(
        node=demo.node,
        owner=owner,
        kind=NodeConnection.Kind.LND,
        state=NodeConnection.State.READY,
        measured_at=demo.at,
        forwards_from=demo.at - timedelta(days=60),
    )
    peers = tuple(Node.objects.filter(network=demo.network).exclude(pk=demo.node.pk).order_by("pk")[:channels])
    for number, peer in enumerate(peers):
        add_channel(connection, number, peer, at=demo.at)
    return Watched(owner, connection, peers, demo.at)


def add_channel(connection: NodeConnection, number: int, peer: Node, *, at: datetime) -> None:
    PrivateChannel.objects.create(
        connection=connection,
        scid=scid(number),
        peer_pubkey=peer.pubkey,
        peer_alias=peer.alias,
        capacity_sat=2_000_000,
        local_sat=1_000_000,
        remote_sat=1_000_000,
        is_active=True,
        measured_at=at,
    )
    Forward.objects.create(
        connection=connection,
        at=at - timedelta(days=2),
        incoming_scid="1x1x1",
        outgoing_scid=scid(number),
        amount_in_msat=100_000_000,
        amount_out_msat=99_000_000,
        fee_msat=1_000_000,
    )
