"""Filling a space: what is missing and nothing else, once, in bounded batches, whoever else is at it."""

import threading
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction

from models_registry.domain.errors import ModelError
from models_registry.models import Provider
from rag.models import Chunk, ChunkEmbedding, Document, IndexVersion, Quarantine, Source
from rag.services import reindex, spaces
from rag.services.probe_space import probe
from rag.services.reindex import embed_chunks, embed_missing, is_complete
from rag.services.vectors_sql import claim, copy_vectors
from tests.rag.conftest import NOW, ollama_host
from tests.rag.services.vectors import space_row, stored_passages, unit_vectors
from tests.servers.ollama import OllamaServer

EMBEDDER = "nomic-embed-text:latest"


@pytest.fixture
def host(library: Source, ollama: OllamaServer) -> Provider:
    """An Ollama that embeds; its row says so."""
    row = ollama_host(ollama.url, EMBEDDER)
    row.language_models.update(capabilities=["embedding"], digest="sha256:0a109f42")
    return row


@pytest.fixture
def beside(host: Provider) -> IndexVersion:
    """A planned space by the host's model, whose width and digest are known."""
    row = spaces.plan_space(EMBEDDER, at=NOW)
    probe(row)
    return row


def texts_sent(ollama: OllamaServer) -> list[str]:
    return [text for request in ollama.requests_for("/api/embed") for text in request.body["input"]]


@pytest.mark.django_db
def test_only_what_is_missing_is_embedded(library: Source) -> None:
    version = IndexVersion.objects.get(is_active=True)
    gone = list(Chunk.objects.values_list("pk", flat=True)[:3])
    ChunkEmbedding.objects.filter(chunk__in=gone).delete()
    told: list[tuple[int, int]] = []

    embedded = embed_missing(version, report=lambda done, of: told.append((done, of)))

    assert (embedded, embed_missing(version)) == (3, 0)
    assert told[-1] == (3, 3)
    assert is_complete(version)


@pytest.mark.django_db
def test_passages_reach_the_host_in_batches_with_their_prefix_and_come_back_in_order(
    beside: IndexVersion, library: Source, ollama: OllamaServer
) -> None:
    ollama.forget_records()
    Provider.objects.filter(slug="ollama").update(embed_batch_size=2)

    embedded = embed_missing(beside)

    sent = texts_sent(ollama)
    assert embedded == Chunk.objects.count() == len(sent) == len(set(sent))
    assert all(text.startswith("search_document: Tests > ") for text in sent)
    assert max(len(request.body["input"]) for request in ollama.requests_for("/api/embed")) == 2
    for row in ChunkEmbedding.objects.filter(index_version=beside).select_related("chunk"):
        alone = reindex._vectors(beside, [f"{row.chunk.breadcrumb}\n{row.chunk.text}"]).vectors[0]
        assert float(np.dot(row.embedding, alone)) > 0.999


@pytest.mark.django_db
def test_a_text_that_spoils_its_batch_is_set_aside_with_its_reason(
    beside: IndexVersion, library: Source, ollama: OllamaServer
) -> None:
    bad = Chunk.objects.order_by("pk")[2]
    Chunk.objects.filter(pk=bad.pk).update(text="POISON")
    ollama.use("embed_poisoned")

    embed_missing(beside)

    assert list(Quarantine.objects.values_list("chunk_id", flat=True)) == [bad.pk]
    assert Quarantine.objects.get().reason
    assert ChunkEmbedding.objects.filter(index_version=beside).count() == Chunk.objects.count() - 1
    assert is_complete(beside)


@pytest.mark.django_db
def test_a_passage_in_quarantine_is_tried_again_when_somebody_asks(
    beside: IndexVersion, library: Source, ollama: OllamaServer
) -> None:
    bad = Chunk.objects.order_by("pk")[2]
    Chunk.objects.filter(pk=bad.pk).update(text="POISON")
    ollama.use("embed_poisoned")
    embed_missing(beside)
    row = Quarantine.objects.get()

    refused = spaces.retry_quarantine([row.pk])
    row = Quarantine.objects.get()
    ollama.recover()

    assert (refused, row.tries) == (0, 2)
    assert spaces.retry_quarantine([row.pk]) == 1
    assert not Quarantine.objects.exists()
    assert ChunkEmbedding.objects.filter(index_version=beside, chunk=bad).exists()


