"""Create, start and stop the embedded PostgreSQL of one home. The caller holds the lock; see postgres.py."""

import contextlib
import errno
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psutil
import psycopg

from lnrag_site.postgres_home import (
    OWN_DATABASE,
    SERVER_VERSION,
    SOCKET_NAME,
    DatabaseUnavailable,
    Home,
    binaries,
    own,
    prepare,
)
from models_registry.services.hardware import ram_gb

NAME = "lnrag"  # of the database, and of its only role
MARKER = "postgres_home"  # in the var folder: where its data are
LONGEST_START_S = 120.0  # replaying the log of a killed server takes its time
LONGEST_LEAVE_S = 30.0
LONGEST_STOP_S = 5.0
LEAST_FREE_BYTES = 200 * 1024 * 1024
ROOMY_SHM_BYTES = 512 * 1024 * 1024  # containers often have 64 MB, too little for a parallel index build
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
START_OVER = "Restore a backup, or start over with `make reset`."
TRANSIENT = ("pre-existing shared memory block", "is another postmaster")
SENTENCES = (
    ("No space left on device", "The disk is full. Free some space, then start again."),
    ("GLIBC_", f"This system is too old for the bundled PostgreSQL: {OWN_DATABASE}."),
    ("Permission denied", "PostgreSQL may not read its data folder {data}. Give it back to the user who runs lnrag."),
)
MARK = re.compile(r"^.*?(PANIC|FATAL|error):")
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "maintenance_work_mem": "128MB",
    "jit": "off",  # costs more than it gains on queries of a few milliseconds
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
LEAST_CACHE_MB, MOST_CACHE_MB = 128, 1024
CACHE_SHARE = 1 / 8  # of the memory that there is; it is taken only as far as pages are read
SCRAM_ITERATIONS = 1  # the password is 256 random bits: stretching it only costs 2 ms on each connection
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_children: dict[Path, subprocess.Popen[bytes]] = {}  # servers started by this process, to be reaped when they stop


def is_running(home: Home) -> bool:
    """Tell whether the server of this home is up and ready."""
    lines = _postmaster_lines(home)
    return bool(_postmaster(home)) and len(lines) > 7 and lines[7].strip() == "ready"


def start(home: Home, *, password: str, is_durable: bool) -> None:
    """Create the data folder if needed, start the server and wait until it serves.

    :raises DatabaseUnavailable: with one sentence and the next step.
    """
    with _told(home):
        prepare(home)
        _set_aside_strangers(home)
        if not home.data.exists():
            _initialize(home, password=password, is_durable=is_durable)
        _check_version(home)
        _drop_stale_locks(home)
        _launch(home, is_durable=is_durable)
    _ensure_database(home, password)


def stop(home: Home) -> None:
    """Stop the server and wait for it: connections are cut, nothing committed is lost."""
    process = _postmaster(home)
    if process is None:
        return
    for number, patience_s in ((signal.SIGINT, LONGEST_STOP_S), (signal.SIGQUIT, 3.0), (signal.SIGKILL, 3.0)):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)
        if _is_gone(home, process, patience_s=patience_s):
            return


def delete(home: Home) -> None:
    """Stop the server and delete everything it kept."""
    stop(home)
    shutil.rmtree(home.folder, ignore_errors=True)
    shutil.rmtree(home.sockets, ignore_errors=True)


@contextlib.contextmanager
def _told(home: Home) -> Iterator[None]:
    """Translate what the system says into a sentence for the operator."""
    try:
        yield
    except OSError as exc:
        if exc.errno == errno.ENOSPC:
            raise DatabaseUnavailable(SENTENCES[0][1]) from exc
        if exc.errno in (errno.ENOEXEC, errno.ENOENT):  # ENOENT: the loader of another libc is missing
            raise DatabaseUnavailable(f"The bundled PostgreSQL does not run here: {OWN_DATABASE}.") from exc
        raise DatabaseUnavailable(f"PostgreSQL could not be prepared in {home.folder}: {exc.strerror}.") from exc


def _initialize(home: Home, *, password: str, is_durable: bool) -> None:
    """Create the cluster beside its final name, so that an interrupted first start leaves nothing half made."""
    if shutil.disk_usage(home.folder).free < LEAST_FREE_BYTES:
        raise DatabaseUnavailable(f"Less than 200 MB are free for {home.folder}. Free some space, then start again.")
    draft, word = home.folder / "data.new", home.folder / f"password.{secrets.token_hex(4)}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    own(home, draft)
    try:
        word.touch(mode=0o600)
        word.write_text(password, encoding="ascii")
        own(home, word)
        _initdb(home, draft, word=word, is_durable=is_durable)
    finally:
        word.unlink(missing_ok=True)
    draft.rename(home.data)


