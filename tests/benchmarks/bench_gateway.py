"""What the gateway adds to a host's own latency, how many streams it carries, and LiteLLM on the same job.

One Daphne process as `make run` serves it, on real PostgreSQL, with key, limits, routing, admission and ledger. The
host is the wire-faithful Ollama in a process of its own, asked directly for comparison; its slots are so many that
nobody queues. The client is lean and a process of its own. Ratios say more than figures while others use this machine.
"""

import os
import statistics
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from django.db import connection
from django.utils import timezone

from models_registry.models import Provider
from models_registry.services import defaults, keys
from models_registry.services.health import check_all
from tests.benchmarks.bench_retrieval import fresh_database
from tests.benchmarks.gateway_client import Job, Tally
from tests.benchmarks.gateway_servers import HOST, MASTER_KEY, NotInstallable, Running, ask, cpu_s, litellm, upstream
from tests.journeys.served import Served

MODEL = "llama3:8b-instruct"
SHORT_CHAT_MODELS = ("mistral:7b", "llama3.2:3b", "gemma2:9b")
TOKENS = 20
ROUNDS = 3
RATE, RATED = 50.0, 500  # streams a second, streams in all
AT_ONCE, CLOSED = 16, 500
MANY = 500
SLOTS = 1000
TARGETS = {"added_p50_ms": 5, "added_p99_ms": 25, "times_litellm": 3, "dropped": 0}
NO_LIMIT: dict[str, Any] = {"requests_per_minute": 1_000_000, "requests_per_hour": 10_000_000}
QUESTION = [{"role": "user", "content": "Why are my fees too low?"}]
# A small model on a processor, as section 8 of the plan has it: simulated, for no model runs here.
CPU_PACE = {"token_delay": 0.08, "prompt_delay": 0.6, "cold_load": 1.5}


def run() -> dict[str, Any]:
    """Return the figures of one process; every time is in milliseconds unless its name says otherwise."""
    with fresh_database(), TemporaryDirectory() as scratch, _served(Path(scratch)) as served:
        key = keys.create("bench", **NO_LIMIT).text
        with upstream(MODEL, tokens=TOKENS) as host:
            _point_at(host)
            ways = {"direct": _direct(host), "gateway": _through(served, key)}
            ask(replace(ways["gateway"], streams=50, at_once=4))  # both are warm when it counts
            told = {"first_word": _added(ways), **_carried(served.process, host, ways["gateway"])}
        return {"name": "gateway", "targets": TARGETS, **told, **_many(served, key), **_short_chat(served, key)}


def _added(ways: dict[str, Job]) -> dict[str, Any]:
    """Return the time to the first word at a fixed rate, directly and through the gateway, round by round."""
    rounds = []
    for _ in range(ROUNDS):
        tallies = {name: ask(replace(job, streams=RATED, per_second=RATE)) for name, job in ways.items()}
        rounds.append({name: _percentiles(tally.first_word_ms) | _lost(tally) for name, tally in tallies.items()})
    added = [{name: round(one["gateway"][name] - one["direct"][name], 2) for name in ("p50", "p99")} for one in rounds]
    return {
        "streams_per_second": RATE,
        "rounds": {str(number): one for number, one in enumerate(rounds, start=1)},
        "added_p50_ms": statistics.median(one["p50"] for one in added),
        "added_p99_ms": statistics.median(one["p99"] for one in added),
        "best_added_p50_ms": min(one["p50"] for one in added),
        "best_added_p99_ms": min(one["p99"] for one in added),
    }


