"""A worker is killed in the midst of a node's history; another goes on. Nothing is lost, and nothing stored twice."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.db import connection

from recommendations.models import Forward, NodeConnection
from recommendations.services.connect import Cadence, connect_node
from tests.journeys.served import database_url
from tests.recommendations.services.nodes import forwards_of, read, settled_by
from tests.servers.lnd import LndServer
from tests.servers.simulated import Fault, Kind, simulated

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = 10_000  # forwards, as the source asks for them
WORK = """
import django; django.setup()
from django.utils import timezone
from recommendations.services import sync_node
sync_node.run_slice({}, at=timezone.now(), slice_s=None)
"""


@contextmanager
def worker(key: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Read a node in a process of its own."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(connection.settings_dict),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "LNRAG_VAR": str(settings.VAR_DIR),
    }
    process = subprocess.Popen(
        (sys.executable, "-c", WORK.format(key)), cwd=settings.BASE_DIR, env=environment, stderr=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        print(process.communicate()[1].decode())


def wait_for(what: Callable[[], bool], *, at_most_s: float = 60.0) -> None:
    deadline = time.monotonic() + at_most_s
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_killed_reading_is_followed_by_one_that_loses_and_repeats_nothing(django_user_model):
    user = django_user_model.objects.create_user("operator")
    with LndServer(simulated(forwards=PAGE + 500, at=datetime.now(UTC))) as server:
        row = connect_node(server.endpoint, cadence=Cadence(graph_every_h=0), user=user, at=datetime.now(UTC))
        stored = Forward.objects.filter(connection=row)
        server.enqueue(Fault(Kind.NONE, path="/v1/switch"), Fault(Kind.SLOW, path="/v1/switch"))

        with worker(row.pk) as first:
            wait_for(lambda: stored.exists() or first.poll() is not None)
            first.kill()
            first.wait()
        kept = stored.count()
        server.recover()
        server.forget()
        read(row, at=datetime.now(UTC))

        pages = [asked for asked in server.requests if asked.path == "/v1/switch"]
        assert kept == PAGE
        assert len(pages) == 1  # it goes on where the other one was
        assert forwards_of(row) == settled_by(server)
        assert row.state == NodeConnection.State.READY
