"""Stand in for Ollama on a developer's machine: `python -m tests.servers.ollama --models llama3:8b-instruct`."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence

from tests.servers.ollama.scenarios import Scenario
from tests.servers.ollama.server import USUAL_MODELS, OllamaServer

REPORT_EVERY_S = 0.5


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    line = argparse.ArgumentParser(prog="python -m tests.servers.ollama", description=__doc__)
    line.add_argument("--host", default="127.0.0.1")
    line.add_argument("--port", type=int, default=11434)
    line.add_argument("--models", default=",".join(USUAL_MODELS), help="comma-separated names")
    line.add_argument("--scenario", default=Scenario.NORMAL, choices=[str(one) for one in Scenario], metavar="NAME")
    line.add_argument("--token-delay", type=float, default=0.03, help="seconds between tokens")
    line.add_argument("--prompt-delay", type=float, default=0.0, help="seconds before the first token")
    line.add_argument("--cold-load", type=float, default=0.0, help="seconds to load a model")
    line.add_argument("--num-parallel", type=int, default=1)
    line.add_argument("--max-loaded", type=int, default=3)
    line.add_argument("--num-ctx", type=int, default=4096)
    line.add_argument("--list-scenarios", action="store_true", help="print the names and leave")
    line.add_argument("--quiet", action="store_true", help="do not print the requests")
    return line


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; return the exit status."""
    given = parser().parse_args(arguments)
    if given.list_scenarios:
        print(*Scenario, sep="\n")
        return 0
    server = OllamaServer(
        [name for name in given.models.split(",") if name],
        scenario=given.scenario,
        host=given.host,
        port=given.port,
        token_delay_s=given.token_delay,
        prompt_delay_s=given.prompt_delay,
        cold_load_s=given.cold_load,
        num_parallel=given.num_parallel,
        max_loaded=given.max_loaded,
        num_ctx=given.num_ctx,
    )
    try:
        return _serve(server, quiet=given.quiet)
    except OSError as exc:
        print(f"Unable to listen on {given.host}:{given.port}: {exc.strerror}", file=sys.stderr)
        return 1


def _serve(server: OllamaServer, *, quiet: bool) -> int:
    stopping = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopping.set())
    with server:
        print(f"Ollama stand-in on {server.url}; it never runs a model. Ctrl-C stops it.", flush=True)
        while not stopping.wait(REPORT_EVERY_S):
            _report(server, quiet=quiet)
    return 0


def _report(server: OllamaServer, *, quiet: bool) -> None:
    """Print what has finished, and forget it so that a long run stays small."""
    if any(request.finished_at is None for request in server.requests):
        return
    finished = server.requests
    server.forget_records()
    for request in () if quiet else finished:
        ending = " (the client left)" if request.hung_up else ""
        print(f"{request.method} {request.path} {request.status or '-'} {request.scenario}{ending}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
