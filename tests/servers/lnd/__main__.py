"""Stand in for an LND node: python -m tests.servers.lnd --port 8080. It prints how to connect it."""

import sys

from tests.servers.lnd.server import LndServer
from tests.servers.simulated.command import main
from tests.servers.simulated.example import PUBKEY

if __name__ == "__main__":
    sys.exit(main(lambda node, port: LndServer(node, port=port), program="tests.servers.lnd", port=8080, pubkey=PUBKEY))