def _carried(process: Any, host: Running, job: Job) -> dict[str, Any]:
    """Return streams a second in a closed loop, and those of LiteLLM beside them, measured in turn."""
    closed = replace(job, streams=CLOSED, at_once=AT_ONCE)
    ours, theirs, reason = [], [], ""
    try:
        with litellm(host.url, model=MODEL, folder=_cache()) as other:
            rival = replace(closed, port=other.port, streams=CLOSED // 2, headers=_bearer(MASTER_KEY))
            ask(replace(rival, streams=20))
            for _ in range(ROUNDS):
                ours.append(_loop(closed, process))
                theirs.append(_loop(rival, other.process))
    except NotInstallable as exc:
        reason = str(exc)
        ours = [_loop(closed, process) for _ in range(ROUNDS)]
    told: dict[str, Any] = {"tokens_per_stream": TOKENS, "at_once": AT_ONCE, "slots": SLOTS, "streams": _middle(ours)}
    if reason:
        return {**told, "litellm": f"skipped: {reason}"}
    told["litellm"] = _middle(theirs)
    for name in ("streams_per_second", "cpu_ms_per_stream"):
        more, less = (
            (told["streams"], told["litellm"]) if name.startswith("streams") else (told["litellm"], told["streams"])
        )
        told[f"times_litellm_by_{name}"] = round(more[name] / less[name], 2) if less[name] else None
    return told


def _loop(job: Job, process: Any) -> dict[str, float]:
    before = cpu_s(process)
    tally = ask(job)
    used_ms = (cpu_s(process) - before) * 1000
    finished = len(tally.whole_ms)
    return {
        "streams_per_second": finished / tally.took_s,
        "cpu_ms_per_stream": used_ms / max(1, finished),
        "p50": statistics.median(tally.whole_ms or [0.0]),
        **_lost(tally),
    }


def _many(served: Served, key: str) -> dict[str, Any]:
    """Return what many streams at once cost, while each is open for seconds."""
    with upstream(MODEL, tokens=TOKENS, token_delay=0.3) as host:
        _point_at(host)
        with _watched(served) as peak:
            before = peak[0]
            tally = ask(replace(_through(served, key), streams=MANY, at_once=MANY))
        grown = max(peak) - before
    told = {"streams": MANY, **_lost(tally), **_percentiles(tally.first_word_ms)}
    return {"many": {**told, "kib_per_stream": round(grown / MANY / 1024, 1), "peak_mib": round(max(peak) / 2**20)}}


def _short_chat(served: Served, key: str) -> dict[str, Any]:
    """Return the times of short answers by three models in rotation, at simulated speeds (GW-11)."""
    with upstream(*SHORT_CHAT_MODELS, tokens=TOKENS, **CPU_PACE) as host:
        _point_at(host, slots=1)
        jobs = [replace(_through(served, key, model=model), streams=6) for model in SHORT_CHAT_MODELS]
        with ThreadPoolExecutor(len(jobs)) as clients:
            tallies = list(clients.map(ask, jobs))
    whole_s = [took / 1000 for tally in tallies for took in tally.whole_ms]
    told = {"speeds": "simulated", **CPU_PACE, "n": len(whole_s), "dropped": sum(len(one.dropped) for one in tallies)}
    times = {"mean_s": round(statistics.mean(whole_s), 2), "p95_s": round(_share(whole_s, 0.95), 2)}
    return {"short_chat": {**told, **times, "target_mean_s": 5, "target_p95_s": 10}}


def _direct(host: Running) -> Job:
    body = {"model": MODEL, "messages": QUESTION, "stream": True}
    return Job(HOST, host.port, "/api/chat", body, streams=0, must_contain='"done":true')


def _through(served: Served, key: str, *, model: str = MODEL) -> Job:
    body = {"model": model, "messages": QUESTION, "stream": True, "max_tokens": TOKENS * 2}
    path, done = "/v1/chat/completions", "data: [DONE]"
    return Job(HOST, served.port, path, body, streams=0, headers=_bearer(key), must_contain=done)


def _bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _point_at(host: Running, *, slots: int = SLOTS) -> None:
    """Let the Ollama row name this host, and find its models as they are found in the product."""
    Provider.objects.filter(slug="ollama").update(base_url=host.url, slots=slots, queue_limit=5000, is_healthy=None)
    check_all(at=timezone.now())


@contextmanager
def _served(scratch: Path) -> Iterator[Served]:
    """Serve the application as `make run` does: pooled connections, metrics shared through files, no access log."""
    defaults.load(at=timezone.now())
    Provider.objects.exclude(slug="ollama").update(is_enabled=False)
    (scratch / "metrics").mkdir()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(scratch / "metrics")
    try:
        with Served(dict(connection.settings_dict), scratch / "daphne.log") as served:
            yield served
    finally:
        del os.environ["PROMETHEUS_MULTIPROC_DIR"]


@contextmanager
def _watched(served: Served) -> Iterator[list[int]]:
    """Yield a growing list of the served process's resident memory in bytes; the first is what it had before."""
    assert served.process
    process, over = psutil.Process(served.process.pid), threading.Event()
    seen = [process.memory_info().rss]

    def look() -> None:
        while not over.wait(0.05):
            seen.append(process.memory_info().rss)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def _cache() -> Path:
    """Return where LiteLLM's virtual environment is kept: never in the repository."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "lnrag-bench" / "litellm"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _middle(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(one[name] for one in rounds), 1) for name in rounds[0]}


def _percentiles(times_ms: list[float]) -> dict[str, float]:
    return {"p50": round(_share(times_ms, 0.5), 2), "p99": round(_share(times_ms, 0.99), 2)}


def _share(values: list[float], share: float) -> float:
    ordered = sorted(values) or [float("nan")]
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _lost(tally: Tally) -> dict[str, float]:
    return {"dropped": len(tally.dropped)}
