"""The demo network, small and quick, for tests of this floor and of those above it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from django_q.models import OrmQ

from recommendations.models import GraphSnapshot, Network, Node, NodeConnection
from recommendations.services.demo import load_demo
from recommendations.services.remove_network import remove_network

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
NODES = 60


@dataclass(frozen=True, slots=True)
class DemoRows:
    """The demo as rows: its network, the operator's node, and what only the operator knows."""

    network: Network
    snapshot: GraphSnapshot
    node: Node
    connection: NodeConnection
    at: datetime

    @property
    def pubkey(self) -> str:
        return self.node.pubkey


def make_demo(*, at: datetime = AT, nodes: int = NODES) -> DemoRows:
    """Make the demo network of `nodes` nodes as of `at`, and return its rows."""
    report = load_demo(at=at, nodes=nodes)
    connection = NodeConnection.objects.select_related("node__network").get(kind=NodeConnection.Kind.DEMO)
    assert connection.node.pubkey == report.pubkey
    network = connection.node.network
    return DemoRows(network, network.snapshots.get(), connection.node, connection, at)


@pytest.fixture
def demo(db: None) -> DemoRows:
    """The demo network, gone again when the test ends."""
    return make_demo()


@pytest.fixture(scope="module")
def module_demo(django_db_setup, django_db_blocker) -> Iterator[DemoRows]:
    """The demo network for all tests of a module, made once. Tests need `db`; what they change is undone as ever."""
    with django_db_blocker.unblock():
        rows = make_demo()
    yield rows
    with django_db_blocker.unblock():
        remove_network(rows.network.slug)
        OrmQ.objects.all().delete()


@pytest.fixture
def operator(django_user_model):
    """Somebody signed in who runs no node of their own, so that the demo's private data is what they see."""
    return django_user_model.objects.create_user("operator", password="a long enough secret")
