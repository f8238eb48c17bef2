"""Vectors of the one space in use."""

import numpy as np
import pytest
from prometheus_client import REGISTRY

from models_registry.domain.embedding import EmbeddingModel
from models_registry.domain.errors import ModelNotInstalled, ProviderRejected, ProviderTimeout, ProviderUnavailable
from models_registry.models import LanguageModel
from models_registry.providers import catalog
from models_registry.services import embed
from tests.models_registry import rows
from tests.models_registry.conftest import MODEL
from tests.servers.ollama import Fault, Scenario

EMBEDDER = "nomic-embed-text:latest"


@pytest.fixture(autouse=True)
def own_cache(settings, tmp_path_factory):
    settings.MODEL_CACHE_DIR = tmp_path_factory.getbasetemp() / "embed-models"
    embed._embedder.cache_clear()
    embed._embedded_question.cache_clear()
    yield
    embed._embedder.cache_clear()
    embed._embedded_question.cache_clear()


def test_the_space_is_the_built_in_one():
    space = embed.embedding_space()

    assert (space.model, space.dimension, space.prefix_scheme) == ("all-MiniLM-L6-v2", 384, "none")
    assert len(space.slug) <= 120


def test_passages_and_questions_are_of_one_space():
    passages = embed.embed_passages(["raise the channel fee", "it rains"])
    question = embed.embed_question("  increase the fee of a channel ")

    assert passages.shape == (2, 384)
    assert question.shape == (384,)
    assert np.linalg.norm(question) == pytest.approx(1, abs=1e-5)
    assert question @ passages[0] > question @ passages[1]


def test_a_repeated_question_is_embedded_once_and_cannot_be_spoiled():
    first = embed.embed_question("fees?")

    assert embed.embed_question("fees? ") is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1.0


def counted(name, **labels):
    return REGISTRY.get_sample_value(f"{name}_count", labels) or 0


@pytest.fixture
def hosts(server, transactional_db):
    """An Ollama with an embedding model, and a sleeping one that is asked first otherwise."""
    away = rows.host("away", priority=1, is_healthy=False)
    here = rows.host("here", priority=5, base_url=server.url)
    for provider in (away, here):
        rows.model(provider, EMBEDDER, capabilities=["embedding"])
    rows.model(here, MODEL)
    rows.model(here, "old-embedder:1", capabilities=[])
    return here


@pytest.mark.parametrize("name", [None, "", "auto", "all-MiniLM-L6-v2", " all-minilm-l6-v2 "])
async def test_the_built_in_embedder_answers_to_its_names_and_counts(name):
    labels = {"model": "all-minilm-l6-v2", "batch_size": "2-8"}
    before = counted("rag_embedding_duration_seconds", **labels)

    embedded = await embed.aembed(["raise the fee", "it rains"], model=name)

    assert embedded.vectors.shape == (2, 384)
    assert embedded.model == "all-MiniLM-L6-v2"
    assert embedded.prompt_tokens == 5 + 4  # words, and the marks around them
    assert counted("rag_embedding_duration_seconds", **labels) == before + 1


@pytest.mark.parametrize("name", ["nomic-embed-text", "NOMIC-EMBED-TEXT:latest"])
async def test_an_installed_model_embeds_on_a_host_that_answers(hosts, server, name):
    labels = {"model": "nomic-embed-text-latest"}
    before = counted("rag_ollama_embed_latency_ms", **labels)

    embedded = await embed.aembed(["a", "b"], model=name)

    assert embedded.vectors.shape == (2, 768)
    assert embedded.model == EMBEDDER
    assert embedded.prompt_tokens
    assert server.requests_for("/api/embed")[0].body["model"] == EMBEDDER
    assert counted("rag_ollama_embed_latency_ms", **labels) == before + 1
    await catalog.close()


def test_a_job_embeds_by_either(hosts):
    assert embed.embed_texts(["a"]).vectors.shape == (1, 384)
    assert embed.embed_texts(["a"], model=EMBEDDER).vectors.shape == (1, 768)


async def test_a_model_nobody_has_is_not_installed(hosts):
    with pytest.raises(ModelNotInstalled, match="nobody:1"):
        await embed.aembed(["a"], model="nobody:1")


async def test_a_model_that_speaks_does_not_embed(hosts, server):
    with pytest.raises(ProviderRejected, match="does not embed"):
        await embed.aembed(["a"], model=MODEL)

    assert server.requests == ()


async def test_one_refused_text_fails_a_caller_who_wants_all(hosts, server):
    server.use(Fault(Scenario.EMBED_POISONED, poison="bad"))

    with pytest.raises(ProviderRejected, match="NaN"):
        await embed.aembed(["good", "bad"], model=EMBEDDER)
    report = await embed.aembed_each(["good", "bad"], model=EMBEDDER, dimension=768)

    assert report.places == (0,)
    await catalog.close()


def test_when_no_host_answers_that_is_told(hosts):
    type(hosts).objects.filter(slug="here").update(is_enabled=False)

    with pytest.raises(ProviderUnavailable):
        embed.embed_texts(["a"], model=EMBEDDER)


@pytest.mark.parametrize(
    ("tag", "capabilities", "expected"),
    [("x", ("embedding",), True), ("x-embed", ("completion",), False), ("x-embed", (), True), ("x", (), False)],
)
def test_who_can_embed(tag, capabilities, expected):
    assert embed.can_embed(tag, capabilities) is expected


@pytest.mark.django_db
def test_installed_models_that_embed_are_listed_once_by_priority(hosts):
    tags = [one.tag for one in embed.embedding_models()]

    assert EMBEDDER in tags
    assert len(tags) == len(set(tags))
    assert MODEL not in tags


@pytest.mark.django_db(transaction=True)
def test_weights_of_another_digest_are_not_asked(hosts, server):
    LanguageModel.objects.filter(tag=EMBEDDER).update(digest="sha256:new")
    former = EmbeddingModel(EMBEDDER, digest="sha256:old", dimension=768)

    with pytest.raises(ModelNotInstalled, match="replaced"):
        embed.embed_question_by("fees", model=former, patience_s=5.0)
    with pytest.raises(ModelNotInstalled, match="replaced"):
        embed.embed_each_by(["fees"], model=former)
    assert server.requests_for("/api/embed") == ()


@pytest.mark.django_db(transaction=True)
def test_a_question_is_not_waited_for_longer_than_patience_lasts(hosts, server):
    server.use("stall_before_headers")

    with pytest.raises(ProviderTimeout, match=r"within 0\.2 s"):
        embed.embed_question_by("fees", model=EmbeddingModel(EMBEDDER), patience_s=0.2)
