"""Know which models are in each host's memory. Asks only while somebody wants to speak, and never by generating."""

import asyncio
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random, SystemRandom

from models_registry.domain.chat import Endpoint
from models_registry.domain.errors import ModelError
from models_registry.domain.routing import normalized
from models_registry.providers import catalog

READ_AGAIN_S = (2.0, 5.0)  # at random between: many processes must not ask together
STALE_S = 10.0  # nobody asked for so long that the host may have unloaded anything
READ_LIMIT_S = 2.0
TROUBLE_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # a host that failed is asked last for so long


@dataclass(slots=True)
class LoadView:
    """A load under way. Times by the loop's clock."""

    model: str
    since: float
    expected_s: float | None = None


@dataclass(slots=True)
class HostState:
    """What one host holds, as far as this event loop knows."""

    endpoint: Endpoint
    resident: frozenset[str] | None = None  # None: unknown
    read_at: float = -math.inf
    read_again_at: float = -math.inf
    switched_at: float = -math.inf
    load: LoadView | None = None
    failures: int = 0
    trouble_until: float = -math.inf
    reading: asyncio.Task[None] | None = None

    @property
    def keeps_models(self) -> bool:
        """Return whether there is a memory to ask about; other hosts hold what they serve."""
        return self.endpoint.kind == "ollama"

    def holds(self, model: str) -> bool | None:
        """Return whether the model is in memory; None when the host did not tell."""
        if not self.keeps_models:
            return True
        return None if self.resident is None else model in self.resident


@dataclass(slots=True)
class Residency:
    """All hosts this event loop has met."""

    changed: Callable[[], None]
    rng: Random = field(default_factory=SystemRandom)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    _hosts: dict[str, HostState] = field(default_factory=dict)

    def __iter__(self) -> Iterator[HostState]:
        return iter(self._hosts.values())

    def host(self, endpoint: Endpoint) -> HostState:
        """Return what is known of this host; another address makes it another host."""
        found = self._hosts.get(endpoint.slug)
        if found is None or found.endpoint.base_url != endpoint.base_url:
            found = self._hosts[endpoint.slug] = HostState(endpoint)
        found.endpoint = endpoint
        return found

    def find(self, slug: str) -> HostState | None:
        return self._hosts.get(slug)

    def is_known(self, host: HostState) -> bool:
        """Return whether the host was asked lately, whatever it said."""
        return not host.keeps_models or self.loop.time() - host.read_at < STALE_S

    def refresh(self, host: HostState, *, at_once: bool = False) -> None:
        """Begin to ask the host, when it is time to or `at_once`."""
        is_due = at_once or self.loop.time() >= host.read_again_at
        if host.keeps_models and host.reading is None and is_due:
            host.reading = self.loop.create_task(self._read(host))

    def note_failure(self, host: HostState) -> None:
        """Ask this host last for a while; longer each time in a row."""
        pause_s = TROUBLE_S[min(host.failures, len(TROUBLE_S) - 1)]
        host.failures += 1
        host.trouble_until = self.loop.time() + pause_s

    def note_success(self, host: HostState) -> None:
        host.failures, host.trouble_until = 0, -math.inf

    def penalty_s(self, host: HostState) -> float:
        """Return for how long the host is still asked last, in seconds."""
        return max(0.0, host.trouble_until - self.loop.time())

    def note_load_begun(self, host: HostState, model: str, *, expected_s: float | None) -> None:
        is_known = host.load is not None and host.load.model == model  # we began to wait before the other process told
        since = host.load.since if is_known and host.load else self.loop.time()
        host.load = LoadView(model, since, expected_s)

    def note_load_ended(self, host: HostState, *, model: str, is_loaded: bool) -> None:
        """A load ended: what it pushed out is told by the next reading, which begins now."""
        host.load = None
        if is_loaded:
            has_room = (host.endpoint.admission.max_loaded or 0) > len(host.resident or ())
            kept = host.resident or frozenset() if has_room else frozenset()
            host.resident = kept | {model}
            host.switched_at = self.loop.time()
        self.refresh(host, at_once=True)

    async def _read(self, host: HostState) -> None:
        begun = self.loop.time()
        try:
            found = await self._asked(host.endpoint)
            if host.switched_at < begun:  # else it is older than what we know
                loading = host.load.model if host.load else None  # a model on its way is listed already
                host.resident = None if found is None else found - {loading}
            if found is None:
                self.note_failure(host)
        finally:
            host.reading = None
        host.read_at = self.loop.time()
        host.read_again_at = host.read_at + self.rng.uniform(*READ_AGAIN_S)
        self.changed()

    async def _asked(self, endpoint: Endpoint) -> frozenset[str] | None:
        try:
            async with asyncio.timeout(READ_LIMIT_S):
                ollama = catalog.connect_ollama(endpoint)
                models = await ollama.running() if ollama else ()
        except (ModelError, TimeoutError):
            return None
        return frozenset(normalized(model.name) for model in models)
