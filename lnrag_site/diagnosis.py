"""What is wrong with this installation, in words, each with its next step. Reads and asks; repairs nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core import checks
from django.db import DatabaseError
from django_q.models import OrmQ

from lnrag_site import health
from models_registry.models import Provider
from models_registry.services.embed import embed_question
from models_registry.services.health import check
from rag.models import Chunk, IndexVersion
from recommendations.models import Network

LONGEST_WAIT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: its name, what is wrong, and the next step. Without a problem all is well.

    `is_fault` is False for what lnrag works without, such as a local model.
    """

    name: str
    problem: str = ""
    next_step: str = ""
    is_fault: bool = True

    @property
    def is_well(self) -> bool:
        return not self.problem


def diagnose(*, at: datetime) -> tuple[Finding, ...]:
    """Return every finding. Without tables there is nothing further to look at."""
    first = _tables()
    if not first.is_well:
        return (first,)
    looks: tuple[Callable[[], Finding], ...] = (
        _settings,
        _knowledge,
        _embedder,
        _network,
        lambda: _hosts(at=at),
        lambda: _queue(at=at),
    )
    return (first, *(look() for look in looks))


def _tables() -> Finding:
    try:
        if health.is_migrated():
            return Finding("database and migrations")
    except DatabaseError:
        return Finding("database and migrations", "The database does not answer.", "Check DATABASE_URL, or `make run`.")
    return Finding("database and migrations", "The tables are not up to date.", "Run `manage.py migrate`.")


def _settings() -> Finding:
    found = [str(message.msg) for message in checks.run_checks(databases=["default"]) if message.level >= checks.ERROR]
    if found:
        return Finding(
            "settings and rows", found[0], "Correct it in the admin or the environment, then run this again."
        )
    return Finding("settings and rows")


def _knowledge() -> Finding:
    if Chunk.objects.exists() and IndexVersion.objects.filter(is_active=True).exists():
        return Finding("knowledge")
    return Finding("knowledge", "The library is empty or not indexed.", "Run `manage.py load_knowledge`.")


def _embedder() -> Finding:
    try:
        embed_question("Is the embedder there?")
    except Exception as exc:  # whatever it is, the operator needs its name rather than a traceback
        return Finding(
            "embedder", f"It cannot embed: {type(exc).__name__}.", "Install again: delete .venv, `make run`."
        )
    return Finding("embedder")


def _network() -> Finding:
    if Network.objects.filter(is_default=True).exists():
        return Finding("network")
    return Finding(
        "network", "No network is imported.", "Run `manage.py import_graph FILE` or `manage.py demo_network`."
    )


def _hosts(*, at: datetime) -> Finding:
    rows = tuple(Provider.objects.filter(is_enabled=True))
    check(rows, at=at)
    silent = [row for row in Provider.objects.filter(pk__in=[row.pk for row in rows]) if not row.is_healthy]
    if not silent:
        return Finding("model hosts")
    names = ", ".join(f"{row.name} at {row.base_url}" for row in silent)
    step = "Rules and quoted passages answer meanwhile. Start the host, or correct its address in the admin."
    return Finding("model hosts", f"No answer from {names}.", step, is_fault=False)


def _queue(*, at: datetime) -> Finding:
    oldest = OrmQ.objects.order_by("lock").values_list("lock", flat=True).first()
    if oldest is None or at - oldest < LONGEST_WAIT:
        return Finding("job queue")
    return Finding(
        "job queue", f"A job has waited since {oldest:%Y-%m-%d %H:%M} UTC.", "Start the queue with `make run`."
    )
