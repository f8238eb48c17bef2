"""The administrator plans, builds, watches, activates and retires embedding spaces."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ

from models_registry.services.embed import embedding_space
from rag.models import Chunk, IndexVersion, Quarantine, Source
from rag.services import build_space
from tests.rag.conftest import ollama_host
from tests.rag.services.vectors import space_row
from tests.servers.ollama import OllamaServer

pytestmark = pytest.mark.django_db(transaction=True)
EMBEDDER = "nomic-embed-text:latest"
LIST = "admin:rag_indexversion_changelist"


@pytest.fixture
def administrator(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_superuser("administrator"))
    return client


def act(administrator: Client, action: str, *rows: Any, page: str = LIST) -> str:
    """Run an action on these rows and return the page that follows."""
    given = {"action": action, "_selected_action": [row.pk for row in rows]}
    return administrator.post(reverse(page), given, follow=True).content.decode()


def test_a_space_is_planned_built_and_activated(library: Source, administrator: Client, ollama: OllamaServer) -> None:
    ollama_host(ollama.url, EMBEDDER).language_models.update(capabilities=["embedding"])
    add = reverse("admin:rag_indexversion_add")
    assert EMBEDDER in administrator.get(add).content.decode()

    administrator.post(add, {"model": EMBEDDER, "version": "2", "prefix_scheme": ""})
    row = IndexVersion.objects.get(model=EMBEDDER)
    planned = (row.state, row.prefix_scheme, row.version)
    said = act(administrator, "build", row)
    build_space.carry_out(row)
    act(administrator, "activate", row)

    assert planned == ("planned", "nomic", "2")
    assert "1 space queued" in said
    assert OrmQ.objects.count() == 1
    assert list(IndexVersion.objects.filter(is_active=True)) == [IndexVersion.objects.get(model=EMBEDDER)]


def test_the_page_shows_how_far_a_space_is_and_keeps_looking(library: Source, administrator: Client) -> None:
    row = space_row("under-way", dimension=8, state="building", step="embed", done=30, total=100)

    page = administrator.get(reverse(LIST)).content.decode()

    assert "admin_progress.js" in page
    assert f'data-progress="space-{row.pk}" data-live' in page
    assert '<progress max="100" value="30">' in page
    assert "embed 30 of 100" in page


def test_an_unready_space_is_not_activated_and_the_page_says_why(library: Source, administrator: Client) -> None:
    row = space_row("unready", dimension=8, state="planned")

    said = act(administrator, "activate", row)

    assert "is not ready. Build it first." in said
    assert IndexVersion.objects.get(is_active=True).slug == embedding_space().slug


def test_only_one_space_can_be_activated_at_a_time(library: Source, administrator: Client) -> None:
    rows = [space_row(name, dimension=8) for name in ("one", "two")]

    assert "Choose exactly one" in act(administrator, "activate", *rows)


def test_the_searched_space_cannot_be_retired_or_deleted(library: Source, administrator: Client) -> None:
    active, other = IndexVersion.objects.get(is_active=True), space_row("other", dimension=8)

    said = act(administrator, "retire", active, other)

    assert "Activate another space first." in said
    assert list(IndexVersion.objects.all()) == [active]
    delete = reverse("admin:rag_indexversion_delete", args=[active.pk])
    assert administrator.post(delete, {"post": "yes"}).status_code == 403


def test_knobs_can_be_changed_and_names_cannot(library: Source, administrator: Client) -> None:
    active = IndexVersion.objects.get(is_active=True)
    address = reverse("admin:rag_indexversion_change", args=[active.pk])
    assert administrator.get(address).status_code == 200

    knobs = {"forced_kind": "hnsw", "element": "halfvec", "hnsw_m": 12, "hnsw_ef_construction": 80}
    administrator.post(address, {**knobs, "hnsw_ef_search": 60, "least_cosine": "0.4", "slug": "hacked"})

    row = IndexVersion.objects.get(pk=active.pk)
    assert (row.slug, row.forced_kind, row.hnsw_m, row.least_cosine) == (active.slug, "hnsw", 12, 0.4)


def test_refused_passages_are_shown_and_tried_again(library: Source, administrator: Client) -> None:
    active, chunk = IndexVersion.objects.get(is_active=True), Chunk.objects.all()[0]
    active.embeddings.filter(chunk=chunk).delete()
    row = Quarantine.objects.create(index_version=active, chunk=chunk, reason="not a number")
    page = "admin:rag_quarantine_changelist"
    assert "not a number" in administrator.get(reverse(page)).content.decode()

    said = act(administrator, "retry", row, page=page)

    assert "1 of 1 passage got a vector" in said
    assert active.embeddings.filter(chunk=chunk).exists()
