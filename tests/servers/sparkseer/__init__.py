"""Sparkseer on a real socket: `with SparkseerServer() as server`. See server.py."""

from tests.servers.sparkseer.server import SparkseerServer, sparkseer_node

__all__ = ["SparkseerServer", "sparkseer_node"]
