"""What is wrong with this installation, in words, each with its next step. Reads and asks; repairs nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.core import checks
from django.db import DatabaseError
from django.db.models import Model
from django_q.models import OrmQ

from lnrag_site import health
from lnrag_site.finding import Finding
from lnrag_site.model_diagnosis import diagnose_models
from models_registry.services.embed import embed_question
from rag.models import Chunk, IndexVersion
from recommendations.models import Network

LONGEST_WAIT = timedelta(minutes=15)


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
        lambda: _queue(at=at),
    )
    return (first, *(look() for look in looks), *diagnose_models(at=at))


def _tables() -> Finding:
    try:
        if health.is_migrated():
            return Finding("database and migrations")
    except DatabaseError:
        return Finding("database and migrations", "The database does not answer.", "Check DATABASE_URL, or `make run`.")
    return Finding("database and migrations", "The tables are not up to date.", "Run `manage.py migrate`.")


def _settings() -> Finding:
    """Name the first error of the checks, or else what they warn of."""
    found = checks.run_checks(databases=["default"])
    errors = [_named(message) for message in found if message.level >= checks.ERROR]
    if errors:
        step = "Correct it in the admin or the environment, then run this again."
        return Finding("settings and rows", errors[0], step)
    warnings = [_named(message) for message in found if message.level >= checks.WARNING]
    if warnings:
        return Finding("settings and rows", " ".join(warnings), "Look at it in the admin.", is_fault=False)
    return Finding("settings and rows")


def _named(message: checks.CheckMessage) -> str:
    """Return what a check says, with the row it is about."""
    about = f"{message.obj}: " if isinstance(message.obj, Model) else ""
    return f"{about}{message.msg}"


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


def _queue(*, at: datetime) -> Finding:
    oldest = OrmQ.objects.order_by("lock").values_list("lock", flat=True).first()
    if oldest is None or at - oldest < LONGEST_WAIT:
        return Finding("job queue")
    return Finding(
        "job queue", f"A job has waited since {oldest:%Y-%m-%d %H:%M} UTC.", "Start the queue with `make run`."
    )
