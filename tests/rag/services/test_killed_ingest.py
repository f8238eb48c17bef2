"""A worker is killed in the middle of an intake; the next one finishes it and embeds nothing twice."""

import io
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from rag.models import Chunk, ChunkEmbedding, Document, Ingestion, Source
from rag.services import intake
from rag.services.refresh import refresh_due
from tests.journeys.served import database_url
from tests.rag.conftest import NOW

pytestmark = pytest.mark.django_db(transaction=True)
FILES = 450
WORK = "import django; django.setup()\nfrom rag.tasks import take_in\ntake_in(ingestion_id='{}')"


@contextmanager
def worker(row: Ingestion) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the job in a process of its own."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(connection.settings_dict),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "LNRAG_VAR": str(settings.VAR_DIR),
    }
    process = subprocess.Popen(
        (sys.executable, "-c", WORK.format(row.pk)), cwd=settings.BASE_DIR, env=environment, stderr=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        print(process.communicate()[1].decode())


def wait_for(what: Callable[[], bool], *, at_most_s: float = 120.0) -> None:
    deadline = time.monotonic() + at_most_s
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def archive() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        for number in range(FILES):
            packed.writestr(
                f"{number}.md", f"# Note {number}\n\nA channel of node {number} holds sats on both sides.\n"
            )
    return target.getvalue()


def test_a_killed_intake_is_finished_by_the_next_worker_without_embedding_twice() -> None:
    source = Source.objects.create(slug="uploads", name="Uploads", kind=Source.Kind.UPLOAD)
    row = intake.receive([("notes.zip", "", archive())], source=source, user=None, unit="", at=NOW)

    with worker(row) as first:
        wait_for(lambda: ChunkEmbedding.objects.exists() or first.poll() is not None)
        first.kill()
        first.wait()
    kept = set(ChunkEmbedding.objects.values_list("pk", flat=True))
    row.refresh_from_db()
    killed_state = row.state
    resumed, _, _ = refresh_due(at=timezone.now() + timedelta(minutes=5))
    Ingestion.objects.filter(pk=row.pk).update(alive_at=NOW - timedelta(days=1))  # minutes pass
    with worker(row) as second:
        wait_for(lambda: second.poll() is not None)

    row.refresh_from_db()
    everything = set(ChunkEmbedding.objects.values_list("pk", flat=True))
    assert (killed_state, resumed) == ("running", 1)
    assert 0 < len(kept) < FILES
    assert (row.state, row.report["failed"], row.report["embedded"]) == ("done", 0, FILES - len(kept))
    assert kept < everything
    assert len(everything) == Chunk.objects.count() == Document.objects.count() == FILES
    assert not source.parcels.exists()
