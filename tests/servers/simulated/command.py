"""Stand in for a node on a developer's machine: print how to connect it, and let it live until interrupted."""

import argparse
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from recommendations.domain.readings import FailedAt
from tests.servers.simulated.example import simulated
from tests.servers.simulated.hosting import NodeServer
from tests.servers.simulated.node import SimulatedNode

Serve = Callable[[SimulatedNode, int], NodeServer]
POLL_S = 0.5


def main(serve: Serve, *, program: str, port: int, pubkey: str, arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; return the exit status."""
    given = _parser(program, port, pubkey).parse_args(arguments)
    node = simulated(given.pubkey, channels=given.channels, forwards=given.forwards, seed=given.seed)
    stopping = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopping.set())
    try:
        with serve(node, given.port) as server, tempfile.TemporaryDirectory(prefix="simulated-node-") as folder:
            _introduce(server, program=program, certificate=Path(folder) / "certificate.pem")
            _live(server, stopping, per_minute=given.per_minute, seed=given.seed)
    except OSError as exc:
        print(f"Unable to listen on port {given.port}: {exc.strerror}", file=sys.stderr)
        return 1
    return 0


def _parser(program: str, port: int, pubkey: str) -> argparse.ArgumentParser:
    line = argparse.ArgumentParser(prog=f"python -m {program}", description=__doc__)
    line.add_argument("--port", type=int, default=port, help="0 takes any free one")
    line.add_argument("--pubkey", default=pubkey, help="the node's key")
    line.add_argument("--channels", type=int, default=12, help="how many open channels; at least 2")
    line.add_argument("--forwards", type=int, default=400, help="how many of the latest four weeks")
    line.add_argument("--per-minute", type=float, default=6.0, help="forwards that arrive while it runs; 0: none")
    line.add_argument("--seed", type=int, default=1, help="the same number gives the same node")
    return line


def _introduce(server: NodeServer, *, program: str, certificate: Path) -> None:
    certificate.write_text(server.certificate)
    print(f"{program}: a simulated node, {len(server.node.channels)} channels. It moves no money.")
    print(f"node         {server.node.pubkey}")
    print(f"address      {server.address}")
    print(f"credential   {server.credential}")
    print(f"certificate  {certificate}")
    print("Ctrl-C stops it.", flush=True)


def _live(server: NodeServer, stopping: threading.Event, *, per_minute: float, seed: int) -> None:
    rng, printed = Random(seed), 0
    wait_s = 60 / per_minute if per_minute > 0 else None
    until_next_s = wait_s or 0.0
    while not stopping.wait(POLL_S):
        until_next_s -= POLL_S
        if wait_s is not None and until_next_s <= 0:
            _happen(server.node, rng)
            until_next_s = wait_s * rng.uniform(0.5, 1.5)
        for asked in server.requests[printed:]:
            print(f"{asked.method} {asked.path} {asked.status or '-'}", flush=True)
            printed += 1


def _happen(node: SimulatedNode, rng: Random) -> None:
    """Let one payment come by: three of four settle and move balances."""
    incoming, outgoing = rng.sample([one for one in node.channels.values() if one.is_active], 2)
    amount_sat = rng.randrange(1_000, 300_000)
    fee_msat = outgoing.own_policy.base_fee_msat + amount_sat * outgoing.own_policy.fee_ppm // 1000
    amount_msat = amount_sat * 1000
    if outgoing.local_sat < amount_sat:
        node.refuse_forward(incoming.scid, outgoing.scid, amount_msat=amount_msat, fee_msat=fee_msat)
        return
    forward = node.offer_forward(incoming.scid, outgoing.scid, amount_msat=amount_msat, fee_msat=fee_msat)
    if rng.random() < 0.25:
        node.fail(forward, failed_at=FailedAt.DOWNSTREAM, reason="")
        return
    node.settle(forward)
    node.set_balance(outgoing.scid, outgoing.local_sat - amount_sat)
    node.set_balance(incoming.scid, min(incoming.capacity_sat, incoming.local_sat + amount_sat))
