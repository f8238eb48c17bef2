"""Prove at start that limits fit each other and strategies make sense. Says nothing while the tables do not exist."""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connections

from models_registry import queries
from models_registry.domain.chat import Timeouts
from models_registry.models import Provider, Strategy

MOST_TOKENS = 4096  # beyond it an answer outlasts the patience of a reader, and the total time-out
PRIVATE_ENDINGS = (".local", ".localhost", ".internal", ".lan", ".home", ".home.arpa", ".test")


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
        tables = set(connections["default"].introspection.table_names())
        if not {Provider._meta.db_table, Strategy._meta.db_table} <= tables:
            return []
        return [*_about_hosts(Provider.objects.filter(is_enabled=True)), *_about_strategies()]
    except DatabaseError:  # no server, or a schema older than this code: migrate says it better
        return []


def _about_hosts(hosts: Iterable[Provider]) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for host in hosts:
        found += [Error(text, obj=host, id="models_registry.E002") for text in broken_order(host.endpoint().timeouts)]
        if is_public(host.base_url):
            hint = "Ollama has no password: whoever reaches it may use it, and read what is asked."
            found.append(
                checks.Warning(f"{host.base_url} looks public.", hint=hint, obj=host, id="models_registry.W003")
            )
    return found


def _about_strategies() -> list[CheckMessage]:
    rows = queries.enabled_strategies()
    found = [message for row in rows for message in _about_strategy(row)]
    absent = [model for model in queries.configured_models(rows) if not model.is_installed]
    for row in rows:
        names = [model.name for model in absent if row.query_type in model.strategies]
        if names and len(names) == len(row.models_in_order) and queries.has_installed_models():
            text = f"None of its models is installed: {', '.join(names)}. Another installed model will answer."
            found.append(checks.Warning(text, obj=row, id="models_registry.W006"))
    return found


def _about_strategy(row: Strategy) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    try:
        row.full_clean(validate_unique=False)
    except ValidationError as exc:
        found += [
            Error(f"{field}: {' '.join(texts)}", obj=row, id="models_registry.E004")
            for field, texts in exc.message_dict.items()
        ]
    if row.max_tokens > MOST_TOKENS:
        found.append(
            checks.Warning(f"max_tokens is {row.max_tokens}, over {MOST_TOKENS}.", obj=row, id="models_registry.W005")
        )
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


def is_public(base_url: str) -> bool:
    """Return whether the address looks reachable from the internet. Names are judged by their look, not resolved."""
    host = (urlsplit(base_url).hostname or "").lower().rstrip(".")
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith(PRIVATE_ENDINGS)
