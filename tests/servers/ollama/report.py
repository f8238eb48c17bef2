"""Put the records of a server into a few numbers, and into JSON that another process can read."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tests.servers.ollama.gojson import Json
from tests.servers.ollama.records import Generation, Load, Request, Unload, Wait
from tests.servers.ollama.scheduler import Runner
from tests.servers.ollama.state import House


@dataclass(frozen=True, slots=True)
class Resident:
    """One model in memory now, or on its way there."""

    model: str
    is_loading: bool
    slots: int
    speaking: int  # requests that hold a slot
    waiting: int  # requests that want one
    num_ctx: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What is going on, and the totals since the start or the latest `forget_records`. Seconds and counts."""

    uptime_s: float
    connections: int
    open_connections: int
    open_requests: int
    speaking: int
    waiting: int
    waiting_for_load: int  # of them, in the queue that MAX_QUEUE bounds
    peak_requests: int
    peak_speaking: int
    peak_waiting: int
    longest_wait_s: float
    resident: tuple[Resident, ...]
    totals: Mapping[str, int]  # requests, tokens, generations_done, loads, loads_reload, unloads_evicted, …

    @property
    def loads(self) -> int:
        """Return the loads that ended well; the aborted and failed ones are in the totals."""
        return self.totals.get("loads", 0)

    @property
    def evictions(self) -> int:
        return self.totals.get("unloads_evicted", 0)

    @property
    def tokens_after_close(self) -> int:
        """Return the tokens generated for clients that had left, all together."""
        return self.totals.get("tokens_after_close", 0)


def snapshot(house: House) -> Snapshot:
    """Return the state of a server. Safe from any thread."""
    ledger, now = house.ledger, time.monotonic()
    return Snapshot(
        uptime_s=now - ledger.began_at,
        connections=ledger.connections,
        open_connections=ledger.open_connections,
        open_requests=ledger.active(),
        speaking=ledger.active("speaking"),
        waiting=ledger.active("waiting"),
        waiting_for_load=house.scheduler.pending,
        peak_requests=ledger.peak(),
        peak_speaking=ledger.peak("speaking"),
        peak_waiting=ledger.peak("waiting"),
        longest_wait_s=max((wait.seconds(now) for wait in ledger.waits()), default=0.0),
        resident=tuple(_resident(house, runner) for runner in house.scheduler.resident()),
        totals=dict(ledger.totals()),
    )


def _resident(house: House, runner: Runner) -> Resident:
    name = runner.model.name
    return Resident(
        model=name,
        is_loading=runner.is_loading,
        slots=runner.parallel,
        speaking=house.ledger.active(f"speaking {name}"),
        waiting=house.ledger.active(f"waiting {name}"),
        num_ctx=runner.options.num_ctx,
    )


def report(house: House, *, with_records: bool = True) -> Json:
    """Return the snapshot and the records as plain JSON. Times are seconds since the records began."""
    found: Json = asdict(snapshot(house))
    found["scenarios"] = {model: fault.scenario for model, fault in house.faults.standing().items()}
    if not with_records:
        return found
    ledger, origin = house.ledger, house.ledger.began_at
    return found | {
        "requests": [_request(one, origin) for one in ledger.requests()],
        "generations": [_generation(one, origin) for one in ledger.generations()],
        "loads": [_timed(one, origin) for one in ledger.loads()],
        "unloads": [_timed(one, origin) for one in ledger.unloads()],
        "waits": [_timed(one, origin) for one in ledger.waits()],
        "queue_depth": [(at - origin, depth) for at, depth in depths(ledger.waits())],
    }


def depths(waits: Iterable[Wait]) -> list[tuple[float, int]]:
    """Return how many requests waited, at each moment that changed it. Times are `time.monotonic()`."""
    spans = list(waits)
    steps = [(wait.started_at, 1) for wait in spans]
    steps += [(wait.finished_at, -1) for wait in spans if wait.finished_at is not None]
    found, depth = [], 0
    for at, change in sorted(steps):
        depth += change
        found.append((at, depth))
    return found


def _request(request: Request, origin: float) -> Json:
    # No body and no headers: a report may be large enough without prompts.
    names = ("number", "connection", "method", "path", "scenario", "status", "hung_up")
    spans = {"started_at": request.started_at, "finished_at": request.finished_at}
    return {name: getattr(request, name) for name in names} | _shifted(spans, origin)


def _generation(generation: Generation, origin: float) -> Json:
    names = ("number", "request", "path", "model", "scenario", "streamed", "num_ctx", "prompt_tokens", "outcome")
    more = ("tokens_generated", "tokens_after_close", "closed_by_client", "payload_bytes")
    moments = ("asked_at", "started_at", "finished_at", "closed_at")
    spans = {name: getattr(generation, name) for name in moments}
    return {name: getattr(generation, name) for name in (*names, *more)} | _shifted(spans, origin)


def _timed(record: Load | Unload | Wait, origin: float) -> Json:
    values = asdict(record)
    moments = {name: value for name, value in values.items() if name == "at" or name.endswith("_at")}
    return values | _shifted(moments, origin)


def _shifted(moments: Mapping[str, Any], origin: float) -> Json:
    return {name: None if at is None else round(at - origin, 6) for name, at in moments.items()}
