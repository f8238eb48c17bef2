"""A mempool on a real socket: `with MempoolServer() as server`. See server.py."""

from tests.servers.mempool.server import MempoolServer, mempool_node

__all__ = ["MempoolServer", "mempool_node"]
