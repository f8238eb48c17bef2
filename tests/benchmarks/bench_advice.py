"""Advice for every node of the real network in one job; the largest node alone; and a remembered answer over HTTP.

`python -m tests.benchmarks advice`: the job runs as `manage.py advise_all` in a process of its own, whose peak memory
is told; the rest is asked over HTTP from one served process. Words come from the echo host at once, so the times are
our own. Several rounds; the middle one and the best one, since others may be at work on the machine.
"""

import json
import os
import random
import resource
from functools import partial
from typing import Any

from django.db.models import F

from recommendations.models import NodeMetrics
from tests.benchmarks.advice_servers import (
    Server,
    at_rate,
    furnished,
    largest_nodes,
    managed,
    percentiles,
    served,
    snapshot_path,
    timed_ms,
)

ROUNDS, CALLS = 3, 20
RATE_PER_S, ASKED, POPULAR, SEED = 50, 500, 50, 7
TARGET_LARGEST_P95_MS, TARGET_CACHED_P95_MS = 150.0, 20.0


def run() -> dict[str, object]:
    """Return seconds and memory of the job, and p50 and p95 over HTTP; `skipped` names what is absent."""
    if not snapshot_path().is_file():
        return {"name": "advice", "skipped": f"the real snapshot is not at {snapshot_path()}"}
    with furnished():
        told: dict[str, object] = {"name": "advice", "all_nodes": _all_nodes()}
        with served() as server:
            told |= {"largest_node": _largest(server), "largest_node_read_anew": _largest(server, is_changing=True)}
            return told | {"remembered": _remembered(server)}


def _all_nodes() -> dict[str, object]:
    report = json.loads(managed("advise_all", "--network", "mainnet", "--json").stdout)
    peak_kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return {name: report[name] for name in ("nodes", "recommendations", "seconds")} | {"peak_mb": round(peak_kb / 1024)}


def _largest(server: Server, *, is_changing: bool = False) -> dict[str, object]:
    """Ask for the largest node's advice by rules, one request after the other.

    What the graph says of it is kept while nothing changes. With `is_changing` the row of its measures is written
    before each request, and what the import left behind is read anew.
    """
    (largest,) = largest_nodes(1)
    path = f"/api/v1/node/{largest}/recommendations?network=mainnet"
    ask = partial(server.client.get, path)
    for _ in range(3):
        ask().raise_for_status()
    before_ms = server.cpu_ms()
    rounds = []
    for _ in range(ROUNDS):
        times_ms = []
        for _ in range(CALLS):
            if is_changing:
                NodeMetrics.objects.filter(node__pubkey=largest).update(hhi=F("hhi"))
            times_ms.append(timed_ms(ask))
        rounds.append(percentiles(times_ms))
    cpu_ms = (server.cpu_ms() - before_ms) / CALLS / ROUNDS
    return _told(rounds, target_ms=TARGET_LARGEST_P95_MS) | {"cpu_ms": round(cpu_ms, 1)}


def _remembered(server: Server) -> dict[str, object]:
    """Ask for the v2 advice of popular nodes, evenly, when each was answered before: 50 requests each second."""
    paths = [f"/api/v1/node/{pubkey}/recommendations/v2?network=mainnet" for pubkey in largest_nodes(POPULAR)]
    for path in (*paths, *paths):  # said once, told from memory once
        server.client.get(path).raise_for_status()
    chance, before_ms = random.Random(SEED), server.cpu_ms()
    rounds, cached = [], 0
    for _ in range(ROUNDS):
        answers = at_rate(server.client, [chance.choice(paths) for _ in range(ASKED)], per_s=RATE_PER_S)
        rounds.append(percentiles([took_ms for took_ms, _ in answers]))
        cached += sum(body is not None and body["metadata"]["cached"] for _, body in answers)
    cpu_ms = (server.cpu_ms() - before_ms) / ASKED / ROUNDS
    shares = {"share_cached": round(cached / ASKED / ROUNDS, 4), "cpu_ms": round(cpu_ms, 1)}
    return _told(rounds, target_ms=TARGET_CACHED_P95_MS) | shares


def _told(rounds: list[dict[str, float]], *, target_ms: float) -> dict[str, Any]:
    ordered = sorted(rounds, key=lambda one: one["p95_ms"])
    best, middle = ordered[0], ordered[len(ordered) // 2]
    load = round(os.getloadavg()[0], 1)
    return middle | {"best_round_p95_ms": best["p95_ms"], "target_p95_ms": target_ms, "load_average": load}
