"""Prove at start that limits fit each other and strategies make sense. Says nothing while the tables do not exist."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connections

from models_registry import queries
from models_registry.domain.addresses import is_public
from models_registry.domain.chat import Admission, Timeouts
from models_registry.models import Provider, ProviderKind, Route, Strategy
from models_registry.queries.windows import window_conflicts

MOST_TOKENS = 4096  # beyond it an answer outlasts the patience of a reader, and the total time-out
TABLES = frozenset(table._meta.db_table for table in (Provider, Strategy, Route))


@register(Tags.compatibility)
def check_queue_limits(app_configs: Sequence[AppConfig] | None = None, **_options: Any) -> list[CheckMessage]:
    """A job that is retried while it still runs does its work twice."""
    queue: dict[str, Any] = settings.Q_CLUSTER
    timeout_s, retry_s = queue["timeout"], queue["retry"]
    if timeout_s < retry_s:
        return []
    return [Error(f"The queue retries after {retry_s} s what may run for {timeout_s} s.", id="models_registry.E001")]


@register(Tags.database)
def check_rows(
    app_configs: Sequence[AppConfig] | None = None, databases: Sequence[str] | None = None, **_options: Any
) -> list[CheckMessage]:
    """Read hosts and strategies, and name the rows that cannot work."""
    if "default" not in (databases or ()):
        return []
    try:
        if not set(connections["default"].introspection.table_names()) >= TABLES:
            return []
        return [*_about_hosts(Provider.objects.filter(is_enabled=True)), *_about_strategies(), *_about_routes()]
    except DatabaseError:  # no server, or a schema older than this code: migrate says it better
        return []


def _about_hosts(hosts: Iterable[Provider]) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for host in hosts:
        endpoint = host.endpoint()
        wrong = (*broken_order(endpoint.timeouts), *broken_waits(endpoint.admission))
        found += [Error(text, obj=host, id="models_registry.E002") for text in wrong]
        found += _about_fields(host)
        found += _about_door(host)
    return found


def _about_fields(row: Provider | Strategy) -> list[CheckMessage]:
    try:
        row.full_clean(validate_unique=False)
    except ValidationError as exc:
        return [
            Error(f"{field}: {' '.join(texts)}", obj=row, id="models_registry.E004")
            for field, texts in exc.message_dict.items()
        ]
    return []


def _about_door(host: Provider) -> list[CheckMessage]:
    """Name a host that everybody can reach, and a key that is named but not there."""
    found: list[CheckMessage] = []
    is_without_key = host.kind == ProviderKind.OLLAMA or (host.kind == ProviderKind.OPENAI and not host.secret_name)
    if is_without_key and is_public(host.base_url):
        hint = "It has no password: whoever reaches it may use it, and read what is asked."
        found.append(checks.Warning(f"{host.base_url} looks public.", hint=hint, obj=host, id="models_registry.W003"))
    if host.secret_name and not os.environ.get(host.secret_name, "").strip():
        hint = "Set it where lnrag is started, then start again; or switch the host off."
        found.append(checks.Warning(f"{host.secret_name} is not set.", hint=hint, obj=host, id="models_registry.W007"))
    return found


def _about_strategies() -> list[CheckMessage]:
    rows = queries.enabled_strategies()
    found = [message for row in rows for message in _about_strategy(row)]
    found += _about_windows(rows)
    absent = [model for model in queries.configured_models(rows) if not model.is_installed]
    for row in rows:
        names = [model.name for model in absent if row.query_type in model.strategies]
        if names and len(names) == len(row.models_in_order) and queries.has_installed_models():
            text = f"None of its models is installed: {', '.join(names)}. Another installed model will answer."
            found.append(checks.Warning(text, obj=row, id="models_registry.W006"))
    return found


def _about_strategy(row: Strategy) -> list[CheckMessage]:
    found = _about_fields(row)
    if row.max_tokens > MOST_TOKENS:
        found.append(
            checks.Warning(f"max_tokens is {row.max_tokens}, over {MOST_TOKENS}.", obj=row, id="models_registry.W005")
        )
    return found


def _about_windows(rows: Sequence[Strategy]) -> list[CheckMessage]:
    """Name edited windows that do not act: a model is always asked with the largest one of its strategies (CF-10)."""
    found: list[CheckMessage] = []
    for one in window_conflicts(rows):
        others = ", ".join(f"{row.num_ctx} in {row.query_type}" for row in one.others)
        text = f"num_ctx is {one.strategy.num_ctx} here and {others}, for {one.models[0]}"
        text += f" and {len(one.models) - 1} more" if len(one.models) > 1 else ""
        hint = f"A change of it reloads a model, so it is asked with {one.largest} for all. Set one value."
        found.append(checks.Warning(f"{text}.", hint=hint, obj=one.strategy, id="models_registry.W008"))
    return found


def _about_routes() -> list[CheckMessage]:
    """Name routes that allow a kind of host there is none of."""
    found: list[CheckMessage] = []
    for row in Route.objects.all():
        if strange := [str(kind) for kind in row.kinds if kind not in ProviderKind.values]:
            text = f"There are no hosts of kind {', '.join(strange)}. Known kinds: {', '.join(ProviderKind.values)}."
            found.append(Error(text, obj=row, id="models_registry.E009"))
    return found


def broken_order(timeouts: Timeouts) -> list[str]:
    """Return a sentence for each pair of limits that is in the wrong order: first token < total < queue > cold load."""
    queue: dict[str, Any] = settings.Q_CLUSTER
    queue_s = queue["timeout"]
    pairs = (
        ("first token", timeouts.first_token_s, "total", timeouts.total_s),
        ("total", timeouts.total_s, "queue", queue_s),
        ("cold load", timeouts.load_s, "queue", queue_s),
    )
    return [
        f"The {low} time-out ({low_s:g} s) must be below the {high} time-out ({high_s:g} s)."
        for low, low_s, high, high_s in pairs
        if low_s >= high_s
    ]


def broken_waits(admission: Admission) -> list[str]:
    """Return a sentence for each wait that is in the wrong order: turn of another model < own wait < queue."""
    queue: dict[str, Any] = settings.Q_CLUSTER
    found = []
    if admission.max_wait_s >= queue["timeout"]:
        found.append(f"The longest wait ({admission.max_wait_s:g} s) must be below the queue's ({queue['timeout']} s).")
    if admission.collation_wait_s > admission.max_wait_s:
        found.append(
            f"Requests for another model wait {admission.collation_wait_s:g} s for their turn, but at most "
            f"{admission.max_wait_s:g} s in all."
        )
    return found
