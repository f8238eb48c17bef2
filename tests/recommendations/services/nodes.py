"""Simulated nodes that an operator has connected: what tests of reading nodes begin with."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from recommendations.models import Forward, NodeConnection
from recommendations.services import connect, sync_node
from recommendations.services.sync_steps import Stage
from tests.servers.cln import ClnServer
from tests.servers.lnd import LndServer
from tests.servers.simulated import NodeServer, simulated

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LND_KEY, CLN_KEY = "02" + "ab" * 32, "03" + "cd" * 32


@contextmanager
def both_servers() -> Iterator[tuple[LndServer, ClnServer]]:
    """A small LND and a small Core Lightning node, on real sockets."""
    with ExitStack() as stack:
        lnd = stack.enter_context(LndServer(simulated(LND_KEY, forwards=60, at=AT)))
        cln = stack.enter_context(ClnServer(simulated(CLN_KEY, forwards=60, at=AT, seed=2)))
        yield lnd, cln


def connected(server: NodeServer, user, *, at: datetime = AT, graph_every_h: int = 0) -> NodeConnection:
    """Connect a simulated node, not read yet."""
    cadence = connect.Cadence(refresh_every_min=15, graph_every_h=graph_every_h)
    return connect.connect_node(server.endpoint, cadence=cadence, user=user, at=at)


def read(row: NodeConnection, *, at: datetime = AT, **more) -> Stage | None:
    """Read a node to the end, or for as long as the test says, and bring the row up to date."""
    rest = sync_node.run_slice(row.pk, at=at, **{"slice_s": None, **more})
    row.refresh_from_db()
    return rest


def forwards_of(row: NodeConnection) -> list[tuple[object, ...]]:
    names = ("at", "incoming_scid", "outgoing_scid", "amount_in_msat", "amount_out_msat", "fee_msat")
    return sorted(Forward.objects.filter(connection=row).values_list(*names))


def settled_by(server: NodeServer) -> list[tuple[object, ...]]:
    return sorted(
        (
            forward.resolved_at,
            forward.incoming_scid,
            forward.outgoing_scid,
            forward.amount_in_msat,
            forward.amount_out_msat,
            forward.fee_msat,
        )
        for forward in server.node.settled()
    )
