"""Optional services that run, and rows that lead to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from recommendations.domain.enrichment import Service
from recommendations.models import Enrichment
from recommendations.services import enrichment_defaults
from recommendations.services.sealing import seal
from tests.servers.hosted import HostedServer, Order
from tests.servers.lnbits import LNbitsServer
from tests.servers.mempool import MempoolServer
from tests.servers.mempool.server import usual_fees
from tests.servers.sparkseer import SparkseerServer


@dataclass(frozen=True)
class Outside:
    """The three services, running."""

    mempool: MempoolServer
    sparkseer: SparkseerServer
    lnbits: LNbitsServer

    def server(self, slug: Service) -> HostedServer:
        return {Service.MEMPOOL: self.mempool, Service.SPARKSEER: self.sparkseer, Service.LNBITS: self.lnbits}[slug]

    def calm(self) -> None:
        """Put every server back to its usual ways, and forget what was asked."""
        self.mempool.nodes, self.sparkseer.nodes = {}, {}
        self.sparkseer.as_list, self.lnbits.balance_msat = True, 12_345_678
        self.mempool.fees = usual_fees()
        for server in (self.mempool, self.sparkseer, self.lnbits):
            server.use(Order())
            server.requests.clear()


@contextmanager
def running() -> Iterator[Outside]:
    """Start the three services."""
    with MempoolServer() as mempool, SparkseerServer() as sparkseer, LNbitsServer() as lnbits:
        yield Outside(mempool, sparkseer, lnbits)


def rows(outside: Outside, *on: Service, key: str | None = None) -> None:
    """Make the rows, lead them to the running services, and switch these on. `key` "" stores none."""
    enrichment_defaults.load()
    for slug in Service:
        server = outside.server(slug)
        sealed = seal(server.key if key is None else key)
        Enrichment.objects.filter(slug=slug).update(address=server.url, is_enabled=slug in on, credential=sealed)


async def at_once(_seconds: float) -> None:
    """Do not wait for a turn."""
