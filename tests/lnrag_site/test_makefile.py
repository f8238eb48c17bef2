"""The two commands set themselves up: only when a lock changed, and with one sentence when they cannot."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
MAKE = shutil.which("make")
NEEDED = ("sh", "cmp", "cp", "mkdir", "rm", "echo", "awk", "env")
FAKE_PYTHON = """#!/bin/sh
echo "$@" >> "$CALLS"
if [ "$1" = -m ] && [ "$2" = venv ]; then mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; fi
"""

pytestmark = pytest.mark.skipif(MAKE is None, reason="make is not installed")


@pytest.fixture
def checkout(tmp_path):
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in NEEDED:
        (tools / name).symlink_to(shutil.which(name) or "/bin/false")
    return tmp_path


def give_python(checkout: Path) -> None:
    python = checkout / "tools" / "python3"
    python.write_text(FAKE_PYTHON)
    python.chmod(0o755)


def make(checkout: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": str(checkout / "tools"),
        "CALLS": str(checkout / "calls"),
        "HOME": os.environ.get("HOME", "/"),
    }
    return subprocess.run(
        [str(MAKE), "-C", str(checkout), *words], env=environment, capture_output=True, text=True, check=False
    )


def calls(checkout: Path) -> list[str]:
    file = checkout / "calls"
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return [line for line in lines if not line.startswith("-c")]


def test_without_python_one_sentence_says_what_to_do(checkout):
    done = make(checkout, "run")

    assert done.returncode != 0
    assert "Python 3.11 or newer" in done.stderr
    assert "apt install" in done.stderr


def test_the_first_run_installs_the_lock_and_starts(checkout):
    give_python(checkout)

    done = make(checkout, "run", "PORT=8123")

    assert done.returncode == 0, done.stderr
    said = calls(checkout)
    assert said[0] == "-m venv .venv"
    assert any("--no-deps --require-hashes -r requirements.txt" in line for line in said)
    assert said[-1] == "manage.py start"


def test_a_second_run_installs_nothing(checkout):
    give_python(checkout)
    make(checkout, "run")
    calls(checkout)

    make(checkout, "run")

    assert calls(checkout) == ["manage.py start"]


def test_a_changed_lock_is_installed_again(checkout):
    give_python(checkout)
    make(checkout, "run")
    with (checkout / "requirements.txt").open("a") as lock:
        lock.write("# changed\n")
    calls(checkout)

    make(checkout, "run")

    assert any("pip install" in line for line in calls(checkout))


def test_after_the_tests_a_run_installs_nothing(checkout):
    give_python(checkout)
    make(checkout, "test")
    assert calls(checkout)[-1] == "-m pytest -n 3 --dist loadfile"

    make(checkout, "run")

    assert calls(checkout) == ["manage.py start"]


def test_help_names_every_command(checkout):
    said = make(checkout, "help").stdout

    assert all(f"make {name}" in said for name in ("run", "link", "test", "bench", "lint", "fmt", "lock", "reset"))
