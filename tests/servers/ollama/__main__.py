"""Stand in for one or several Ollama hosts on a developer's machine. It never runs a model.

    python -m tests.servers.ollama                                  one host on port 11434
    python -m tests.servers.ollama --hosts 3                        ports 11434 to 11436: resident, cold, failing
    python -m tests.servers.ollama --scenario error_line            every answer breaks off
    curl localhost:11434/_stand_in/report                           what happened so far, as JSON
    curl localhost:11434/_stand_in/scenario -d '{"scenario": "stall_mid_stream", "times": 1}'

More in tests/servers/README.md.
"""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

from tests.servers.ollama.catalog import InstalledModel
from tests.servers.ollama.orders import WORD
from tests.servers.ollama.scenarios import Fault, Scenario, as_fault
from tests.servers.ollama.server import USUAL_MODELS, OllamaServer

REPORT_EVERY_S = 0.5
HISTORY = 5000  # records of each kind that a long run keeps
USUAL_DISK_GB_PER_S = 2.0  # an ordinary SSD; used when there are several hosts to tell apart
SLOWDOWN = 4.0  # how much slower a host is whose model is partly on the processor

ROLES = {
    "resident": "every model that fits is in memory",
    "cold": "nothing is in memory: the first request loads",
    "failing": "everything that works a model answers 500",
    "slow": f"in memory, a third of it on the graphics card, {SLOWDOWN:g} times slower",
    "busy": "in memory, and answers 503",
}
USUAL_ROLES = ("resident", "cold", "failing")


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    line = argparse.ArgumentParser(
        prog="python -m tests.servers.ollama", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    line.add_argument("--host", default="127.0.0.1")
    line.add_argument("--port", type=int, default=11434, help="of the first host; 0 takes any free ones")
    line.add_argument("--hosts", type=int, default=1, metavar="N", help="how many hosts, on consecutive ports")
    told = "; ".join(f"{name}: {what}" for name, what in ROLES.items())
    line.add_argument("--roles", help=f"one per host, comma-separated, in turn ({told})")
    line.add_argument("--models", default=",".join(USUAL_MODELS), help="comma-separated names")
    line.add_argument("--scenario", default=Scenario.NORMAL, choices=[str(one) for one in Scenario], metavar="NAME")
    line.add_argument("--tokens", type=int, default=0, help="say so many tokens instead of an answer from the prompt")
    _add_pace(line)
    line.add_argument("--list-scenarios", action="store_true", help="print the names and leave")
    line.add_argument("--quiet", action="store_true", help="do not print the requests")
    return line


def _add_pace(line: argparse.ArgumentParser) -> None:
    line.add_argument("--token-delay", type=float, default=0.03, help="seconds between tokens")
    line.add_argument("--prompt-delay", type=float, default=0.0, help="seconds before the first token")
    line.add_argument("--cold-load", type=float, default=0.0, help="seconds that any load takes")
    line.add_argument("--disk-speed", type=float, help="GB/s: adds to a load by the model's size; 0 loads at once")
    line.add_argument("--num-parallel", type=int, default=1, help="slots per model, OLLAMA_NUM_PARALLEL")
    line.add_argument("--max-loaded", type=int, default=3, help="models in memory, OLLAMA_MAX_LOADED_MODELS")
    line.add_argument("--max-queue", type=int, default=512, help="requests that wait for a load, OLLAMA_MAX_QUEUE")
    line.add_argument("--keep-alive", type=float, default=300.0, help="seconds, OLLAMA_KEEP_ALIVE")
    line.add_argument("--num-ctx", type=int, default=4096, help="OLLAMA_CONTEXT_LENGTH")


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; return the exit status."""
    line = parser()
    given = line.parse_args(arguments)
    if given.list_scenarios:
        print(*Scenario, sep="\n")
        return 0
    roles = _roles(given)
    if unknown := [role for role in roles if role and role not in ROLES]:
        line.error(f"unknown role {unknown[0]}; choose from {', '.join(ROLES)}")
    servers = [_server(given, number, role) for number, role in enumerate(roles)]
    try:
        return _serve(servers, roles, quiet=given.quiet)
    except OSError as exc:
        print(f"Unable to listen on {given.host}:{given.port}: {exc.strerror}", file=sys.stderr)
        return 1


def _roles(given: argparse.Namespace) -> list[str]:
    """Return one role per host; a single host has none unless it was given one."""
    usual = USUAL_ROLES if given.hosts > 1 else ("",)
    named = given.roles.split(",") if given.roles else usual
    return [named[number % len(named)] for number in range(given.hosts)]


def _server(given: argparse.Namespace, number: int, role: str) -> OllamaServer:
    disk_gb_per_s = (USUAL_DISK_GB_PER_S if role else 0.0) if given.disk_speed is None else given.disk_speed
    models = [_model(name, role, token_delay_s=given.token_delay) for name in given.models.split(",") if name]
    words = (WORD,) * given.tokens
    return OllamaServer(
        models,
        scenario=_scenario(given, role),
        respond=(lambda _request: words) if words else None,
        host=given.host,
        port=given.port + number if given.port else 0,
        token_delay_s=given.token_delay,
        prompt_delay_s=given.prompt_delay,
        cold_load_s=given.cold_load,
        num_parallel=given.num_parallel,
        max_loaded=given.max_loaded,
        max_queue=given.max_queue,
        num_ctx=given.num_ctx,
        keep_alive_s=given.keep_alive,
        load_bytes_per_s=disk_gb_per_s * 1e9 or None,
        resident=() if role in ("", "cold") else [model.name for model in models[: given.max_loaded]],
        history=HISTORY,
    )


def _model(name: str, role: str, *, token_delay_s: float) -> InstalledModel:
    model = InstalledModel(name)
    if role != "slow":
        return model
    return replace(model, vram_share=1 / 3, tokens_per_s=1 / (SLOWDOWN * token_delay_s) if token_delay_s else None)


def _scenario(given: argparse.Namespace, role: str) -> Fault:
    spoiled = {"failing": Scenario.ERROR_500, "busy": Scenario.ERROR_503}
    return as_fault(spoiled.get(role, given.scenario))


def _serve(servers: Sequence[OllamaServer], roles: Sequence[str], *, quiet: bool) -> int:
    stopping = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopping.set())
    with ExitStack() as stack:
        for server, role in zip(servers, roles, strict=True):
            stack.enter_context(server)
            print(f"Ollama stand-in on {server.url}{f' ({role})' if role else ''}", flush=True)
        print("None of them runs a model. Ctrl-C stops them.", flush=True)
        printed = dict.fromkeys(servers, 0)
        while not stopping.wait(REPORT_EVERY_S):
            for server in () if quiet else servers:
                printed[server] = _print_news(server, after=printed[server])
    return 0


def _print_news(server: OllamaServer, *, after: int) -> int:
    """Print the requests that finished in order; return the number of the latest printed."""
    for request in server.requests:
        if request.number <= after:
            continue
        if request.finished_at is None:
            break
        ending = " (the client left)" if request.hung_up else ""
        print(
            f"{server.port} {request.method} {request.path} {request.status or '-'} {request.scenario}{ending}",
            flush=True,
        )
        after = request.number
    return after


if __name__ == "__main__":
    sys.exit(main())
