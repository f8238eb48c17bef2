"""Bring models into memory as jobs of ours. A load dies with the request that caused it (OLLAMA.md A.6): hence a task
that belongs to nobody, on which requests wait; a request that leaves does not end it. One load per host at a time, over
all processes.
"""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace

from models_registry.domain.chat import Candidate
from models_registry.domain.errors import ModelError, ProviderRejected, ProviderTimeout
from models_registry.domain.placement import estimated_load_s
from models_registry.domain.routing import normalized
from models_registry.providers import catalog
from models_registry.services import breakers, count
from models_registry.services.lease import Lease, LeaseLost, space
from models_registry.services.residency import HostState, Residency

logger = logging.getLogger(__name__)
CHANNEL = "lnrag_host"
LOOK_AGAIN_S = 0.5  # at the lock of a host that another process loads: that process may die without a word
LOCK = 1


@dataclass(frozen=True, slots=True)
class LoadFailed:
    """A load that did not come to its end, as told to those who wait for it."""

    host: str
    model: str
    failure: ModelError


class Loader:
    """The loads of this event loop, and news of the others'."""

    def __init__(self, lease: Lease, residency: Residency, *, ended: Callable[[LoadFailed | None], None]) -> None:
        self._lease = lease
        self._residency = residency
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        lease.subscribe(CHANNEL, self._heard)

    def is_loading(self, host: HostState) -> bool:
        """Return whether any process loads a model there, as far as is known."""
        if host.load is None:
            return False
        is_ours = host.endpoint.slug in self._tasks
        if not is_ours and self._loop.time() - host.load.since > host.endpoint.timeouts.load_s:
            host.load = None  # whoever loaded it never said how it ended
        return host.load is not None

    def begin(self, candidate: Candidate) -> None:
        """Begin to load this candidate on its host, unless something is loaded there already."""
        host = self._residency.host(candidate.endpoint)
        if self.is_loading(host) or candidate.endpoint.slug in self._tasks:
            return
        expected_s = estimated_load_s(candidate.load_s, candidate.size_bytes)
        self._residency.note_load_begun(host, normalized(candidate.model), expected_s=expected_s)
        task = self._tasks[host.endpoint.slug] = self._loop.create_task(self._run(host, candidate))
        task.add_done_callback(lambda _done: self._tasks.pop(host.endpoint.slug, None))

    async def _run(self, host: HostState, candidate: Candidate) -> None:
        locks = space("load", host.endpoint.slug)
        if not await self._is_ours(locks):
            await self._wait_for_others(host, locks)
            return
        try:
            failure = await self._load(host, candidate)
        finally:
            await self._lease.free(locks, (LOCK,))
        await self._tell(host, candidate, "failed" if failure else "loaded")
        # Known and told in one step: in between, a round would take the model for neither loading nor loaded.
        self._residency.note_load_ended(host, model=normalized(candidate.model), is_loaded=failure is None)
        self._ended(failure)

    async def _is_ours(self, locks: int) -> bool:
        try:
            return bool(await self._lease.take(locks, (LOCK,), count=1))
        except LeaseLost:
            return True  # nobody can be asked

    async def _wait_for_others(self, host: HostState, locks: int) -> None:
        """Another process loads something there, and will say how it ended; should it die, its lock tells."""
        model = host.load.model if host.load else ""
        while not await self._is_ours(locks):
            await asyncio.sleep(LOOK_AGAIN_S)
        await self._lease.free(locks, (LOCK,))
        if host.load is not None and host.load.model == model:
            self._residency.note_load_ended(host, model=model, is_loaded=False)
        self._ended(None)

    async def _load(self, host: HostState, candidate: Candidate) -> LoadFailed | None:
        model = normalized(candidate.model)
        await self._tell(host, candidate, "loading")
        try:
            ollama = catalog.connect_ollama(candidate.endpoint)
            if ollama is None:
                raise ProviderRejected(f"{candidate.endpoint.slug} keeps no models in memory.")
            await ollama.load(candidate.model, num_ctx=candidate.num_ctx)
        except ModelError as exc:
            logger.warning("models_registry.load.failed", extra={"model": model, "host": host.endpoint.slug})
            self._residency.note_failure(host)
            count.failed_attempt(candidate, exc)
            if not isinstance(exc, ProviderTimeout):  # a slow load says nothing about the host's health (CB-08)
                await breakers.note_failure(replace(candidate, is_on_trial=False), exc, latency_ms=None)
            return LoadFailed(host.endpoint.slug, model, exc)
        return None

    async def _tell(self, host: HostState, candidate: Candidate, state: str) -> None:
        told = {
            "by": str(self._lease.process_id),
            "host": host.endpoint.slug,
            "model": normalized(candidate.model),
            "state": state,
            "expected_s": host.load.expected_s if host.load else None,
        }
        await self._lease.notify(CHANNEL, json.dumps(told))

    def _heard(self, payload: str) -> None:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            told = json.loads(payload)
            host = self._residency.find(told["host"])
            if host is None or told["by"] == str(self._lease.process_id):
                return
            if told["state"] == "loading":
                self._residency.note_load_begun(host, told["model"], expected_s=told["expected_s"])
            else:
                is_loaded = told["state"] == "loaded"
                self._residency.note_load_ended(host, model=told["model"], is_loaded=is_loaded)
            self._ended(None)
