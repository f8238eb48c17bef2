"""`manage.py start`: everything comes up, is found, and goes again; nothing stays behind, whatever ended it."""

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import psutil
import pytest
from django.conf import settings

from lnrag_site import postgres, postgres_home, postgres_server

MANAGE = Path(settings.BASE_DIR) / "manage.py"
LONGEST_FIRST_START_S = 120
LONGEST_LATER_START_S = 60  # a guard against hanging: it takes about 5 where nothing else runs
LONGEST_STOP_S = 10
CONNECT = """
from django.contrib.auth.models import User
from recommendations.models import Node, NodeConnection
person = User.objects.create(username="operator")
NodeConnection.objects.create(node=Node.objects.first(), owner=person, kind="lnd", address="https://127.0.0.1:9")
"""

pytestmark = pytest.mark.integration


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Start:
    """One `manage.py start` in a process group of its own, as a terminal makes one."""

    every: ClassVar[list["Start"]] = []

    def __init__(self, var_dir: Path, *, port: int, log: Path) -> None:
        environment = {
            **os.environ,
            "LNRAG_VAR": str(var_dir),
            "PORT": str(port),
            "DJANGO_SETTINGS_MODULE": "lnrag_site.settings",
            "OLLAMA_URL": "http://127.0.0.1:9",  # nobody speaks there
        }
        environment.pop("DATABASE_URL", None)
        self.port, self._log = port, log
        Start.every.append(self)
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(MANAGE), "start"],
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # as a shell's background job
            )

    @property
    def said(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def get(self, path: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", path)
        return connection.getresponse()

    def wait_until_greeted(self, patience_s: float) -> None:
        began = time.monotonic()
        while "lnrag is ready" not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() - began < patience_s, self.said
            time.sleep(0.1)

    def family(self) -> list[psutil.Process]:
        me = psutil.Process(self.process.pid)
        return [me, *me.children(recursive=True)]

    def running(self, word: str) -> list[psutil.Process]:
        """Return those of the family that were started with this word; who is just ending has none."""
        return [process for process in self.family() if word in words_of(process)]

    def interrupt(self) -> float:
        began = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        os.killpg(self.process.pid, signal.SIGINT)  # an impatient person presses twice
        self.process.wait(LONGEST_STOP_S + 5)
        return time.monotonic() - began


def words_of(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.cmdline()
    return []


@pytest.fixture(scope="module")
def var_dir(tmp_path_factory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("start") / "var"
    yield folder
    for start in Start.every:  # a test that failed must leave nothing behind either
        start.process.terminate()
        start.process.wait(LONGEST_STOP_S)
    for _ in range(50):
        with contextlib.suppress(postgres.DatabaseUnavailable):
            postgres.delete(folder)
            return
        time.sleep(0.2)


def wait_until_gone(processes: list[psutil.Process], patience_s: float = LONGEST_STOP_S) -> None:
    _, alive = psutil.wait_procs(processes, timeout=patience_s)

    assert [words_of(process) for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []


def wait_until_running(start: Start, word: str) -> None:
    deadline = time.monotonic() + LONGEST_LATER_START_S
    while not start.running(word):
        assert time.monotonic() < deadline, start.said
        time.sleep(0.1)


def connect_a_node(var_dir: Path) -> None:
    environment = {**os.environ, "LNRAG_VAR": str(var_dir), "DJANGO_SETTINGS_MODULE": "lnrag_site.settings"}
    environment.pop("DATABASE_URL", None)
    command = (sys.executable, str(MANAGE), "shell", "-c", CONNECT)
    subprocess.run(command, env=environment, check=True, capture_output=True)


def is_database_running(var_dir: Path) -> bool:
    return postgres_server.is_running(postgres_home.locate(var_dir))


def test_a_first_start_serves_and_ctrl_c_leaves_nothing(var_dir, tmp_path):
    start = Start(var_dir, port=free_port(), log=tmp_path / "said")
    start.wait_until_greeted(LONGEST_FIRST_START_S)

    assert start.get("/health/ready").status == 200
    home = start.get("/")
    assert (home.status, "text/html" in home.headers["Content-Type"]) == (200, True)
    assert f"http://127.0.0.1:{start.port}/\n" in start.said
    assert "make link" in start.said
    link = re.search(r"http://\S+sesame=\S+", start.said)
    assert link
    path = link.group().split(str(start.port), 1)[1]
    assert start.get(path).status == 302
    assert start.get(path).status == 403

    assert not start.running("collect_failures")
    connect_a_node(var_dir)
    wait_until_running(start, "collect_failures")
    family = start.family()
    took_s = start.interrupt()

    assert took_s < LONGEST_STOP_S
    assert start.process.returncode in (0, 130)
    assert "Traceback" not in start.said
    wait_until_gone(family)
    assert not is_database_running(var_dir)
    assert "sesame=" not in (var_dir / "lnrag.log").read_text(encoding="utf-8").replace("sesame=***", "")


def test_a_second_start_serves_and_a_busy_port_is_named_before_anything_starts(var_dir, tmp_path):
    start = Start(var_dir, port=free_port(), log=tmp_path / "said")
    start.wait_until_greeted(LONGEST_LATER_START_S)
    family = start.family()

    busy = Start(tmp_path / "untouched", port=start.port, log=tmp_path / "busy")
    busy.process.wait(60)

    assert busy.process.returncode == 1
    assert f"Port {start.port} is in use" in busy.said
    assert "make run PORT=" in busy.said
    assert "Traceback" not in busy.said
    assert not (tmp_path / "untouched" / "postgres.users").exists()
    start.interrupt()
    wait_until_gone(family)


def test_a_killed_start_takes_its_children_with_it_and_the_next_one_recovers(var_dir, tmp_path):
    start = Start(var_dir, port=free_port(), log=tmp_path / "said")
    start.wait_until_greeted(LONGEST_LATER_START_S)
    children = [process for process in start.family()[1:] if process.name() != "postgres"]
    assert children

    start.process.kill()
    start.process.wait()
    wait_until_gone(children)

    after = Start(var_dir, port=start.port, log=tmp_path / "after")
    after.wait_until_greeted(LONGEST_LATER_START_S)
    assert after.get("/health/ready").status == 200
    family = after.family()
    after.process.terminate()
    assert after.process.wait(LONGEST_STOP_S) in (0, 130)
    wait_until_gone(family)
    assert not is_database_running(var_dir)


def test_a_child_that_dies_is_started_again_once(var_dir, tmp_path):
    start = Start(var_dir, port=free_port(), log=tmp_path / "said")
    start.wait_until_greeted(LONGEST_LATER_START_S)

    def web() -> psutil.Process:
        return start.running("daphne")[0]

    web().kill()
    deadline = time.monotonic() + 60
    while "started again" not in start.said:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    family = start.family()
    web().kill()

    assert start.process.wait(60) == 1
    assert "web server stopped twice" in start.said
    assert "Traceback" not in start.said
    wait_until_gone(family)
    assert not is_database_running(var_dir)


def test_a_port_that_is_none_is_told(tmp_path):
    done = subprocess.run(
        [sys.executable, str(MANAGE), "start"],
        env={
            **os.environ,
            "LNRAG_VAR": str(tmp_path / "var"),
            "PORT": "65536",
            "DJANGO_SETTINGS_MODULE": "lnrag_site.settings",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "is not a port" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
