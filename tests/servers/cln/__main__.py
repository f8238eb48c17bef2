"""Stand in for a Core Lightning node: python -m tests.servers.cln --port 3010. It prints how to connect it."""

import sys

from tests.servers.cln.server import ClnServer
from tests.servers.simulated.command import main

PUBKEY = "03" + "cd" * 32  # another node than the LND of the same name

if __name__ == "__main__":
    sys.exit(main(lambda node, port: ClnServer(node, port=port), program="tests.servers.cln", port=3010, pubkey=PUBKEY))
