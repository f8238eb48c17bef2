"""Change a breaker's row under its lock: the state machine is the same whoever asks, and no count is lost."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from models_registry.domain.breaker import Circuit, Limits
from models_registry.domain.breaker_stats import Tally
from models_registry.models import Breaker
from models_registry.services.default_breakers import LIMIT_FIELDS, usual_limits

Move = Callable[[Circuit, Limits], tuple[Circuit, Tally]]


def move(name: str, turn: Move, *, at: datetime, reason: str = "", service: str | None = None) -> Tally:
    """Turn one breaker's circuit, count what the turn says, and return that. An unknown name gets its row.

    `service` is the breaker whose limits a new row copies; None: the name stands for itself.
    """
    with transaction.atomic():
        row = _locked(name) or _created(name, service=service or name)
        circuit, tally = turn(row.circuit, row.limits)
        row.turn(circuit, at=at, reason=reason)
        if tally != Tally():
            row.count(tally, at=at, failure=reason)
    return tally


def _locked(name: str) -> Breaker | None:
    return Breaker.objects.select_for_update().filter(name=name).first()


def _created(name: str, *, service: str) -> Breaker:
    """Two processes may make the first call: only one creates, both lock the same row."""
    template = Breaker.objects.filter(name=service).values(*LIMIT_FIELDS).first()
    limits = template or usual_limits(service)
    Breaker.objects.get_or_create(name=name, defaults={"service": service, **limits})
    return Breaker.objects.select_for_update().get(name=name)
