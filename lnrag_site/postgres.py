"""The embedded PostgreSQL, used only when DATABASE_URL is unset: its settings, and attaching to its running server.

Every process that needs the database attaches: the first one starts the server, the last one to leave stops it. Who is
attached is told by a shared file lock, which the system releases even for a process that was killed.
"""

import atexit
import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from lnrag_site import env, postgres_server
from lnrag_site.postgres_home import DatabaseUnavailable, locate

__all__ = ["DatabaseUnavailable", "attach", "database_settings", "delete", "detach", "revive"]

ENGINE = "django.db.backends.postgresql"
SCHEMES = ("postgres", "postgresql", "pgsql")
PASSWORD_FILE = "postgres_password"  # noqa: S105 - the name of a file
POOL = {"min_size": 1, "max_size": 32, "timeout": 15}  # who asks when all are lent waits that many seconds
LONGEST_WAIT_S = 180.0  # for another start that is making the data folder

_attached: dict[Path, tuple[int, int]] = {}  # var folder: (process that attached, descriptor of the shared lock)


def database_settings(*, url: str, var_dir: Path) -> dict[str, Any]:
    """Return Django's settings of the database: the given URL's, or the embedded server's. Starts nothing.

    :raises ImproperlyConfigured: when the URL is not one of PostgreSQL.
    """
    if url:
        return _settings_of(url)
    return {
        "ENGINE": ENGINE,
        "NAME": postgres_server.NAME,
        "USER": postgres_server.NAME,
        "PASSWORD": env.kept_secret(var_dir / PASSWORD_FILE),
        "HOST": str(locate(var_dir).sockets),
        "PORT": "",
        "CONN_MAX_AGE": 0,
    }


def pooled(database: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with connections that are lent and given back: a fresh one costs about 10 ms until warm.

    Each is looked at before it is lent, since the server may have been started again meanwhile.
    """
    return {**database, "CONN_HEALTH_CHECKS": True, "OPTIONS": {**database.get("OPTIONS", {}), "pool": POOL}}


def attach(var_dir: Path) -> None:
    """Make sure that the server runs, and keep it running until this process ends. Does nothing with DATABASE_URL.

    :raises DatabaseUnavailable: with one sentence and the next step.
    """
    if env.text("DATABASE_URL") or _attached.get(var_dir, (0, 0))[0] == os.getpid():
        return
    var_dir.mkdir(parents=True, exist_ok=True)
    with _alone(var_dir):
        _ensure_running(var_dir)
        lease = os.open(var_dir / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lease, fcntl.LOCK_SH)
    _attached[var_dir] = (os.getpid(), lease)
    atexit.register(detach, var_dir)


def revive(var_dir: Path) -> bool:
    """Start the server again if it went away while we were attached; tell whether it had.

    :raises DatabaseUnavailable: when it does not come back.
    """
    if var_dir not in _attached or postgres_server.is_running(locate(var_dir)):
        return False
    with _alone(var_dir):
        return _ensure_running(var_dir)


def detach(var_dir: Path) -> None:
    """Leave; the last one to leave stops the server."""
    owner, lease = _attached.get(var_dir, (0, -1))
    if owner != os.getpid():  # not attached, or a forked child of the one who is
        return
    del _attached[var_dir]
    with _alone(var_dir):
        fcntl.flock(lease, fcntl.LOCK_UN)
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
            postgres_server.stop(locate(var_dir))
    os.close(lease)


def delete(var_dir: Path) -> None:
    """Stop the server and delete its data.

    :raises DatabaseUnavailable: when a process still uses it.
    """
    if not var_dir.exists():
        return
    detach(var_dir)
    with _alone(var_dir), (var_dir / "postgres.users").open("a") as lease:
        try:
            fcntl.flock(lease, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise DatabaseUnavailable("lnrag is still running. Stop it with Ctrl-C first.") from exc
        postgres_server.delete(locate(var_dir))


def _ensure_running(var_dir: Path) -> bool:
    home, password = locate(var_dir), env.kept_secret(var_dir / PASSWORD_FILE)
    if postgres_server.is_running(home):
        return False
    is_durable = env.flag("LNRAG_POSTGRES_FSYNC", default=True)  # off only for tests
    postgres_server.start(home, password=password, is_durable=is_durable)
    return True


@contextlib.contextmanager
def _alone(var_dir: Path) -> Iterator[None]:
    """Hold the lock under which a server is started or stopped."""
    deadline = time.monotonic() + LONGEST_WAIT_S
    with (var_dir / "postgres.lock").open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as exc:
                if time.monotonic() > deadline:
                    raise DatabaseUnavailable("Another start is still in progress. Wait, then start again.") from exc
                time.sleep(0.05)
        yield


def _settings_of(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:  # the value is never shown: it holds a password
        raise ImproperlyConfigured("DATABASE_URL: expected postgresql://user:password@host:port/name.")
    try:
        port = str(parts.port or "")
    except ValueError as exc:
        raise ImproperlyConfigured("DATABASE_URL: the port is not a number.") from exc
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": ENGINE,
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": port,
        "CONN_MAX_AGE": 0,
        "OPTIONS": options,
    }
