"""What the stand-ins for hosts with server-sent events share: a socket, orders, records, and the cutting of bytes."""

from tests.servers.hosted.orders import Fault, Order
from tests.servers.hosted.records import Generation, Outcome, Request
from tests.servers.hosted.server import HostedServer

__all__ = ["Fault", "Generation", "HostedServer", "Order", "Outcome", "Request"]