def _initdb(home: Home, draft: Path, *, word: Path, is_durable: bool) -> None:
    command = [
        str(binaries(home) / "initdb"),
        *("-D", str(draft), "-U", NAME, f"--pwfile={word}", "--auth=scram-sha-256"),
        *("--encoding=UTF8", "--no-locale", "-c", f"scram_iterations={SCRAM_ITERATIONS}"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
        *(() if is_durable else ("--no-sync",)),
    ]
    done = subprocess.run(  # noqa: S603 - the words are ours
        command, cwd="/", env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=180, **home.run_as
    )
    if done.returncode != 0:
        raise _diagnosis(home, done.stdout + done.stderr)


def _check_version(home: Home) -> None:
    try:
        found = (home.data / "PG_VERSION").read_text(encoding="ascii").strip()
    except OSError as exc:
        raise DatabaseUnavailable(f"The data folder {home.data} is damaged. {START_OVER}") from exc
    if found != str(SERVER_VERSION):
        raise DatabaseUnavailable(
            f"The data in {home.data} were written by PostgreSQL {found[:8]}, this is {SERVER_VERSION}. {START_OVER}"
        )


def _launch(home: Home, *, is_durable: bool) -> None:
    """Start the server; for a while, try again while the remains of a killed one are still leaving."""
    give_up = time.monotonic() + LONGEST_LEAVE_S
    while not is_running(home) and not _wait_ready(home, _spawn(home, is_durable=is_durable)):
        said = home.log.read_text(encoding="utf-8", errors="replace")
        if time.monotonic() > give_up or not any(words in said for words in TRANSIENT):
            raise _diagnosis(home, said)
        time.sleep(0.5)


def _wait_ready(home: Home, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + LONGEST_START_S
    while process.poll() is None:
        if is_running(home):
            return True
        if time.monotonic() > deadline:
            process.kill()
        time.sleep(0.01)
    return False


def _spawn(home: Home, *, is_durable: bool) -> subprocess.Popen[bytes]:
    settings = SETTINGS | {"unix_socket_directories": str(home.sockets), "shared_buffers": f"{cache_mb(ram_gb())}MB"}
    settings |= {} if is_durable else NOT_DURABLE
    if Path("/dev/shm").is_dir() and shutil.disk_usage("/dev/shm").total < ROOMY_SHM_BYTES:  # noqa: S108 - only measured
        settings["dynamic_shared_memory_type"] = "mmap"
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with home.log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - the words are ours
            [str(binaries(home) / "postgres"), "-D", str(home.data), *options],
            cwd="/",
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C must reach only the process that stops it in order
            **home.run_as,
        )
    _children[home.folder] = process
    return process


def cache_mb(memory_gb: float | None) -> int:
    """Return in how much memory the server keeps what it read, of so much that this machine or container has, in MB."""
    share = (memory_gb or 0) * 1000 * CACHE_SHARE
    return round(min(max(share, LEAST_CACHE_MB), MOST_CACHE_MB))


def _postmaster_lines(home: Home) -> list[str]:
    try:
        return (home.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _postmaster(home: Home) -> psutil.Process | None:
    """Return the live server of this home. After a crash its number may belong to a stranger: the folder decides."""
    lines = _postmaster_lines(home)
    try:
        process = psutil.Process(abs(int(lines[0])))
        is_ours = process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == home.data.resolve()
    except (IndexError, ValueError, psutil.Error, OSError):
        return None
    return process if is_ours else None


def _drop_stale_locks(home: Home) -> None:
    """A killed server leaves its number behind, and PostgreSQL would respect whoever bears it now."""
    if _postmaster(home) is None:
        for lock in (home.data / "postmaster.pid", home.sockets / SOCKET_NAME, home.sockets / f"{SOCKET_NAME}.lock"):
            lock.unlink(missing_ok=True)


def _is_gone(home: Home, process: psutil.Process, *, patience_s: float) -> bool:
    child = _children.get(home.folder)
    try:
        if child is not None and child.pid == process.pid:
            child.wait(patience_s)
            _children.pop(home.folder)
        else:
            process.wait(patience_s)
    except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
        return False
    return True


def _ensure_database(home: Home, password: str) -> None:
    try:
        psycopg.connect(host=str(home.sockets), user=NAME, password=password, dbname=NAME).close()
    except psycopg.OperationalError as exc:
        if "password authentication failed" in str(exc):
            raise DatabaseUnavailable(
                f"The password in {home.var_dir / 'postgres_password'} does not open the database. "
                "Put the former file back, or start over with `make reset`."
            ) from exc
        if f'database "{NAME}" does not exist' not in str(exc):
            raise _diagnosis(home, str(exc)) from exc
        _create_database(home, password)


def _create_database(home: Home, password: str) -> None:
    with psycopg.connect(
        host=str(home.sockets), user=NAME, password=password, dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(f"CREATE DATABASE {NAME}")


def _set_aside_strangers(home: Home) -> None:
    """Keep apart what an earlier var folder of this name left outside itself; delete nothing.

    Only as root do the data outlive their var folder; its owner deleted it, so wanted to begin anew.
    """
    if home.account is None:
        return
    marker = home.var_dir / MARKER
    if home.data.exists() and not marker.exists():
        kept = home.folder / f"data-before-{datetime.now(UTC):%Y%m%dT%H%M%S}"
        home.data.rename(kept)
        sys.stderr.write(f"An earlier lnrag stood in this folder; its data are kept in {kept}.\n")
    marker.write_text(f"{home.folder}\n", encoding="utf-8")


def _diagnosis(home: Home, said: str) -> DatabaseUnavailable:
    for words, sentence in SENTENCES:
        if words in said:
            return DatabaseUnavailable(sentence.format(data=home.data))
    marked = [line for line in said.splitlines() if MARK.search(line)]
    reason = MARK.sub("", (marked or said.splitlines() or ["no reason given"])[-1]).strip()
    return DatabaseUnavailable(f"PostgreSQL could not start: {reason} (log: {home.log}). {START_OVER}")
