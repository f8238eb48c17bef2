"""Admission to the models: bounded, fair, deadline-aware, over all processes. The door; see usher.py for the work."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.models import Count, Min

from models_registry.domain.routing import normalized
from models_registry.models import LanguageModel, Waiter
from models_registry.services.lease import forget_closed, space
from models_registry.services.lease_sql import HELD
from models_registry.services.usher import Usher
from models_registry.services.visits import Ask, Visit

__all__ = ["Ask", "HostLoad", "LineView", "Visit", "enter", "expected_tokens", "lines"]

_ushers: WeakKeyDictionary[asyncio.AbstractEventLoop, Usher] = WeakKeyDictionary()


def enter(ask: Ask) -> Visit:
    """Let a request in. Its `pieces` tell how it waits and refuse it when waiting makes no sense; `leave` it always."""
    return _usher().enter(ask)


def expected_tokens(model: str, *, purpose: str, limit: int, prompt_chars: int) -> int:
    """Return how much work a request is, in tokens written, as this process has seen lately."""
    return _usher().pace.expected_tokens(normalized(model), purpose=purpose, limit=limit, prompt_chars=prompt_chars)


def _usher() -> Usher:
    loop = asyncio.get_running_loop()
    found = _ushers.get(loop)
    if found is None:
        forget_closed(_ushers)
        found = _ushers[loop] = Usher()
    return found


@dataclass(frozen=True, slots=True)
class HostLoad:
    """How busy one host is with one model: slots taken by all processes, of those there are."""

    host: str
    running: int
    slots: int


@dataclass(frozen=True, slots=True)
class LineView:
    """Who waits for one model and who runs, over all processes."""

    model: str
    waiting: int
    oldest_at: datetime | None
    hosts: tuple[HostLoad, ...]

    @property
    def running(self) -> int:
        return sum(host.running for host in self.hosts)


def lines() -> tuple[LineView, ...]:
    """Return the line of every installed model and of every model somebody waits for, the longest first.

    A slot that is kept ready for a second after a generation counts as running.
    """
    waiting = {
        row["model"]: row
        for row in Waiter.objects.values("model").annotate(count=Count("id"), at=Min("arrived_at")).order_by()
    }
    hosts = _host_loads()
    views = [
        LineView(
            model=model,
            waiting=waiting[model]["count"] if model in waiting else 0,
            oldest_at=waiting[model]["at"] if model in waiting else None,
            hosts=tuple(hosts.get(model, ())),
        )
        for model in {*hosts, *waiting}
    ]
    return tuple(sorted(views, key=lambda view: (-view.waiting, -view.running, view.model)))


def _host_loads() -> dict[str, list[HostLoad]]:
    with connection.cursor() as cursor:
        cursor.execute(HELD)
        held = dict(cursor.fetchall())
    found: dict[str, list[HostLoad]] = defaultdict(list)
    for row in LanguageModel.objects.filter(is_installed=True).select_related("provider"):
        model, host = normalized(row.tag), row.provider
        running = held.get(space("slot", host.slug, model), 0)
        found[model].append(HostLoad(host.slug, running, host.slots))
    return found
