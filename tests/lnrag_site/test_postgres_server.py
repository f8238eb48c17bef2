"""The embedded server: started by the first who needs it, stopped by the last, and recovered after every accident."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from lnrag_site import postgres, postgres_home, postgres_server

HOLD = """
import sys
from pathlib import Path
from lnrag_site import postgres
try:
    postgres.attach(Path(sys.argv[1]))
except postgres.DatabaseUnavailable as exc:
    sys.exit(str(exc))
print("attached", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def var_dir(tmp_path, monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("LNRAG_POSTGRES_FSYNC", "off")
    folder = tmp_path / "var"
    yield folder
    postgres.delete(folder)


def hold(var_dir: Path) -> subprocess.Popen[str]:
    """Return a process that stays attached until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(var_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "attached\n"
    return process


def leave(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=30)
    assert process.returncode == 0


def connect(var_dir: Path, password: str | None = None) -> psycopg.Connection:
    chosen = postgres.database_settings(url="", var_dir=var_dir)
    return psycopg.connect(
        host=chosen["HOST"], user=chosen["USER"], dbname=chosen["NAME"], password=password or chosen["PASSWORD"]
    )


def server(var_dir: Path) -> psutil.Process | None:
    return postgres_server._postmaster(postgres_home.locate(var_dir))


def running_server(var_dir: Path) -> psutil.Process:
    found = server(var_dir)
    assert found is not None
    return found


def wait_until_gone(var_dir: Path) -> None:
    deadline = time.monotonic() + 10
    while server(var_dir) is not None:
        assert time.monotonic() < deadline, "the server is still there"
        time.sleep(0.02)


def test_the_last_process_to_leave_stops_the_server(var_dir):
    first = hold(var_dir)
    second = hold(var_dir)

    leave(first)
    assert server(var_dir) is not None
    leave(second)

    assert server(var_dir) is None


def test_the_server_has_vectors_and_asks_for_a_password(var_dir):
    postgres.attach(var_dir)

    with connect(var_dir) as connection:
        connection.execute("CREATE EXTENSION vector")
        row = connection.execute(
            "SELECT '[1,2]'::vector <-> '[1,3]'::vector, current_setting('listen_addresses')"
        ).fetchone()

    assert row == (1.0, "")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(var_dir, password="guess")


@pytest.mark.parametrize(("memory_gb", "expected_mb"), [(None, 128), (0.5, 128), (4.0, 500), (25.3, 1024)])
def test_the_server_keeps_pages_in_an_eighth_of_the_memory(memory_gb, expected_mb):
    assert postgres_server.cache_mb(memory_gb) == expected_mb


def test_nobody_else_can_read_the_data_or_reach_the_socket(var_dir):
    postgres.attach(var_dir)

    home = postgres_home.locate(var_dir)
    assert stat.S_IMODE(home.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(home.sockets.stat().st_mode) == 0o700
    if os.geteuid() == 0:
        assert home.data.stat().st_uid != 0
        assert running_server(var_dir).uids().real == home.data.stat().st_uid


def test_rows_survive_a_killed_server_and_a_killed_user(var_dir, monkeypatch):
    monkeypatch.setenv("LNRAG_POSTGRES_FSYNC", "on")
    user = hold(var_dir)
    with connect(var_dir) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS value")
    user.kill()
    user.communicate()
    running_server(var_dir).send_signal(signal.SIGKILL)
    wait_until_gone(var_dir)
    home = postgres_home.locate(var_dir)
    assert (home.data / "postmaster.pid").exists()

    postgres.attach(var_dir)

    with connect(var_dir) as connection:
        assert connection.execute("SELECT value FROM kept").fetchone() == (42,)


def test_a_server_that_went_away_is_started_again_by_who_is_attached(var_dir):
    postgres.attach(var_dir)
    assert postgres.revive(var_dir) is False

    running_server(var_dir).kill()
    wait_until_gone(var_dir)

    assert postgres.revive(var_dir) is True
    connect(var_dir).close()


def test_a_stale_pid_that_now_belongs_to_a_stranger_is_not_believed(var_dir):
    leave(hold(var_dir))
    home = postgres_home.locate(var_dir)
    (home.data / "postmaster.pid").write_text(f"{os.getpid()}\n{home.data}\n0\n5432\n{home.sockets}\n\n0\nready   \n")
    assert not postgres_server.is_running(home)

    postgres.attach(var_dir)

    assert postgres_server.is_running(home)


def test_an_interrupted_first_start_leaves_nothing_half_made(var_dir):
    home = postgres_home.locate(var_dir)
    var_dir.mkdir()
    postgres_home.prepare(home)
    (home.folder / "data.new").mkdir()
    (home.folder / "data.new" / "PG_VERSION").write_text("18")

    postgres.attach(var_dir)

    assert not (home.folder / "data.new").exists()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda data: (data / "PG_VERSION").unlink(), "is damaged"),
        (lambda data: (data / "PG_VERSION").write_text("15\n"), "written by PostgreSQL 15, this is 18"),
        (lambda data: (data / "global" / "pg_control").write_bytes(b"\0" * 8192), "could not start"),
    ],
)
def test_a_damaged_data_folder_gives_one_sentence_and_the_next_step(var_dir, damage, words):
    leave(hold(var_dir))
    damage(postgres_home.locate(var_dir).data)

    done = subprocess.run(
        [sys.executable, "-c", HOLD, str(var_dir)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert words in done.stderr
    assert "make reset" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_lost_password_is_told(var_dir):
    leave(hold(var_dir))
    (var_dir / "postgres_password").write_text("another")

    with pytest.raises(postgres.DatabaseUnavailable, match="does not open the database"):
        postgres.attach(var_dir)


def test_a_full_disk_is_told_before_anything_is_written(var_dir, monkeypatch):
    monkeypatch.setattr(postgres_server, "LEAST_FREE_BYTES", 2**62)

    with pytest.raises(postgres.DatabaseUnavailable, match="Free some space, then start again"):
        postgres.attach(var_dir)


def test_binaries_of_another_system_are_told(var_dir, monkeypatch):
    monkeypatch.setattr(postgres_server, "binaries", lambda home: Path("/no-such-folder"))

    with pytest.raises(postgres.DatabaseUnavailable, match="does not run here: use your own PostgreSQL"):
        postgres.attach(var_dir)


def test_without_useradd_root_is_told_what_to_do(monkeypatch):
    def absent(*words: object, **options: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr("subprocess.run", absent)

    with pytest.raises(postgres.DatabaseUnavailable, match="as an ordinary user"):
        postgres_home._ensure_account("nobody-has-this-name")


@pytest.mark.skipif(os.geteuid() != 0, reason="only as root do the data outlive their var folder")
def test_a_var_folder_made_anew_begins_anew_and_the_former_data_are_kept(var_dir, capfd):
    leave(hold(var_dir))
    for path in var_dir.iterdir():
        path.unlink()

    postgres.attach(var_dir)

    kept = list(postgres_home.locate(var_dir).folder.glob("data-before-*"))
    assert len(kept) == 1
    assert str(kept[0]) in capfd.readouterr().err


def test_data_in_use_are_not_deleted(var_dir):
    user = hold(var_dir)

    with pytest.raises(postgres.DatabaseUnavailable, match="still running"):
        postgres.delete(var_dir)

    leave(user)


def test_many_first_starts_at_once_make_one_server(var_dir):
    var_dir.mkdir()
    command = [sys.executable, "-c", HOLD, str(var_dir)]
    users = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]

    lines = [user.stdout.readline() for user in users if user.stdout]

    assert lines == ["attached\n"] * 4
    found = [
        p
        for p in psutil.process_iter(["name", "cmdline"])
        if str(var_dir.parent.name) in " ".join(p.info["cmdline"] or ())
    ]
    assert len([p for p in found if p.info["name"] == "postgres"]) <= 1
    for user in users:
        leave(user)
    wait_until_gone(var_dir)
