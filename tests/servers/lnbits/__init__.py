"""LNbits on a real socket: `with LNbitsServer() as server`. See server.py."""

from tests.servers.lnbits.server import LNbitsServer

__all__ = ["LNbitsServer"]
