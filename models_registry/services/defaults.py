"""The first rows of this floor. Idempotent; a row that somebody edited is never touched."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model

from models_registry.services import default_breakers, default_hosts, default_routing, default_rules

SUBJECTS = (default_hosts.rows, default_routing.rows, default_rules.rows, default_breakers.rows)


def load(*, at: datetime) -> tuple[str, ...]:
    """Create what is missing, let unedited rows follow new defaults, and return one line per change."""
    lines = (_keep(table, lookup, values) for rows in SUBJECTS for table, lookup, values in rows())
    return tuple(line for line in lines if line)


def _keep(table: type[Model], lookup: Mapping[str, Any], values: Mapping[str, Any]) -> str | None:
    """Create or follow one row; its `seed` remembers what it was loaded with."""
    seed = {name: _plain(value) for name, value in values.items()}
    row: Any = table._default_manager.filter(**lookup).first()
    name = f"{table._meta.verbose_name} {next(iter(lookup.values()))}"
    if row is None:
        table._default_manager.create(**lookup, **values, seed=seed)
        return f"created {name}"
    is_edited = any(_plain(getattr(row, field)) != loaded for field, loaded in row.seed.items())
    if is_edited or row.seed == seed:
        return None
    for field, value in values.items():
        setattr(row, field, value)
    row.seed = seed
    row.save()
    return f"updated {name}"


def _plain(value: Any) -> Any:
    """Return the value as JSON keeps it, so that it compares after a round trip."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value
