"""Collect what went well: a healthy service answers often, and each answer must not cost a write.

Within one process nothing overtakes: whoever writes a failure takes along what was collected before it.
"""

import logging
import threading
from datetime import datetime

from django.db import Error
from django.utils import timezone

from models_registry.domain.breaker import Circuit, Limits, succeeded
from models_registry.domain.breaker_stats import Tally
from models_registry.services import breaker_rows
from models_registry.services.behind import Behind
from models_registry.services.breaker_memory import held

logger = logging.getLogger(__name__)
_collecting = threading.Lock()
_collected: dict[tuple[str, str | None], Tally] = {}


def add(name: str, tally: Tally, *, service: str | None = None) -> None:
    """Collect a tally; `flush` or the thread writes it."""
    with _collecting:
        _collected[name, service] = _collected.get((name, service), Tally()) + tally


def soon() -> None:
    """Have the thread write before long."""
    _behind.soon()


def taken(name: str) -> Tally:
    """Return what was collected for one breaker; it is the caller's to write now."""
    with _collecting:
        keys = [key for key in _collected if key[0] == name]
        return sum((_collected.pop(key) for key in keys), start=Tally())


def flush(*, at: datetime | None = None) -> None:
    """Write everything collected, one short transaction per breaker. What cannot be written waits for the next time."""
    now = at or timezone.now()
    with _collecting:
        batch = dict(_collected)
        _collected.clear()
    for (name, service), tally in batch.items():
        try:
            _write(name, tally, service=service, at=now)
        except Error:
            logger.warning("models_registry.breaker.unwritten", extra={"breaker": name}, exc_info=True)
            add(name, tally, service=service)
    try:
        held.flush(at=now)
    except Error:
        logger.warning("models_registry.breaker.unwritten", extra={"breaker": held.name}, exc_info=True)


def _write(name: str, tally: Tally, *, service: str | None, at: datetime) -> None:
    def turn(circuit: Circuit, limits: Limits) -> tuple[Circuit, Tally]:
        return with_successes(circuit, limits, tally), tally

    breaker_rows.move(name, turn, at=at, service=service)


def with_successes(circuit: Circuit, limits: Limits, tally: Tally) -> Circuit:
    """Return the circuit after collected calls; none of them was a trial."""
    return succeeded(circuit, limits=limits, is_trial=False) if tally.successes else circuit


_behind = Behind(flush, name="lnrag-breakers")
