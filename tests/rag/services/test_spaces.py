"""Embedding spaces from the plan to their end, with searching going on throughout."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django_q.models import OrmQ

from models_registry.models import LanguageModel, Provider
from models_registry.services.embed import embedding_space
from rag.domain.errors import SpaceNotReady
from rag.models import Chunk, ChunkEmbedding, IndexVersion, LibraryPolicy, Quarantine, Source
from rag.queries.policy import library_epoch
from rag.services import build_space, default_space, keep_spaces, spaces
from rag.services.active_space import active_space, embed_question_in, space_of
from rag.services.retrieve import retrieve
from tests.rag.conftest import NOW, ollama_host
from tests.rag.services.vectors import space_row, stored_passages, stored_vectors, unit_vectors
from tests.servers.ollama import OllamaServer

EMBEDDER = "nomic-embed-text:latest"
QUESTION = "What is the default base fee?"
State = IndexVersion.State


@pytest.fixture
def host(library: Source, ollama: OllamaServer) -> Provider:
    """An Ollama that embeds; its row says so."""
    row = ollama_host(ollama.url, EMBEDDER)
    row.language_models.update(capabilities=["embedding"], digest="sha256:0a109f42")
    return row


@pytest.fixture
def built(host: Provider) -> IndexVersion:
    """A space by the host's model, built and not searched yet."""
    return build_space.carry_out(spaces.plan_space(EMBEDDER, at=NOW))


def questions_embedded(ollama: OllamaServer) -> list[str]:
    return [text for request in ollama.requests_for("/api/embed") for text in request.body["input"]]


@pytest.mark.django_db
def test_a_planned_space_tells_its_model_and_costs_nothing_yet(host: Provider, ollama: OllamaServer) -> None:
    row = spaces.plan_space("nomic-embed-text", at=NOW)

    assert (row.model, row.prefix_scheme, row.version, row.state) == (EMBEDDER, "nomic", "2025-10-15", "planned")
    assert spaces.plan_space(EMBEDDER, at=NOW) == row
    assert ollama.requests_for("/api/embed") == ()
    assert spaces.plan_space("auto", at=NOW).slug == embedding_space().slug


@pytest.mark.django_db(transaction=True)
def test_building_asks_the_model_what_is_not_known_and_leaves_the_searched_space_alone(built: IndexVersion) -> None:
    assert (built.state, built.message, built.dimension, built.digest) == ("ready", "", 768, "sha256:0a109f42")
    assert built.slug == "nomic-embed-text-latest-768-nomic-2025-10-15-0a109f42"
    assert built.embeddings.count() == Chunk.objects.count()
    assert built.alive_at is None
    assert active_space() is not None
    assert retrieve(QUESTION).index_version == embedding_space().slug


@pytest.mark.django_db(transaction=True)
def test_activation_is_complete_takes_effect_at_once_and_makes_kept_answers_expire(
    built: IndexVersion, library: Source, ollama: OllamaServer
) -> None:
    before, epoch = IndexVersion.objects.get(is_active=True), library_epoch()
    late = stored_passages(library, 2)

    spaces.activate(built, at=NOW)
    found = retrieve(QUESTION)

    assert set(late) <= set(built.embeddings.values_list("chunk_id", flat=True))
    assert (found.index_version, found.passages[0].dense_rank is not None) == (built.slug, True)
    assert questions_embedded(ollama)[-1].startswith("search_query: ")
    assert library_epoch() != epoch
    assert list(IndexVersion.objects.filter(is_active=True)) == [built]
    before.refresh_from_db()
    assert before.state == State.READY


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.PLANNED, State.BUILDING, State.FAILED])
def test_only_a_space_that_is_ready_can_be_searched(library: Source, state: State) -> None:
    row = space_row("unready", dimension=8, state=state)

    with pytest.raises(SpaceNotReady, match="Build it first"):
        spaces.activate(row, at=NOW)


@pytest.mark.django_db(transaction=True)
def test_a_question_is_embedded_once_and_kept(built: IndexVersion, ollama: OllamaServer) -> None:
    space = space_of(built)
    ollama.forget_records()

    first, second = (embed_question_in(space, QUESTION) for _ in range(2))
    embed_question_in(space, QUESTION, ttl_s=0)

    assert questions_embedded(ollama) == [f"search_query: {QUESTION}"]
    assert first is not None
    assert second is not None
    assert first.tolist() == second.tolist()


@pytest.mark.django_db(transaction=True)
def test_a_host_that_is_away_costs_the_meaning_but_never_the_answer(built: IndexVersion, ollama: OllamaServer) -> None:
    spaces.activate(built, at=NOW)
    ollama.use("error_503")
    ollama.forget_records()

    first = retrieve(QUESTION)
    second = retrieve(f"{QUESTION} Really?")

    assert first.best_cosine is None
    assert first.passages[0].breadcrumb == "Tests > Routing fees > Base fee"
    assert first.passages[0].dense_rank is None
    assert len(ollama.requests_for("/api/embed")) == 1
    assert second.passages


