"""Collections of an evaluation: nobody else finds them, and nothing of them stays."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from rag.domain.errors import SourceUnreadable
from rag.models import Chunk, ChunkEmbedding, Document, GlossaryEntry, Posting, Source
from rag.queries.library import library_stats, readable_documents
from rag.queries.policy import library_epoch
from rag.services.gather import SLUG, _held, existing, gathered, load_first_rows, sweep
from rag.services.retrieve import retrieve
from tests.rag.conftest import NOW

SECRET = "The zanzibar protocol opens a channel with a handshake of seven turtles, and each turtle signs once."
QUESTION = "How many turtles sign the zanzibar protocol?"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "guide").mkdir()
    (tmp_path / "guide" / "zanzibar.md").write_text(f"# Zanzibar\n\n## Handshake\n\n{SECRET}\n", encoding="utf-8")
    (tmp_path / "other.txt").write_text("Words about nothing in particular, written down twice.\n", encoding="utf-8")
    return tmp_path


def rows() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in apps.get_app_config("rag").get_models()}


@pytest.mark.django_db
def test_what_is_gathered_is_found_only_by_who_names_it(library: Source, folder: Path) -> None:
    before = library_epoch()

    with gathered(folder, at=NOW) as collection:
        named = retrieve(QUESTION, sources=(collection.source_id,))
        usual = retrieve(QUESTION)

        assert named.passages[0].document_uid == "guide/zanzibar.md"
        assert {passage.document_uid for passage in usual.passages}.isdisjoint(collection.uids)
        assert readable_documents(None).filter(source_id=collection.source_id).count() == 0
        assert library_stats().documents == 4
        assert library_epoch() == before


@pytest.mark.django_db
def test_nothing_of_it_stays(library: Source, folder: Path) -> None:
    before = rows()

    with gathered(folder, at=NOW) as collection:
        assert (collection.documents, collection.uids) == (2, frozenset({"guide/zanzibar.md", "other.txt"}))
        assert collection.passages == Chunk.objects.filter(document__source_id=collection.source_id).count() > 0
        assert ChunkEmbedding.objects.filter(source_id=collection.source_id).count() == collection.passages

    assert rows() == before


@pytest.mark.django_db
def test_an_empty_house_is_empty_again(folder: Path) -> None:
    before = rows()

    with gathered(folder, at=NOW):
        assert rows()["IndexVersion"] == 1

    assert rows() == before


@pytest.mark.django_db
@pytest.mark.parametrize("failure", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_nothing_stays_of_a_run_that_broke_off(library: Source, folder: Path, failure: type[BaseException]) -> None:
    before = rows()

    with pytest.raises(failure), gathered(folder, at=NOW):
        raise failure

    assert rows() == before


@pytest.mark.django_db
def test_nothing_stays_of_a_folder_that_broke_off_half_way(library: Source, folder: Path) -> None:
    before = rows()

    def interrupted(step: str, done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), gathered(folder, at=NOW, report=interrupted):
        pytest.fail("it was interrupted before it was complete")

    assert rows() == before


@pytest.mark.django_db
def test_a_folder_without_documents_says_so(library: Source, tmp_path: Path) -> None:
    before = rows()

    with pytest.raises(SourceUnreadable, match="holds no document"), gathered(tmp_path, at=NOW):
        pytest.fail("there is nothing to ask about")

    assert rows() == before


def left_behind(slug: str = f"{SLUG}left") -> Source:
    source = Source.objects.create(slug=slug, name=slug, kind=Source.Kind.TEMPORARY, is_public=True)
    document = Document.objects.create(source=source, uid="a.md", title="A", content="a", content_sha256="0")
    chunk = Chunk.objects.create(document=document, ordinal=0, breadcrumb="A", text="a", word_count=1)
    Posting.objects.create(lexeme="a", chunk=chunk, source=source, frequency=1, chunk_length=1)
    return source


@pytest.mark.django_db
def test_what_a_killed_run_left_is_swept(library: Source) -> None:
    before = rows()
    left_behind()

    assert sweep() == 1

    assert rows() == before
    assert sweep() == 0


@pytest.mark.django_db(transaction=True)
def test_what_a_run_that_lives_has_gathered_is_not_swept(library: Source) -> None:
    source = left_behind()

    with _held(source.slug):
        assert sweep() == 0
        assert Source.objects.filter(pk=source.pk).exists()

    assert sweep() == 1


HOLDER = """
import sys, time, django
django.setup()
from django.conf import settings
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[2]
from rag.services.gather import _held
with _held(sys.argv[1]):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder() -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", HOLDER, f"{SLUG}left", connection.settings_dict["NAME"]]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    yield process
    process.kill()
    process.communicate()


@pytest.mark.django_db(transaction=True)
def test_a_kill_gives_the_lock_back(library: Source, holder: subprocess.Popen[str]) -> None:
    source = left_behind()
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    assert sweep() == 0

    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()

    assert any(sweep() for _ in range(1000))  # the server notices within milliseconds
    assert not Source.objects.filter(pk=source.pk).exists()


@pytest.mark.django_db
def test_an_existing_source_is_read_as_its_owner_would(library: Source) -> None:
    Source.objects.filter(pk=library.pk).update(is_public=False)

    collection = existing("tests")

    found = retrieve("What is a base fee?", user=collection.reader, sources=(collection.source_id,))
    assert collection.documents == 4
    assert found.passages


@pytest.mark.django_db
def test_a_source_that_is_not_there_is_named_with_those_that_are(library: Source) -> None:
    with pytest.raises(SourceUnreadable, match=r"There is no enabled source nowhere\. There are: library, tests"):
        existing("nowhere")
    with pytest.raises(SourceUnreadable, match="library holds no documents"):
        existing("library")


@pytest.mark.django_db
def test_first_rows_are_loaded_only_into_a_new_database() -> None:
    assert load_first_rows(at=NOW) is True
    loaded = GlossaryEntry.objects.count()
    GlossaryEntry.objects.all().delete()

    assert loaded > 0
    assert load_first_rows(at=NOW) is False  # an administrator may want none
