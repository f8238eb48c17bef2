"""A Lightning node that does not exist: its state, its past, and what every implementation has in common on a socket.

    node = simulated()                              # 12 channels, four weeks of forwards; same seed, same node
    with LndServer(node) as server:                 # tests.servers.lnd; or ClnServer of tests.servers.cln
        async with connect(server.endpoint) as source:
            await source.channels()
        node.add_forward(scid, other_scid)          # change the node while it runs; the next answer tells of it
        node.set_policy(scid, fee_ppm=250)
        node.drop_channel(scid)                     # also begin_closing, set_balance, offer_, refuse_forward, fail
        server.unplug(); server.plug_in()           # refuse connections, and listen again on the same port
        server.use(Kind.SLOW)                       # from now on; Fault(Kind.STATUS, status=503) with particulars
        server.enqueue(Kind.RESET, Kind.BROKEN_JSON)  # the next two requests
        server.recover()
        server.requests                             # everything that was asked: method, path, query, headers, body

`server.address`, `server.credential` and `server.certificate` are what an operator would enter; `server.endpoint` is
the three as a value. `server.allow(credential, …)` makes another credential: for LND with `info`, `offchain`,
`onchain`, for Core Lightning with names of methods.
"""

from tests.servers.simulated.example import PUBKEY, a_policy, simulated
from tests.servers.simulated.faults import Fault, Kind
from tests.servers.simulated.hosting import Asked, NodeServer
from tests.servers.simulated.node import (
    SimChannel,
    SimClosed,
    SimClosing,
    SimForward,
    SimOpening,
    SimRebalance,
    SimulatedNode,
    txid,
)
from tests.servers.simulated.tls import Identity, self_signed, signed_by_own_root

__all__ = [
    "PUBKEY",
    "Asked",
    "Fault",
    "Identity",
    "Kind",
    "NodeServer",
    "SimChannel",
    "SimClosed",
    "SimClosing",
    "SimForward",
    "SimOpening",
    "SimRebalance",
    "SimulatedNode",
    "a_policy",
    "self_signed",
    "signed_by_own_root",
    "simulated",
    "txid",
]
