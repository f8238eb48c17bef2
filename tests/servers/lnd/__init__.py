"""LND's REST interface on a real socket, with self-signed TLS and macaroons. See tests.servers.simulated."""

from tests.servers.lnd.server import READONLY, LndServer

__all__ = ["READONLY", "LndServer"]