@pytest.mark.django_db(transaction=True)
def test_weights_that_changed_on_the_host_are_never_asked_for_a_question(built: IndexVersion) -> None:
    spaces.activate(built, at=NOW)
    LanguageModel.objects.filter(tag=EMBEDDER).update(digest="sha256:other")

    assert embed_question_in(active_space(), QUESTION) is None


@pytest.mark.django_db(transaction=True)
def test_a_model_replaced_on_its_host_gets_a_space_of_its_own_beside_the_old_one(built: IndexVersion) -> None:
    spaces.activate(built, at=NOW)
    LanguageModel.objects.filter(tag=EMBEDDER).update(digest="sha256:other")

    lines = keep_spaces.keep_all(at=NOW)
    keep_spaces.keep_all(at=NOW)

    built.refresh_from_db()
    successor = IndexVersion.objects.exclude(pk=built.pk).get(model=EMBEDDER)
    assert any("takes its place" in line for line in lines)
    assert "replaced" in built.message
    assert (built.is_active, successor.activates_when_ready, successor.state) == (True, True, "building")
    assert OrmQ.objects.count() == 1

    build_space.carry_out(successor)

    assert IndexVersion.objects.get(is_active=True).digest == "sha256:other"


@pytest.mark.django_db(transaction=True)
def test_a_build_stops_while_the_host_is_away_and_goes_on_afterwards(host: Provider, ollama: OllamaServer) -> None:
    row = spaces.plan_space(EMBEDDER, at=NOW)
    ollama.use("error_503")

    again = build_space.run_slice(row.pk)
    row.refresh_from_db()

    assert not again
    assert (row.state, row.alive_at, bool(row.message)) == (State.BUILDING, None, True)
    ollama.recover()
    assert f"space {row}: goes on" in keep_spaces.keep_all(at=NOW)
    assert build_space.carry_out(row).state == State.READY


@pytest.mark.django_db(transaction=True)
def test_a_model_that_nobody_has_fails_with_what_to_do(library: Source) -> None:
    row = build_space.carry_out(spaces.plan_space("absent-embed:1", at=NOW))

    assert (row.state, row.message) == (
        State.FAILED,
        "No host has the embedding model 'absent-embed:1'. Pull it first.",
    )


@pytest.mark.django_db(transaction=True)
def test_a_slice_ends_between_two_batches_and_the_next_goes_on(
    host: Provider, ollama: OllamaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.services.reindex.BATCH", 2)
    row = spaces.plan_space(EMBEDDER, at=NOW)

    slices = 0
    while build_space.run_slice(row.pk, slice_s=0.0):
        slices += 1
        monkeypatch.setattr(build_space, "SLICE_S", 0.0)
        if slices == 3:
            break
    build_space.carry_out(row)

    sent = [text for text in questions_embedded(ollama) if text.startswith("search_document")]
    assert len(sent) == len(set(sent)) == Chunk.objects.count()


@pytest.mark.django_db(transaction=True)
def test_a_space_that_is_given_up_leaves_nothing_and_the_searched_one_stays(built: IndexVersion) -> None:
    Quarantine.objects.create(index_version=built, chunk=Chunk.objects.all()[0], reason="no")
    active = IndexVersion.objects.get(is_active=True)

    spaces.retire(built)

    assert list(IndexVersion.objects.all()) == [active]
    assert set(ChunkEmbedding.objects.values_list("index_version", flat=True)) == {active.pk}
    assert not Quarantine.objects.exists()
    with pytest.raises(SpaceNotReady, match="searched"):
        spaces.retire(active)


@pytest.mark.django_db(transaction=True)
def test_a_library_that_outgrows_the_exact_scan_gets_its_index_by_itself(library: Source) -> None:
    active = IndexVersion.objects.get(is_active=True)
    LibraryPolicy.objects.update(hnsw_from=400)
    stored_vectors(active, library, stored_passages(library, 400), unit_vectors(400, dimension=384))

    line = keep_spaces.keep_index(active, at=NOW)
    active.refresh_from_db()
    again = keep_spaces.keep_index(active, at=NOW + timedelta(minutes=1))
    build_space.carry_out(active)

    active.refresh_from_db()
    assert (line, again, OrmQ.objects.count()) == (f"space {active}: index", "", 1)
    assert (active.index_kind, active.is_active, active.state) == ("hnsw", True, "ready")


@pytest.mark.django_db
def test_settings_plan_a_space_that_is_built_once_a_host_has_its_model(library: Source, settings: Any) -> None:
    assert default_space.load(at=NOW) == ()
    settings.EMBED_MODEL, settings.EMBED_DIMENSION = "nomic-embed-text", 768

    lines = default_space.load(at=NOW)
    row = IndexVersion.objects.get(is_active=False)

    assert lines == (f"space {row}: planned",)
    assert (row.dimension, row.version, row.activates_when_ready) == (768, "2025-10-15", True)
    assert default_space.load(at=NOW) == ()
    assert keep_spaces.keep(row, at=NOW) == ""


@pytest.mark.django_db
def test_what_cannot_be_read_from_the_cache_is_made_again(library: Source, host: Provider) -> None:
    row = space_row("odd", dimension=768, model=EMBEDDER, digest="sha256:0a109f42")
    cache.clear()

    assert embed_question_in(space_of(row), "fees") is not None
    assert embed_question_in(None, "fees") is None
