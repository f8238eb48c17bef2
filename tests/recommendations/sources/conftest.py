"""A simulated node behind each implementation's server."""

from collections.abc import Iterator

import pytest

from tests.recommendations.sources.sources import AT, SERVERS
from tests.servers.simulated import NodeServer, simulated


@pytest.fixture(params=tuple(SERVERS))
def server(request: pytest.FixtureRequest) -> Iterator[NodeServer]:
    """Yield the node behind one implementation after the other."""
    with SERVERS[request.param](simulated(at=AT)) as started:
        yield started
