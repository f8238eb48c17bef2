"""manage.py sync_node and import_node: progress, one JSON value, and honest exit codes."""

import json
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from recommendations.management.commands.collect_failures import LOCK
from recommendations.models import Forward, NodeConnection
from tests.recommendations.services.nodes import AT, LND_KEY, connected
from tests.recommendations.services.test_import_private import printed
from tests.servers.lnd import LndServer
from tests.servers.simulated import simulated

pytestmark = pytest.mark.django_db


def said(command: str, *words: str) -> str:
    out = StringIO()
    call_command(command, *words, stdout=out)
    return out.getvalue()


def test_a_node_is_read_with_its_progress_and_told_as_json(operator):
    with LndServer(simulated(LND_KEY, forwards=30, at=AT)) as server:
        connected(server, operator)

        told = said("sync_node", LND_KEY[:10])
        (report,) = json.loads(said("sync_node", "--all", "--json"))

    assert "15 % Reading the forwarding history" in told
    assert "Up to date." in told
    assert (report["pubkey"], report["ok"], report["forwards"], report["channels"]) == (LND_KEY, True, 30, 12)


def test_a_node_that_cannot_be_read_fails_the_command_and_is_told_all_the_same(operator):
    with LndServer(simulated(LND_KEY, forwards=3, at=AT)) as server:
        connected(server, operator)
    out = StringIO()

    with pytest.raises(CommandError, match="1 of 1 nodes could not be read"):
        call_command("sync_node", "--all", "--json", stdout=out)

    (report,) = json.loads(out.getvalue())
    assert (report["ok"], report["state"]) == (False, "unreachable")
    for words in ((), (LND_KEY, "--all"), ("ffff",)):
        with pytest.raises(CommandError):
            said("sync_node", *words)


def test_files_are_taken_in_for_a_user_or_only_tried(operator, tmp_path):
    paths = []
    for name in ("channels", "forwards"):
        file, content = printed(name)
        paths.append(str(tmp_path / file))
        (tmp_path / file).write_bytes(content)
    words = (*paths, "--node", LND_KEY.upper(), "--user", operator.username)

    assert said("import_node", *words, "--dry-run").startswith("Would store")
    assert not NodeConnection.objects.exists()
    report = json.loads(said("import_node", *words, "--json"))

    assert (report["channels"], report["new_forwards"], Forward.objects.count()) == (12, 40, 40)
    for wrong in ((*paths, "--user", "nobody"), (str(tmp_path / "none.json"), "--user", operator.username)):
        with pytest.raises(CommandError):
            said("import_node", *wrong)


@contextmanager
def another_listener() -> Iterator[None]:
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        yield
    finally:
        other.close()


@pytest.fixture
def handlers() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_a_second_listener_is_refused():
    with another_listener(), pytest.raises(CommandError, match="already"):
        said("collect_failures")


def test_a_second_listener_that_may_wait_does_so_until_it_is_asked_to_stop(handlers):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # were it sent too early, nothing would end
    bell = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM))
    with another_listener():
        bell.start()

        assert said("collect_failures", "--wait") == ""