@pytest.mark.django_db
def test_a_host_that_is_away_loses_nothing_that_was_written(
    beside: IndexVersion, library: Source, ollama: OllamaServer
) -> None:
    embed_chunks(beside, list(Chunk.objects.values_list("pk", flat=True)[:2]))
    ollama.use("error_503")

    with pytest.raises(ModelError):
        embed_missing(beside)

    assert ChunkEmbedding.objects.filter(index_version=beside).count() == 2
    assert not Quarantine.objects.exists()


@pytest.mark.django_db
def test_equal_texts_are_embedded_once(beside: IndexVersion, library: Source, ollama: OllamaServer) -> None:
    first, second, third = Chunk.objects.order_by("pk")[:3]
    equal = {"sha256": "equal", "text": first.text, "breadcrumb": first.breadcrumb}
    Chunk.objects.filter(pk__in=[first.pk, second.pk, third.pk]).update(**equal)
    ollama.forget_records()

    embed_chunks(beside, [first.pk, second.pk])
    embed_chunks(beside, [third.pk])

    assert len(texts_sent(ollama)) == 1
    stored = ChunkEmbedding.objects.filter(index_version=beside)
    assert {tuple(row.embedding) for row in stored} == {tuple(stored[0].embedding)}
    assert stored.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_at_once_never_claim_the_same_passage(library: Source) -> None:
    row = space_row("shared", dimension=8)
    source = Source.objects.create(slug="many", name="Many", kind=Source.Kind.UPLOAD)
    stored_passages(source, 300)
    claimed: list[list[int]] = []
    both_claim = threading.Barrier(2)

    def work() -> None:
        try:
            with transaction.atomic():
                found = claim(row.pk, after=0, size=200)
                claimed.append([one.chunk_id for one in found.passages])
                both_claim.wait(10)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    first, second = claimed
    assert first or second
    assert not set(first) & set(second)


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_work_and_embed_each_text_once(
    beside: IndexVersion, library: Source, ollama: OllamaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindex, "BATCH", 8)
    source = Source.objects.create(slug="many", name="Many", kind=Source.Kind.UPLOAD)
    stored_passages(source, 100)
    ollama.forget_records()
    done: list[int] = []

    def work() -> None:
        try:
            done.append(embed_missing(beside))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    sent = texts_sent(ollama)
    assert sum(done) == len(sent) == len(set(sent)) == Chunk.objects.count()
    assert is_complete(beside)


@pytest.mark.django_db
def test_a_document_that_goes_while_it_is_embedded_leaves_nothing(
    beside: IndexVersion, library: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed = reindex._vectors

    def embed_and_lose(version: IndexVersion, texts: Any) -> Any:
        Document.objects.filter(uid="backup.md").delete()
        return embed(version, texts)

    monkeypatch.setattr(reindex, "_vectors", embed_and_lose)

    embed_missing(beside)

    assert set(ChunkEmbedding.objects.filter(index_version=beside).values_list("chunk_id", flat=True)) == set(
        Chunk.objects.values_list("pk", flat=True)
    )


@pytest.mark.django_db
def test_vectors_are_copied_as_they_are(library: Source) -> None:
    row = space_row("copied", dimension=5)
    chunk = Chunk.objects.select_related("document")[0]
    vector = unit_vectors(1, dimension=5)[0]

    copy_vectors([(row.pk, chunk.pk, library.pk, "fr", vector)])

    stored = ChunkEmbedding.objects.get(index_version=row)
    assert (stored.chunk_id, stored.source_id, stored.lang) == (chunk.pk, library.pk, "fr")
    assert np.array_equal(np.asarray(stored.embedding, dtype=np.float32), vector)
