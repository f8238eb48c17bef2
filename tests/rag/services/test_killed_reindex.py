"""A worker is killed in the middle of a re-index; another goes on. Questions are answered during all of it."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection

from rag.models import Chunk, ChunkEmbedding, IndexVersion, Source
from rag.services import spaces
from rag.services.active_space import active_space
from rag.services.retrieve import retrieve
from tests.journeys.served import database_url
from tests.rag.conftest import NOW, ollama_host
from tests.rag.services.vectors import stored_passages
from tests.servers.ollama import OllamaServer

pytestmark = pytest.mark.django_db(transaction=True)
EMBEDDER = "nomic-embed-text:latest"
PASSAGES = 1500
WORK = "import django; django.setup()\nfrom rag.services import build_space\nwhile build_space.run_slice({}): pass"


@contextmanager
def worker(space_id: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the job, slice after slice, in a process of its own."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(connection.settings_dict),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "LNRAG_VAR": str(settings.VAR_DIR),
    }
    process = subprocess.Popen(
        (sys.executable, "-c", WORK.format(space_id)), cwd=settings.BASE_DIR, env=environment, stderr=subprocess.PIPE
    )
    try:
        yield process
    finally:
        process.kill()
        print(process.communicate()[1].decode())


@contextmanager
def asking_all_the_time() -> Iterator[list[tuple[str, int]]]:
    """Ask one question after the other in a thread, and note which space answered, and with how many passages."""
    told: list[tuple[str, int]] = []
    is_over = threading.Event()

    def ask() -> None:
        try:
            while not is_over.wait(0.02):
                found = retrieve(f"What is the default base fee? {len(told)}")
                told.append((found.index_version, len(found.passages)))
        finally:
            connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield told
    finally:
        is_over.set()
        thread.join()


def wait_for(what: Callable[[], bool], *, at_most_s: float = 60.0) -> None:
    deadline = time.monotonic() + at_most_s
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def texts_sent(ollama: OllamaServer) -> list[str]:
    return [text for request in ollama.requests_for("/api/embed") for text in request.body["input"]]


def test_a_killed_worker_is_followed_by_one_that_embeds_nothing_twice(library: Source, ollama: OllamaServer) -> None:
    ollama_host(ollama.url, EMBEDDER).language_models.update(capabilities=["embedding"])
    stored_passages(Source.objects.create(slug="many", name="Many", kind=Source.Kind.UPLOAD), PASSAGES)
    former = active_space()
    row = spaces.plan_space(EMBEDDER, at=NOW, activates_when_ready=True)
    stored = ChunkEmbedding.objects.filter(index_version=row)

    with asking_all_the_time() as told:
        with worker(row.pk) as first:
            wait_for(lambda: stored.exists() or first.poll() is not None)
            first.kill()
            first.wait()
        kept = set(stored.values_list("chunk_id", flat=True))
        ollama.forget_records()
        with worker(row.pk) as second:
            wait_for(lambda: second.poll() is not None)
        asked_before = len(told)
        wait_for(lambda: len(told) > asked_before + 2)

    row = IndexVersion.objects.get(pk=row.pk)
    again = [text for text in texts_sent(ollama) if text.startswith("search_document: ")]
    everything = Chunk.objects.count()
    assert 0 < len(kept) < everything
    assert len(again) == len(set(again)) == everything - len(kept)
    assert stored.count() == stored.values("chunk").distinct().count() == everything
    assert (row.state, row.is_active) == ("ready", True)
    assert former is not None
    assert all(found > 0 for _, found in told)
    assert [space for space, _ in told if space not in (former.slug, row.slug)] == []
    assert told[0][0] == former.slug
    assert told[-1][0] == row.slug
