"""What has to be in place before lnrag serves, in order. A step that is repeated changes nothing."""

import contextlib
import io
import logging
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.core import checks
from django.core.management import call_command
from django.db import Error, connection

from lnrag_site import health, links, metrics, postgres
from lnrag_site.processes import Child
from models_registry.domain.hardware import OptimalConfig
from models_registry.models import LanguageModel
from models_registry.services import hardware
from models_registry.services.health import ensure_fresh
from rag.models import Chunk
from recommendations.models import Network
from recommendations.services import collect_failures

logger = logging.getLogger(__name__)
LOG_NAME = "lnrag.log"
LARGEST_LOG_BYTES = 10 * 1024 * 1024
WEB_PATIENCE_S = 3.0
QUEUE_PATIENCE_S = 4.0
LISTENER_PATIENCE_S = 1.5  # beside those of the others, which are asked to stop at the same time


Steps = tuple[tuple[str, Callable[[], object]], ...]


def foundations() -> Steps:
    """Return the steps without which nothing can run, with their titles."""
    return (
        ("Starting the database", lambda: postgres.attach(settings.VAR_DIR)),
        ("Bringing the tables up to date", _migrate),
    )


def contents() -> Steps:
    """Return the steps that fill the tables, with their titles."""
    return (
        ("Loading first values", _load_rows),
        ("Looking for local models", ensure_fresh),  # at once, but for a silent host, which costs a second
        ("Reading the knowledge library", lambda: _quietly("load_knowledge")),
        ("Looking for a network", _ensure_network),
        ("Looking for an administrator", links.ensure_administrator),
    )


def is_furnished() -> bool:
    """Tell whether an earlier start went through: pages can then be served while the contents are looked over."""
    return Network.objects.exists() and Chunk.objects.exists() and User.objects.exists()


def note_profile() -> str:
    """Log what this machine can hold and what speaks on it (CF-14), and return it as one line for the operator."""
    config = hardware.get_optimal_config()
    rows = LanguageModel.objects.filter(is_installed=True, is_enabled=True, provider__is_enabled=True)
    tags = tuple(rows.order_by("tag").values_list("tag", flat=True).distinct())
    chosen = {"profile": config.profile.value, "models": tags}
    logger.info("lnrag_site.profile.chosen", extra={**chosen, **_figures(config)})
    models = ", ".join(tags) or f"none seen yet (`manage.py setup_models {config.profile.value}` gets them)"
    return f"Profile {config.profile.value} ({hardware.described(config)}); models: {models}"


def _figures(config: OptimalConfig) -> dict[str, object]:
    return {"ram_gb": config.ram_gb, "cpu_cores": config.cpu_cores, "gpu_memory_gb": config.gpu_memory_gb}


def warnings() -> tuple[str, ...]:
    """Return what the checks say about rows and settings that an administrator should correct."""
    return tuple(str(found.msg) for found in checks.run_checks(databases=["default"]) if found.level >= checks.WARNING)


def children(*, port: int) -> tuple[Child, Child, Child]:
    """Return the web server, the queue, and who listens to nodes for failed forwards; none is started yet."""
    python, root, log = sys.executable, settings.BASE_DIR, settings.VAR_DIR / LOG_NAME
    environment = {
        "LNRAG_VAR": str(settings.VAR_DIR),
        "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"],
        "PYTHONPATH": os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH")))),
        metrics.SHARED_FOLDER: str(_empty(settings.VAR_DIR / "metrics")),
    }
    # -v 0: no access log, whose lines would hold query strings
    web = (python, "-m", "daphne", "-v", "0", "--no-server-name", "-b", "127.0.0.1", "-p", str(port))
    pooled = {**environment, "LNRAG_DB_POOL": "1"}
    manage = (python, str(root / "manage.py"))
    listen = (*manage, "collect_failures", "--wait")  # somebody may have started one by hand
    return (
        Child("web server", (*web, "lnrag_site.asgi:application"), pooled, log, WEB_PATIENCE_S),
        Child("job queue", (*manage, "qcluster"), environment, log, QUEUE_PATIENCE_S),
        Child("failure listener", listen, environment, log, LISTENER_PATIENCE_S, is_vital=False),
    )


def has_node_to_listen_to() -> bool:
    """Return whether an LND node is connected, which tells of failed forwards only while somebody listens."""
    try:
        return bool(collect_failures.nodes_wanted())
    except Error:
        return False  # the database is away: it is looked at again
    finally:
        connection.close()


def open_log() -> Path:
    """Return the log that `start` and its children share; one earlier log is kept."""
    log: Path = settings.VAR_DIR / LOG_NAME
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    return log


def _migrate() -> None:
    if health.is_migrated():
        return
    _quietly("migrate", interactive=False)
    _quietly("createcachetable")


def _load_rows() -> None:
    _quietly("load_defaults")
    _quietly("sync_schedules")


def _ensure_network() -> None:
    if not Network.objects.exists():
        _quietly("demo_network")
    connection.close()


def _quietly(command: str, **options: object) -> None:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        call_command(command, verbosity=0, **options)


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
