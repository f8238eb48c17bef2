"""An LND and a Core Lightning node to read, each behind its own server."""

from datetime import timedelta

import pytest

from recommendations.models import NodeConnection
from tests.recommendations.services.nodes import both_servers

State = NodeConnection.State
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def servers():
    with both_servers() as pair:
        yield pair


@pytest.fixture(params=[0, 1], ids=["lnd", "cln"])
def server(request, servers):
    chosen = servers[request.param]
    chosen.recover()
    chosen.forget()
    return chosen


@pytest.fixture
def lnd(servers):
    servers[0].recover()
    return servers[0]
