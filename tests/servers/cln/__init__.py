"""Core Lightning's REST plugin on a real socket, with TLS of its own root and runes. See tests.servers.simulated."""

from tests.servers.cln.server import READONLY, ClnServer

__all__ = ["READONLY", "ClnServer"]
