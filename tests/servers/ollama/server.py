"""The face of the stand-in: start it, give it orders, read its records."""

import asyncio
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from tests.servers.ollama.catalog import InstalledModel, Shelf, normalized
from tests.servers.ollama.gojson import Json
from tests.servers.ollama.hosting import Host
from tests.servers.ollama.options import LoadOptions
from tests.servers.ollama.records import Generation, Load, LoadCause, Request, Unload, UnloadCause, Wait
from tests.servers.ollama.report import Snapshot, report, snapshot
from tests.servers.ollama.scenarios import Fault, FaultBook, Scenario
from tests.servers.ollama.scheduler import Limits
from tests.servers.ollama.state import House, Pace, Respond

USUAL_MODELS = ("llama3:8b-instruct", "nomic-embed-text")
LOOPBACK = ("127.0.0.1", "localhost", "::1")  # bound here, the real server checks the Host header
POLL_S = 0.005


class OllamaServer:
    """A faithful Ollama on a real socket: `with OllamaServer() as server: client.get(server.url)`.

    Every method may be called from any thread. Records are copies: ask again for news. `resident` models are in
    memory from the start, whatever options the first request brings; `history` bounds the records of a long run.
    """

    def __init__(
        self,
        models: Sequence[str | InstalledModel] = USUAL_MODELS,
        *,
        scenario: str | Scenario | Fault = Scenario.NORMAL,
        respond: Respond | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        version: str = "0.33.0",
        token_delay_s: float = 0.0,
        prompt_delay_s: float = 0.0,
        cold_load_s: float = 0.0,
        num_parallel: int = 1,
        max_loaded: int = 3,
        max_queue: int = 512,
        num_ctx: int = 4096,
        keep_alive_s: float = 300.0,
        load_bytes_per_s: float | None = None,
        resident: Sequence[str] = (),
        history: int | None = None,
    ) -> None:
        self.limits = Limits(num_parallel, max_loaded, max_queue, keep_alive_s, cold_load_s, load_bytes_per_s)
        self.pace = Pace(token_delay_s, prompt_delay_s)
        self._house = House(
            shelf=Shelf(models),
            faults=FaultBook(scenario),
            limits=self.limits,
            pace=self.pace,
            version=version,
            num_ctx=num_ctx,
            checks_host=host in LOOPBACK,
            respond=respond,
            history=history,
        )
        for model in map(self._house.shelf.find, resident):
            if model is not None:
                self._house.scheduler.place(model, LoadOptions(min(num_ctx, model.context_length)))
        self._host = Host(self._house, address=host, port=port)

    # Life

    def start(self) -> Self:
        """Bind and serve; returns once connections are accepted.

        :raises OSError: when the port is taken.
        """
        self._host.start()
        return self

    def stop(self) -> None:
        """Close every connection and the port; the records stay. A second call does nothing."""
        self._host.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        if exc is None and self._house.ledger.crashes:
            raise self._house.ledger.crashes[0]

    @property
    def host(self) -> str:
        return self._host.address

    @property
    def port(self) -> int:
        """Return the port; after the start the real one, when 0 was asked for."""
        return self._host.port

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    # Orders

    def use(self, scenario: str | Scenario | Fault) -> None:
        """From now on every request it fits meets this scenario."""
        self._house.faults.use(scenario)

    def enqueue(self, scenario: str | Scenario | Fault, *, times: int = 1) -> None:
        """The next `times` requests it fits meet this scenario; others pass by."""
        self._house.faults.enqueue(scenario, times=times)

    def fail(self, model: str, scenario: str | Scenario | Fault) -> None:
        """Every request for this model that it fits meets this scenario; NORMAL shields the model."""
        self._house.faults.fail(model, scenario)

    def recover(self) -> None:
        """Forget every scenario ordered so far."""
        self._house.faults.forget()

    def respond_with(self, respond: Respond | None) -> None:
        """Script the answers; None brings the usual ones back."""
        self._house.respond = respond

    def install(self, model: str | InstalledModel) -> None:
        """Put a model on the disk, as a finished pull would."""
        self._house.shelf.install(model)

    def remove(self, model: str) -> None:
        """Take a model off the disk."""
        self._house.shelf.remove(model)

    def forget_records(self) -> None:
        """Begin the records anew."""
        self._house.ledger.clear()

    # Records

    @property
    def requests(self) -> tuple[Request, ...]:
        return self._house.ledger.requests()

    def requests_for(self, path: str) -> tuple[Request, ...]:
        """Return the requests to one path, the oldest first."""
        return tuple(request for request in self.requests if request.path == path)

    @property
    def generations(self) -> tuple[Generation, ...]:
        return self._house.ledger.generations()

    @property
    def loads(self) -> tuple[Load, ...]:
        return self._house.ledger.loads()

    @property
    def unloads(self) -> tuple[Unload, ...]:
        return self._house.ledger.unloads()

    @property
    def aborted_loads(self) -> tuple[Load, ...]:
        return tuple(load for load in self.loads if load.aborted)

    @property
    def reloads(self) -> tuple[Load, ...]:
        return tuple(load for load in self.loads if load.cause is LoadCause.RELOAD)

    @property
    def evictions(self) -> tuple[Unload, ...]:
        return tuple(unload for unload in self.unloads if unload.cause is UnloadCause.EVICTED)

    @property
    def waits(self) -> tuple[Wait, ...]:
        """Return the requests that could not begin at once, and why."""
        return self._house.ledger.waits()

    def loads_of(self, model: str) -> tuple[Load, ...]:
        """Return the loads of one model, whatever the spelling of its name."""
        return tuple(load for load in self.loads if load.model == normalized(model))

    @property
    def connections(self) -> int:
        """Return how many connections were accepted since the start: pooling keeps it low."""
        return self._house.ledger.connections

    @property
    def open_connections(self) -> int:
        return self._house.ledger.open_connections

    def peak(self, path: str = "") -> int:
        """Return the most in progress at once: of all requests, of one path, of "speaking" or of "waiting"."""
        return self._house.ledger.peak(path)

    def snapshot(self) -> Snapshot:
        """Return what is going on and the totals: cheap enough to poll."""
        return snapshot(self._house)

    def report(self, *, with_records: bool = True) -> Json:
        """Return the same and every record as plain JSON, as `GET /_stand_in/report` does."""
        return report(self._house, with_records=with_records)

    @property
    def pending_faults(self) -> int:
        """Return how many enqueued faults have met no request yet."""
        return self._house.faults.pending()

    def wait_for(self, predicate: Callable[[Self], bool], timeout: float = 2.0) -> None:
        """Block until the predicate holds. In a coroutine use `until`.

        :raises TimeoutError: when it does not within `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while not predicate(self):
            if time.monotonic() > deadline:
                raise TimeoutError(f"still not so after {timeout} s")
            time.sleep(POLL_S)

    async def until(self, predicate: Callable[[Self], bool], timeout: float = 2.0) -> None:
        """Wait without blocking the event loop until the predicate holds.

        :raises TimeoutError: when it does not within `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        while not predicate(self):
            if time.monotonic() > deadline:
                raise TimeoutError(f"still not so after {timeout} s")
            await asyncio.sleep(POLL_S)
