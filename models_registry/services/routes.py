"""Change where a purpose may be answered, and take one change back. Both act on the next request."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction

from models_registry.models import Route

FIELDS = ("kinds", "model")


def epoch(purpose: str) -> int:
    """Return the number that every cache key of this purpose holds; a change of its route makes it another one."""
    found = Route.objects.filter(purpose=purpose).values_list("epoch", flat=True).first()
    return found or 0


def change(route_id: int, *, kinds: list[str], model: str) -> bool:
    """Replace where a purpose may be answered, remembering what was; return whether anything changed."""
    return _replace(route_id, lambda _row: {"kinds": kinds, "model": model})


def roll_back(route_id: int) -> bool:
    """Put back what the latest change replaced (WF-10); return False when nothing was ever replaced.

    Rolling back twice returns to where one began, for a rollback is a change as well.
    """
    return _replace(route_id, lambda row: row.previous)


@transaction.atomic
def restore(purpose: str, values: Mapping[str, Any]) -> None:
    """Put a purpose's route back to what it was, and make every kept answer of this purpose one of the past.

    Empty values leave the route as it is. A purpose without a route has nothing to restore.
    """
    row = Route.objects.select_for_update().filter(purpose=purpose).first()
    if row is None:
        return
    before = frozen(row)
    if values and values != before:
        for name in FIELDS:
            setattr(row, name, values[name])
        row.previous = before
    row.epoch += 1
    row.save()


def frozen_of(purpose: str) -> dict[str, Any]:
    """Return where a purpose may be answered, as `restore` takes it; empty without a route."""
    row = Route.objects.filter(purpose=purpose).first()
    return frozen(row) if row else {}


def frozen(row: Route) -> dict[str, Any]:
    """Return what a route says, as plain values."""
    return {name: getattr(row, name) for name in FIELDS}


@transaction.atomic
def _replace(route_id: int, values_of: Callable[[Route], Mapping[str, Any]]) -> bool:
    row = Route.objects.select_for_update().get(pk=route_id)
    before = frozen(row)
    after = values_of(row)
    if not after or after == before:
        return False
    for name in FIELDS:
        setattr(row, name, after[name])
    row.previous, row.epoch = before, row.epoch + 1
    row.save()
    return True
