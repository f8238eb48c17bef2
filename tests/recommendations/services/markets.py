"""A small market around node 1, and the private data that its operator lets lnrag read."""

import pytest

from recommendations.models import Node, NodeConnection, PrivateChannel
from recommendations.services.import_graph import import_graph
from recommendations.services.snapshot import node_facts
from tests.recommendations.graphs import AS_OF, DAY_S, NOW_S, edge, graph, key, node, policy, write


def load(folder, content, **options):
    return import_graph(write(folder, content), **({"at": AS_OF} | options))


def facts_of(number, **options):
    return node_facts(key(number), **({"at": AS_OF} | options))


def fee(ppm, **changes):
    return policy(fee_rate_milli_msat=str(ppm), **changes)


@pytest.fixture
def market(tmp_path):
    """Node 1 has two channels to node 2, into which nodes 3, 4 and 5 charge 10, 20 and 30 ppm."""
    into_2 = [edge(10 + n, n, 2, node1_policy=fee(10 * (n - 2))) for n in (3, 4, 5)]
    own = [
        edge(1, 1, 2, capacity="1000000", node1_policy=fee(100)),
        edge(2, 1, 2, capacity="3000000", node1_policy=fee(500), node2_policy=None),
    ]
    dead = policy(last_update=NOW_S - 20 * DAY_S)
    zombie = edge(3, 1, 6, node1_policy=dead, node2_policy=dead)
    load(tmp_path, graph([*into_2, *own, zombie], [node(n) for n in range(1, 7)]))


def private(user, number=1, **changes):
    shipped = {"kind": "files", "measured_at": AS_OF, "uptime_ratio": 0.98, "monitored_days": 40.0}
    connection_ = NodeConnection.objects.create(
        node=Node.objects.get(pubkey=key(number)), owner=user, **(shipped | changes)
    )
    PrivateChannel.objects.create(
        connection=connection_, scid="900000x1x0", peer_pubkey=key(2), local_sat=900, remote_sat=100, measured_at=AS_OF
    )
    return connection_
