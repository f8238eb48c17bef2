"""`manage.py reindex`: says what there is to do, does it, and goes on where it was."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from models_registry.services.embed import embedding_space
from rag.models import Chunk, ChunkEmbedding, IndexVersion, Source
from tests.rag.conftest import ollama_host
from tests.servers.ollama import OllamaServer

pytestmark = pytest.mark.django_db(transaction=True)
EMBEDDER = "nomic-embed-text:latest"


def run(*words: str) -> Any:
    """Run the command and return its last line, decoded."""
    said = StringIO()
    call_command("reindex", "--json", *words, stdout=said)
    return json.loads(said.getvalue().splitlines()[-1])


def test_a_dry_run_counts_and_changes_nothing(library: Source) -> None:
    ChunkEmbedding.objects.all()[0].delete()

    told = run("--dry-run", "--force-kind", "hnsw")

    assert (told["lacking"], told["kind"], told["wanted_kind"]) == (1, "exact", "hnsw")
    assert told["slug"] == embedding_space().slug
    assert ChunkEmbedding.objects.count() == Chunk.objects.count() - 1
    assert run("--dry-run", "--model", EMBEDDER)["lacking"] == Chunk.objects.count()
    assert IndexVersion.objects.count() == 1


def test_what_lacks_a_vector_gets_one_and_a_forced_index_is_built(library: Source) -> None:
    ChunkEmbedding.objects.all()[0].delete()

    told = run("--force-kind", "hnsw")

    assert (told["lacking"], told["kind"], told["state"], told["is_active"]) == (0, "hnsw", "ready", True)
    assert told["recall"] == 1.0
    assert run()["vectors"] == Chunk.objects.count()


def test_another_model_is_built_beside_and_searched_when_asked(library: Source, ollama: OllamaServer) -> None:
    ollama_host(ollama.url, EMBEDDER).language_models.update(capabilities=["embedding"])

    beside = run("--model", EMBEDDER)
    searched = run("--model", EMBEDDER, "--activate")

    assert (beside["is_active"], searched["is_active"]) == (False, True)
    assert beside["slug"] == searched["slug"]
    assert len(ollama.requests_for("/api/embed")) == 2  # a probe, and one batch


def test_a_model_that_nobody_has_ends_with_what_to_do(library: Source) -> None:
    with pytest.raises(CommandError, match="Pull it first"):
        run("--model", "absent-embed:1")


def test_people_are_told_in_one_line(library: Source) -> None:
    said = StringIO()

    call_command("reindex", stdout=said)

    assert said.getvalue() == (
        f"{embedding_space().slug}: {Chunk.objects.count():,} vectors, complete, exact scan, searched.\n"
    )
